"""What came back, and whether it is what was expected."""

import json
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, Final

import jsonpath

from exporter.probes.body import Body
from exporter.probes.transport.pattern import search, search_text
from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run
from service_catalogue.probes import HttpProbe

VERSIONS: Final[Mapping[int, str]] = {1: "1.0", 2: "1.1", 3: "2", 30: "3"}  # CURL_HTTP_VERSION_*
_SUCCESS: Final = range(200, 300)
_SHORT: Final = 8192  # bytes of JSON that take less time than a thread


class HttpResponse:
    """Takes libcurl's pieces; keeps of the body what somebody looks at.

    ``method`` is that of the request which it answers. ``error`` is why a transfer was ended.
    """

    def __init__(self, config: HttpProbe) -> None:
        self._limit = config.max_body
        self.method: str = config.method
        self.status = 0
        self.version = ""
        self.error: ProbeError | None = None
        patterns = [p for p in (config.expect_body, config.reject_body) if p]
        self.body = Body(patterns, document=bool(config.expect_json), charset=config.charset)
        self.headers: dict[str, str] = {}
        self._begun = False

    def write(self, part: bytes) -> int:
        """Take a part of the body; one beyond the limit ends the transfer."""
        try:
            if not self._begun:
                self._begun = True
                told = self.headers.get
                self.body.encoded(told("content-encoding", ""), told("content-type", ""))
            self.body.take(part)
        except ProbeError as error:
            self.error = error
            return 0
        return len(part) if not self._limit or self.body.size <= self._limit else 0

    def header(self, line: bytes) -> None:
        """Take a header line; a status line begins anew, because interim answers have headers."""
        if line.startswith(b"HTTP/"):
            self.headers.clear()
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            key, text = name.strip().lower(), value.strip()
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def clear(self) -> None:
        """Forget an answer that redirected."""
        self._begun = False
        self.body.clear()
        self.headers.clear()


async def judge(config: HttpProbe, answer: HttpResponse, run: Run) -> None:
    """Accept what is as expected.

    Raises:
        ProbeError: it is not.
    """
    if answer.status not in (config.expect_status or _SUCCESS):
        raise ProbeError("status", str(answer.status))
    if config.expect_version and answer.version not in config.expect_version:
        raise ProbeError("protocol", f"HTTP/{answer.version}")
    for name, pattern in config.expect_headers.items():
        value = answer.headers.get(name.lower())
        if value is None or not await search(pattern, value.encode("latin-1"), run):
            raise ProbeError("header", f"{name}: {value!r} does not match {pattern!r}")
    answer.body.finish()
    await _judge_body(config, answer.body, run)


async def _judge_body(config: HttpProbe, body: Body, run: Run) -> None:
    if config.expect_body and not await _matches(config.expect_body, body, run):
        raise ProbeError("body", f"nothing matches {config.expect_body!r}")
    if config.reject_body and await _matches(config.reject_body, body, run):
        raise ProbeError("body", f"something matches {config.reject_body!r}")
    if config.expect_json:
        await _judge_json_beside(config, bytes(body.kept), run)


async def _matches(pattern: str, body: Body, run: Run) -> bool:
    return pattern in body.found or await search_text(pattern, body.text(), run, body.start)


async def _judge_json_beside(config: HttpProbe, body: bytes, run: Run) -> None:
    """Judge a long document in a thread: ``$..name`` takes seconds for a MiB."""
    if len(body) <= _SHORT:
        _judge_json(config, body)
        return
    key = "json", id(config)
    if run.network.blocking.busy(key):
        raise ProbeError("timeout", "the document of an earlier run is still being searched")
    await run.network.blocking.call(key, partial(_judge_json, config, body))


def _judge_json(config: HttpProbe, body: bytes) -> None:
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProbeError("body", f"not JSON: {error}") from error
    for path, expected in config.expect_json.items():
        values = _compiled(path).findall(document)
        if not any(_equal(value, expected) for value in values):
            raise ProbeError("body", f"{path} is {str(values)[:100]}, not {expected!r}")


def _equal(value: Any, expected: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(value, bool) == isinstance(expected, bool) and value == expected


@lru_cache(maxsize=1024)
def _compiled(path: str) -> Any:
    return jsonpath.compile(path)
