"""The HTTP API of Prometheus, and of whatever speaks it, by requests."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote_plus

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.util import Retry

from service_catalogue.prometheus import Prometheus
from sla_engine.prometheus import promql
from sla_engine.prometheus.error import (
    AnswerError,
    AwayError,
    HistogramError,
    LimitError,
    QueryError,
    UnreachableError,
    error_of,
)
from sla_engine.prometheus.series import QueryResult, parse, said
from uptime_common.retry_after import retry_after

# Names that other servers of the API know and Prometheus ignores: VictoriaMetrics must neither
# align nor cache, nor repeat what was before the last half minute; Thanos and VictoriaMetrics must
# fail rather than leave out a store that does not answer. Mimir and Cortex always do.
STRICT = {
    "nocache": "1",
    "latency_offset": "1ms",
    "partial_response": "false",
    "deny_partial_response": "1",
}
_ADVICE = "PromQL info:"
"""How Prometheus begins what it says of the query alone; all else is of data that is missing."""
_FORM = "application/x-www-form-urlencoded"
_OK = 200
_AWAY = frozenset({502, 503})
"""What a balancer answers for a server that is away; the next one asked may be another."""
_MOST, _MOST_OF_LISTS = 1 << 30, 64 << 20
"""How long an answer may be (bytes); of lists nothing in the question says how many there are."""
_GRACE = 5
"""How much later than the time it was given a server may be through with its answer (s)."""
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,60})</title>", re.IGNORECASE)
_LATEST = 10**10
"""Before which every time is (s, the year 2286)."""
Question = TypeVar("Question")
Answer = TypeVar("Answer")
_ONE, _MANY = frozenset({"vector", "scalar"}), frozenset({"matrix"})


class _BearerFile(requests.auth.AuthBase):
    """A bearer token that is read at every request, so that it can be rotated."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._path.read_text().strip()}"
        return request


