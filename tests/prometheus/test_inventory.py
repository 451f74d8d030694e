"""What a server holds and says of itself: bounded, whole or named."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

import pytest

from service_catalogue.prometheus import Prometheus
from sla_engine.domain.interval import Interval
from sla_engine.prometheus import AnswerError, Client, LimitError, UnreachableError, client
from sla_engine.prometheus.inventory import MOST_SERIES, build, inventory, recording_rules
from sla_engine.prometheus.series import QueryResult

PERIOD = Interval(0, 1000)


class Served(Client):
    """A client whose answers are given by path."""

    def __init__(self, **data: Any) -> None:
        super().__init__(Prometheus())
        self._data_of = data

    def _data(self, path: str, form: dict[str, str], method: str = "POST") -> Any:
        del method
        found = self._data_of.get(path.rpartition("/")[2], {}).get(form.get("match[]", ""))
        if found is None:
            raise UnreachableError("not there")
        return found

    def instant(self, promql: str, at: int, *, samples: bool = False) -> QueryResult:
        del promql, at, samples
        return QueryResult((), (), "vector")


def test_a_metric_with_too_many_series_is_left_out_by_name_and_hides_no_other() -> None:
    many = [{"__name__": "up", "instance": str(i)} for i in range(MOST_SERIES + 1)]
    served = Served(series={"up{}": many, "probe_success{}": [{"instance": "a"}], "no{}": []})
    found = inventory(served, ("up", "probe_success", "no", "lost"), (), PERIOD)
    assert list(found.series) == ["probe_success"]
    assert found.failed == {"up": "it has more than 20000 series", "lost": "not there"}
    assert found.rules_failed == "not there"


@pytest.mark.parametrize("data", [{}, [1], [{"a": 1}], "x"])
def test_what_are_no_series_is_no_answer(data: Any) -> None:
    with pytest.raises(AnswerError):
        Served(series={"up{}": data}).series("up{}", 0, 1)


@pytest.mark.parametrize("data", [[], {"groups": 1}, {"groups": [{}]}, {"groups": [{"rules": 3}]}])
def test_what_are_no_rules_is_no_answer(data: Any) -> None:
    with pytest.raises(AnswerError):
        recording_rules(Served(rules={"": data}))


def test_alerts_are_no_recording_rules() -> None:
    alert = {"type": "alerting", "name": "A", "query": "up"}
    rule = {"type": "recording", "name": "a:b", "query": "up", "labels": {"x": "y"}}
    served = Served(rules={"": {"groups": [{"rules": [alert, rule]}]}})
    assert recording_rules(served) == (("a:b", "up", {"x": "y"}),)


def test_what_a_server_does_not_say_of_itself_is_not_known() -> None:
    assert build(Served(flags={"": ["odd"]}, buildinfo={"": {"version": 3}})) == (None, None)
    assert build(Served(runtimeinfo={"": {"storageRetention": "15d"}})) == (None, "15d")


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ({"version": "2.42.0+ds", "goVersion": "go1.19"}, "2.42.0+ds"),
        ({"version": "2.24.0"}, None),  # VictoriaMetrics
        ({"version": "2.10.0", "goVersion": "go1.21", "application": "Grafana Mimir"}, None),
        ({"version": "0.34.1", "goVersion": "go1.21"}, None),  # Thanos
    ],
)
def test_only_prometheus_has_a_version_of_prometheus(told: Any, version: str | None) -> None:
    assert build(Served(buildinfo={"": told})).version == version


class _Endless(BaseHTTPRequestHandler):
    """Answers without end: much at once, or a byte now and then."""

    piece, pause = b"x" * 65_536, 0.0
    gone: threading.Event

    def do_POST(self) -> None:
        """Answer until nobody reads any more."""
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while not self.gone.wait(self.pause):
                self.wfile.write(self.piece)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _endless(piece: bytes, pause: float) -> Iterator[str]:
    told = {"piece": piece, "pause": pause, "gone": threading.Event()}
    handler = type("Handler", (_Endless,), told)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        handler.gone.set()  # type: ignore[attr-defined]
        server.shutdown()


@pytest.mark.parametrize("ask", ["series", "instant"])
@pytest.mark.parametrize(
    ("piece", "pause", "said"),
    [(b"x" * 65_536, 0.0, "more than 1 MiB"), (b"x", 0.02, "no answer within 0.2 s")],
)
def test_an_answer_without_end_is_read_up_to_a_limit(
    piece: bytes, pause: float, said: str, ask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_MOST_OF_LISTS", 1 << 20)
    monkeypatch.setattr(client, "_MOST", 1 << 20)
    monkeypatch.setattr(client, "_GRACE", 0)
    with (
        _endless(piece, pause) as url,
        Client(Prometheus(url=url, timeout="200ms")) as asked,
        pytest.raises(LimitError, match=said),
    ):
        asked.series("up", 0, 1) if ask == "series" else asked.instant("up", 0)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html>\n<title>Grafana</title>", "a web page (Grafana) instead of an answer"),
        (b" <html><body>hello</body></html>", "a web page instead of an answer of Prometheus"),
        (b"# HELP up x\nup 1\n", "no answer of Prometheus: "),
    ],
)
def test_another_server_at_the_url_is_told_by_what_it_is(
    body: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Client(Prometheus(url="http://made-up")) as asked:
        monkeypatch.setattr(asked, "_body", lambda *_: body)
        for question in (
            lambda: asked.series("up", 0, 1),
            lambda: asked.instant("up", 0),
            lambda: asked.kind("up", 0),
        ):
            with pytest.raises(AnswerError) as told:
                question()
            assert str(told.value).startswith(f"http://made-up: {said}")


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b'{"message":"Unauthorized"}', "", "Unauthorized, which is not how Prometheus answers"),
        (b"<html><title>502 Bad\nGateway</title>", "", "a web page (502 Bad Gateway) instead"),
        (b'{"status":"error","errorType":"bad_data","error":"no"}', "bad_data", "no"),
        (b"404 page not found\n", "", "404 page not found"),
    ],
)
def test_a_refusal_is_told_by_who_refuses(body: bytes, kind: str, message: str) -> None:
    found, said = client.error_of_body(body)
    assert (found, said.startswith(message)) == (kind, True)


@pytest.mark.parametrize(
    ("flag", "kept", "told"),
    [("0s", "15d", "15d"), ("0s", None, None), ("90d", "15d", "90d"), (None, "1y", "1y")],
)
def test_a_retention_that_nobody_set_is_what_the_server_does(
    flag: str | None, kept: str | None, told: str | None
) -> None:
    served = Served(
        flags={"": {"storage.tsdb.retention.time": flag}},
        runtimeinfo={"": {"storageRetention": kept}},
    )
    assert build(served).retention == told


@pytest.mark.parametrize("body", [b"null", b"5", b"true", b"[]", b'"error"'])
def test_a_refusal_may_have_any_json_as_its_body(body: bytes) -> None:
    assert client.error_of_body(body) == ("", body.decode())


@pytest.mark.parametrize("place", ["http://[::1", "http://a..b/", f"http://{'a' * 70}.example/"])
def test_a_redirect_to_no_address_is_an_error_of_the_server(place: str) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(302)
            self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        with pytest.raises(UnreachableError):
            Client(Prometheus(url=f"http://127.0.0.1:{server.server_port}")).instant("up", 0)
    finally:
        server.shutdown()
        server.server_close()
