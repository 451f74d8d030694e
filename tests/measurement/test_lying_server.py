"""Answers that are none: each is one service's fault, or the server's, and never a verdict."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from urllib.parse import parse_qs

import pytest

from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.failing import FailingServices
from sla_engine.prometheus import Client, PrometheusError
from tests.catalogues import catalogue

NOW = 1_800_000_000_000
STEP = 15_000
Form = dict[str, str]
Answer = tuple[int, bytes]


def _matrix(form: Form, labels: dict[str, str], value: str) -> Answer:
    if "start" in form:
        start, end, step = (float(form[k]) for k in ("start", "end", "step"))
        times = [start + n * step for n in range(int((end - start) / step) + 1)]
        value = str(int(step / 15)) if "count_over" in form["query"] else value
    else:
        # A look at what the server is asks for 1970, and one for its clock for no time.
        end = round(float(form.get("time", 0)) * 1000)
        first = max(end - 900_000, NOW - 86_400_000) // STEP * STEP
        times = [t / 1000 for t in range(first, NOW, STEP)]
    if "bool 1" in form["query"]:
        return _good("matrix", [])
    return _good("matrix", [{"metric": labels, "values": [[t, value] for t in times]}])


def _good(kind: str, result: object, **extra: object) -> Answer:
    document = {"status": "success", "data": {"resultType": kind, "result": result}, **extra}
    return 200, json.dumps(document).encode()


def _native(form: Form) -> Answer:
    """Answer as of a native histogram: its samples can be counted, and have no value."""
    status, body = _matrix(form, {"service": "bad"}, "1")
    if "count_over" in form["query"]:
        return status, body
    series = json.loads(body)["data"]["result"]
    histogram = {"count": "8", "sum": "0.5", "buckets": [[0, "0.1", "0.2", "8"]]}
    return _good(
        "matrix",
        [
            {"metric": one["metric"], "histograms": [[t, histogram] for t, _ in one["values"]]}
            for one in series
        ],
    )


LIES: dict[str, Callable[[Form], Answer]] = {
    "scalar": lambda _: _good("scalar", [1_800_000_000, "1"]),
    "string": lambda _: _good("string", [1_800_000_000, "up"]),
    "vector": lambda _: _good("vector", [{"metric": {}, "value": [1_800_000_000, "1"]}]),
    "cut off": lambda form: (200, _matrix(form, {"service": "bad"}, "1")[1][:-40]),
    "partial": lambda _: _good("matrix", [], isPartial=True),
    "warned of": lambda _: _good("matrix", [], warnings=["a store is away"]),
    "null": lambda _: (200, b"null"),
    "empty": lambda _: (200, b""),
    "page": lambda _: (200, b"<html>log in</html>"),
    "list of nothing": lambda _: _good("matrix", [None]),
    "labels that are none": lambda _: _good("matrix", [{"metric": 7, "values": [[1, "1"]]}]),
    "words for numbers": lambda _: _good("matrix", [{"metric": {}, "values": [["x", "y"]]}]),
    "time beyond": lambda _: _good("matrix", [{"metric": {}, "values": [[1e300, "1"]]}]),
    "deep": lambda _: (200, b"[" * 100_000),
    "native histograms": _native,
    "error 400": lambda _: (400, b'{"status":"error","errorType":"bad_data","error":"parse"}'),
    "error 422": lambda _: (422, b'{"status":"error","errorType":"execution","error":"many"}'),
    "error 500": lambda _: (500, b"panic"),
    "error 503": lambda _: (503, b"too many samples"),
}


def _truth(form: Form) -> Answer:
    query = form["query"]
    if query == "vector(1)":
        return _good("vector", [{"metric": {}, "value": [1, "1"]}])
    if "vector(1)[2s:1s]" in query:
        return _good("vector", [{"metric": {}, "value": [1, "3"]}])
    names = re.findall(r"\bs\d\d\b", query)
    found = [json.loads(_matrix(form, {"service": n}, "1")[1])["data"]["result"] for n in names]
    return _good("matrix", [series for one in found for series in one])


@contextmanager
def _server(answer: Callable[[Form], Answer]) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            asked.append(form["query"])
            status, content = answer(form)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("lie", "source"),
    [
        *((lie, "probed") for lie in LIES if lie != "native histograms"),
        *((lie, "expression") for lie in LIES),
        *(
            (lie, source)
            for lie in ("scalar", "cut off", "null", "native histograms")
            for source in ("selector", "events")
        ),
    ],
)
def test_a_lie_about_one_service_costs_only_that_one(lie: str, source: str) -> None:
    def answer(form: Form) -> Answer:
        return (LIES[lie] if "bad" in form["query"] else _truth)(form)

    names = [f"s{n:02d}" for n in range(15)]
    sli = {
        "selector": {"promql": 'state{service="bad"}'},
        "expression": {"promql": 'max(state{service="bad"})'},
        "events": {"good": 'good{service="bad"}', "total": 'total{service="bad"}'},
    }
    bad = {"id": "bad", **({} if source == "probed" else {"sli": sli[source]})}
    with _server(answer) as (url, asked), Ledger.open("sqlite://") as ledger:
        book = catalogue(*names[:7], bad, *names[7:], url=url)
        failing = FailingServices()
        with Client(book.prometheus) as client:
            list(failing.catch_up(Books(book, ledger), client, NOW, lambda _: ()))
            first = len(asked)
            list(failing.catch_up(Books(book, ledger), client, NOW + 1, lambda _: ()))
        assert failing.known.keys() == {"bad"}
        assert ledger.covered_until() == dict.fromkeys(names, NOW + 1)
        assert ledger.open_outages() == {}
        assert first < 100  # a limit is looked for in shorter times, too
        assert not any("bad" in query for query in asked[first:])


@pytest.mark.parametrize("lie", sorted(set(LIES) - {"vector"}))  # which is the truth of vector(1)
def test_a_server_that_lies_about_everything_is_no_fault_of_the_services(lie: str) -> None:
    with _server(LIES[lie]) as (url, asked), Ledger.open("sqlite://") as ledger:
        book = catalogue(*(f"s{n:02d}" for n in range(50)), url=url)
        failing = FailingServices()
        with Client(book.prometheus) as client, pytest.raises(PrometheusError):
            list(failing.catch_up(Books(book, ledger), client, NOW, lambda _: ()))
        assert not failing.known
        assert ledger.covered_until() == {}
        assert len(asked) < 20


def test_a_service_that_fails_is_tried_again_ever_more_seldom() -> None:
    def answer(form: Form) -> Answer:
        return (LIES["error 422"] if "bad" in form["query"] else _truth)(form)

    with _server(answer) as (url, asked), Ledger.open("sqlite://") as ledger:
        book = catalogue("s00", {"id": "bad", "sli": {"promql": "max(bad)"}}, url=url)
        failing = FailingServices()
        tried = []
        with Client(book.prometheus) as client:
            for at in range(0, 1_800_000, STEP):
                before = sum("bad" in query for query in asked)
                list(failing.catch_up(Books(book, ledger), client, NOW + at, lambda _: ()))
                if sum("bad" in query for query in asked) > before:
                    tried.append(at // 1000)
    waits = [b - a for a, b in pairwise(tried)]
    assert waits == [30, 60, 120, 240, 300, 300, 300, 300]


def test_a_service_put_off_by_a_clock_that_was_ahead_is_tried_again() -> None:
    def answer(form: Form) -> Answer:
        return (LIES["error 422"] if "bad" in form["query"] else _truth)(form)

    with _server(answer) as (url, asked), Ledger.open("sqlite://") as ledger:
        book = catalogue("s00", {"id": "bad", "sli": {"promql": "max(bad)"}}, url=url)
        failing = FailingServices()
        with Client(book.prometheus) as client:
            list(failing.catch_up(Books(book, ledger), client, NOW, lambda _: ()))
            before = sum("bad" in query for query in asked)
            ago = NOW - 40 * 86_400_000
            list(failing.catch_up(Books(book, ledger), client, ago, lambda _: ()))
        assert sum("bad" in query for query in asked) > before


@pytest.mark.parametrize("lie", sorted(LIES))
def test_a_server_that_answers_without_its_time_is_not_taken_at_its_word(lie: str) -> None:
    with _server(LIES[lie]) as (url, _), Client(catalogue("a", url=url).prometheus) as client:
        if lie in {"error 500", "error 503"}:
            with pytest.raises(PrometheusError):
                client.now()
        elif lie not in {"scalar", "vector"}:
            assert client.now() is None


TIMED_OUT = b'{"status":"error","errorType":"timeout","error":"query timed out"}'
OVERLOADED = b'{"status":"error","errorType":"internal","error":"busy"}'


@pytest.mark.parametrize("status", [502, 503])
def test_a_balancer_one_of_whose_servers_is_away_is_asked_again_once(status: int) -> None:
    answers = [(status, b"away"), _good("vector", [])] * 3
    with (
        _server(lambda _: answers.pop(0)) as (url, asked),
        Client(catalogue(url=url).prometheus) as client,
    ):
        for _ in range(3):
            assert client.instant("up", NOW).series == ()
        answers += [(status, b"away")] * 2
        with pytest.raises(PrometheusError, match="away"):
            client.instant("up", NOW)
    assert len(asked) == 8


@pytest.mark.parametrize("answer", [(503, TIMED_OUT), (503, OVERLOADED), (504, b""), (429, b"")])
def test_a_server_that_has_too_much_to_do_is_not_asked_at_once_again(answer: Answer) -> None:
    with (
        _server(lambda _: answer) as (url, asked),
        Client(catalogue(url=url).prometheus) as client,
    ):
        with pytest.raises(PrometheusError):
            client.instant("up", NOW)
        assert len(asked) == 1