class Client:
    """Queries with the time pinned; safe to use from several threads.

    Raises:
        OSError: a password or token file cannot be read.
    """

    def __init__(self, settings: Prometheus, *, connections: int = 4) -> None:
        self.url = settings.url
        self.connections = connections
        self._timeout = settings.timeout / 1000
        self._headers = settings.headers
        self._session = _session(settings, connections)
        self._forms: dict[str, requests.PreparedRequest] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        if (threads := self.__dict__.pop("_threads", None)) is not None:
            threads.shutdown(wait=False)
        self._session.close()

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.connections, "prometheus")

    def side_by_side(
        self, ask: Callable[[Question], Answer], questions: Sequence[Question]
    ) -> Iterator[Answer]:
        """Yield what ``ask`` returns of each question, in order; a few are asked at once.

        Where one raises, no other is asked any more.
        """
        if len(questions) < 2:  # noqa: PLR2004 - a thread for one only costs
            yield from map(ask, questions)
            return
        waiting = deque([self._threads.submit(ask, question) for question in questions])
        try:
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()
            wait(waiting)

    def instant(self, promql: str, at: int, *, samples: bool = False) -> QueryResult:
        """Evaluate a query at ``at`` (ms UTC): to a value per series or, with ``samples``, to many.

        Raises:
            PrometheusError: there is no answer; the subclass says whether to retry or to shrink.
        """
        kinds = _MANY if samples else _ONE
        return self._query("query", {"query": promql, "time": _seconds(at)}, kinds)

    def range(
        self, promql: str, start: int, end: int, step: int, *, lookback: int | None = None
    ) -> QueryResult:
        """Evaluate a query at start, start + step, ... up to and including ``end`` (all ms).

        Args:
            promql: the query.
            start: of the first evaluation.
            end: no evaluation is later.
            step: from one evaluation to the next.
            lookback: the age up to which a sample counts where no newer one is; Prometheus 2, which
                cannot be told, has five minutes.

        Raises:
            PrometheusError: as for `instant`.
        """
        form = {"start": _seconds(start), "end": _seconds(end), "step": _seconds(step)}
        if lookback is not None:
            # Prometheus 3 excludes the oldest moment, Prometheus 2 includes it.
            held = _seconds(lookback + (not self.closed_ranges))
            form |= {"lookback_delta": held, "max_lookback": held}  # VictoriaMetrics' name
        return self._query("query_range", {"query": promql, **form}, _MANY)

    def now(self) -> int | None:
        """Return the server's own time (ms UTC); None where it answers, but does not say it.

        Raises:
            PrometheusError: there is no answer.
        """
        try:
            answer = self._query("query", {"query": "time()"}, _ONE)
        except (AnswerError, QueryError):
            return None
        said = [value for series in answer.series for value in series.values.tolist()]
        return round(said[0] * 1000) if len(said) == 1 and 0 < said[0] < _LATEST else None

    @cached_property
    def closed_ranges(self) -> bool:
        """Say whether a range includes its left edge, as in Prometheus 2.

        Raises:
            PrometheusError: as for `instant`.
        """
        answer = self.instant(promql.EDGE_QUESTION, 1_000_000)
        if [series.values.size for series in answer.series] != [1]:
            raise AnswerError(f"{self.url}: {promql.EDGE_QUESTION} has no answer")
        return bool(answer.series[0].values[0] == promql.EDGE_CLOSED)

    def reload(self) -> bool:
        """Make the server read its configuration and rules again; False where it does not allow it.

        Raises:
            QueryError: it rejects what it read; what it had before goes on.
            UnreachableError: there is no server.
        """
        try:
            response = self._session.post(f"{self.url}/-/reload", timeout=(5, self._timeout))
        except (requests.RequestException, OSError, ValueError) as error:  # or where it leads to
            raise UnreachableError(f"{self.url}: {_reason(error)}") from error
        if response.status_code == requests.codes.internal_server_error:
            raise QueryError(f"{self.url}: {' '.join(response.text.split())}")
        return response.ok

    def kind(self, promql: str, at: int) -> str:
        """Return of which type a query's result is at ``at`` (ms UTC), whatever it holds.

        Raises:
            PrometheusError: as for `instant`.
        """
        body = self._body("query", {"query": promql, "time": _seconds(at)})
        try:
            return str(orjson.loads(body)["data"]["resultType"])
        except (ValueError, LookupError, TypeError) as error:
            raise _no_answer(self.url, body, error) from error

    def series(
        self, selector: str, start: int, end: int, most: int | None = None
    ) -> tuple[Mapping[str, str], ...]:
        """Return the labels of each series that has samples from ``start`` to ``end`` (ms UTC).

        A server that knows how answers no more than ``most``, and says so.

        Raises:
            PrometheusError: as for `instant`; a LimitError where the answer is over 64 MiB.
        """
        form = {"match[]": selector, "start": _seconds(start), "end": _seconds(end)}
        if most is not None:
            form["limit"] = str(most)  # what is older than Prometheus 2.53 passes over it
        data = self._data("series", form)
        if not isinstance(data, list) or not all(map(_are_labels, data)):
            raise AnswerError(f"{self.url}: no answer of Prometheus: these are no series")
        return tuple(data)

    def document(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Return the ``data`` of what the API has at a path, such as ``status/buildinfo``.

        Raises:
            PrometheusError: as for `instant`.
        """
        return self._data(path, dict(form or {}), method="GET")

    def _data(self, path: str, form: dict[str, str], method: str = "POST") -> Any:
        body = self._body(path, form, method)
        try:
            document = orjson.loads(body)
            data = document["data"]
            lacking = [text for text in said(document, data) if not text.startswith(_ADVICE)]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _no_answer(self.url, body, error) from error
        if lacking:
            raise AnswerError(f"{self.url}: not the whole answer: {'; '.join(lacking)}")
        return data

    def _query(self, path: str, form: dict[str, str], kinds: frozenset[str]) -> QueryResult:
        body = self._body(path, form)
        try:
            answer = parse(body, kinds)
        except Exception as error:  # a body may be anything
            raise _no_answer(self.url, body, error) from error
        if lacking := [text for text in answer.warnings if not text.startswith(_ADVICE)]:
            raise AnswerError(f"{self.url}: not the whole answer: {'; '.join(lacking)}")
        if answer.histograms:
            raise HistogramError(_native(answer.histograms))
        return answer

    def _body(self, path: str, form: dict[str, str], method: str = "POST") -> bytes:
        try:
            return self._asked(path, form, method)
        except AwayError:
            return self._asked(path, form, method)

    def _asked(self, path: str, form: dict[str, str], method: str) -> bytes:
        form |= STRICT | {"timeout": f"{self._timeout:g}s"}
        limit = self._timeout + _GRACE
        ends = time.monotonic() + limit
        try:
            request = self._request(path, form, method)
            response = self._session.send(request, timeout=(5, limit), stream=True)
            body = self._read(response, _MOST if path.startswith("query") else _MOST_OF_LISTS, ends)
        except (requests.Timeout, ReadTimeoutError) as error:
            raise self._too_slow() from error
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            # ValueError: of an address that it leads to.
            raise UnreachableError(f"{self.url}: {_reason(error)}") from error
        if response.status_code != _OK:
            kind, message = error_of_body(body)
            refusal = error_of(self.url, response.status_code, kind, message)
            if (asked := response.headers.get("Retry-After")) is not None:
                refusal.wait = retry_after(asked, time.time_ns() // 1_000_000)
            elif response.status_code in _AWAY and type(refusal) is UnreachableError and not kind:
                raise AwayError(*refusal.args)
            raise refusal
        return body

    def _request(self, path: str, form: dict[str, str], method: str) -> requests.PreparedRequest:
        """Return a request; those that send a form differ in that alone, and are prepared once."""
        url = f"{self.url}/api/v1/{path}"
        if method != "POST":
            return self._session.prepare_request(requests.Request(method, url, params=form))
        if path not in self._forms:
            blank = requests.Request(method, url, headers={"Content-Type": _FORM})
            self._forms[path] = self._session.prepare_request(blank)
            self._forms[path].headers.pop("Cookie", None)
            own = {name: text for name, text in self._headers.items() if name.title() == "Cookie"}
            self._forms[path].headers.update(own)
        request = self._forms[path].copy()
        request.prepare_body(
            "&".join([f"{_quoted(name)}={_quoted(form[name])}" for name in form]), None
        )
        request.prepare_cookies(self._session.cookies)
        request.prepare_auth(self._session.auth, url)
        return request

    def _read(self, response: requests.Response, most: int, ends: float) -> bytes:
        """Return the body of an answer, of at most so many bytes, that is whole before it ``ends``.

        Whoever sends it bit by bit is never silent for long, and would be waited for without end.

        Raises:
            LimitError: it is too large, or not whole in time.
        """
        body = bytearray()
        with ExitStack() as unless_whole:
            unless_whole.callback(response.close)
            while piece := response.raw.read1(1 << 16, decode_content=True):
                body += piece
                if len(body) > most:
                    raise LimitError(f"{self.url}: an answer of more than {most >> 20} MiB")
                if time.monotonic() > ends:
                    raise self._too_slow()
            unless_whole.pop_all()
        return bytes(body)

    def _too_slow(self) -> LimitError:
        return LimitError(f"{self.url}: no answer within {self._timeout:g} s")


def _native(count: int) -> str:
    one = "a series is a native histogram"
    some = one if count == 1 else f"{count} series are native histograms"
    return f"{some}, of which no single number says up or down, or is a count"


def _are_labels(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def _session(settings: Prometheus, connections: int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy or netrc of the environment between us and Prometheus
    retry = Retry(total=None, connect=2, read=0, status=0, other=0, backoff_factor=0.2)
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections, max_retries=retry))
    # Packing and unpacking costs more than a network between the two saves.
    session.headers.update({"Accept-Encoding": "identity"} | settings.headers)
    if settings.basic_auth:
        password = settings.basic_auth.password_file.read_text().strip()
        session.auth = (settings.basic_auth.username, password)
    elif settings.bearer_token_file:
        session.auth = _BearerFile(settings.bearer_token_file)
    tls = settings.tls
    session.verify = not tls.insecure_skip_verify
    if tls.ca_file and not tls.insecure_skip_verify:
        session.verify = str(tls.ca_file)
    if tls.cert_file and tls.key_file:
        session.cert = (str(tls.cert_file), str(tls.key_file))
    return session


@lru_cache(64)
def _quoted(text: str) -> str:
    """Return a value of a form: most questions are those of the tick before, and long."""
    return quote_plus(text)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03d}"


def error_of_body(body: bytes) -> tuple[str, str]:
    """Return errorType and message of an answer that is no success."""
    try:
        document = orjson.loads(body)
        if "error" not in document and (told := document.get("message")):
            return "", f"{told}, which is not how Prometheus answers: is it Grafana's URL?"
        return str(document.get("errorType", "")), str(document.get("error", ""))
    except (ValueError, AttributeError, TypeError):
        return "", _page(body) or body[:200].decode(errors="replace")


def _page(body: bytes) -> str:
    """Return what to say of a web page by its title, nothing where it is none."""
    if not body[:200].lstrip().startswith(b"<"):
        return ""
    title = _TITLE.search(body[:4096])
    named = f" ({' '.join(title[1].decode(errors='replace').split())})" if title else ""
    return f"a web page{named} instead of an answer of Prometheus"


def _no_answer(url: str, body: bytes, error: Exception) -> AnswerError:
    """Return the error of a body that Prometheus does not send."""
    return AnswerError(f"{url}: {_page(body) or f'no answer of Prometheus: {error}'}")


def _reason(error: BaseException) -> str:
    """Return the innermost cause in one line: "connection refused", not a chain of classes."""
    while error.__context__ is not None:
        error = error.__context__
    said = " ".join((getattr(error, "strerror", None) or str(error)).split())
    file = getattr(error, "filename", None)  # of a token or a certificate
    return said if file is None else f"{file}: {said}"
