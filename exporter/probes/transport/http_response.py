"""What came back, and whether it is what was expected."""

import json
from collections.abc import Mapping, Sequence
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
        self.secure = False
        patterns = (*config.expect_body, *config.reject_body)
        self.body = Body(patterns, document=bool(config.expect_json), charset=config.charset)
        self.headers: dict[str, str] = {}
        self._lines: list[tuple[str, str]] = []
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
            self._lines.clear()
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            key, text = name.strip().lower(), value.strip()
            self._lines.append((key, text))
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def values(self, name: str) -> list[str]:
        """Return what a header says: each line, and all as one where there are several."""
        key = name.lower()
        lines = [text for known, text in self._lines if known == key]
        return [*lines, self.headers[key]] if len(lines) > 1 else lines

    def clear(self) -> None:
        """Forget an answer that redirected."""
        self._begun = False
        self.body.clear()
        self.headers.clear()
        self._lines.clear()


async def judge(config: HttpProbe, answer: HttpResponse, run: Run) -> None:
    """Accept what is as expected.

    Raises:
        ProbeError: it is not.
    """
    if answer.status not in (config.expect_status or _SUCCESS):
        raise ProbeError("status", str(answer.status), code=str(answer.status))
    if config.expect_version and answer.version not in config.expect_version:
        raise ProbeError("protocol", f"HTTP/{answer.version}")
    if config.expect_tls is not None and config.expect_tls is not answer.secure:
        raise ProbeError("tls", f"the answer came {'by' if answer.secure else 'without'} TLS")
    await _judge_headers(config, answer, run)
    answer.body.finish()
    await _judge_body(config, answer.body, run)


async def _judge_headers(config: HttpProbe, answer: HttpResponse, run: Run) -> None:
    for name, patterns in config.expect_headers.items():
        values = answer.values(name)
        for pattern in patterns:
            if not await _some(pattern, values, run):
                told = values[-1] if values else None
                raise ProbeError("header", f"{name}: {told!r} does not match {pattern!r}")
    for name, patterns in config.reject_headers.items():
        values = answer.values(name)
        for pattern in patterns:
            if await _some(pattern, values, run):
                raise ProbeError("header", f"{name}: {values[-1]!r} matches {pattern!r}")


async def _some(pattern: str, values: Sequence[str], run: Run) -> bool:
    for value in values:
        if await search(pattern, value.encode("latin-1"), run):
            return True
    return False


async def _judge_body(config: HttpProbe, body: Body, run: Run) -> None:
    for pattern in config.expect_body:
        if not await _matches(pattern, body, run):
            raise ProbeError("body", f"nothing matches {pattern!r}")
    for pattern in config.reject_body:
        if await _matches(pattern, body, run):
            raise ProbeError("body", f"something matches {pattern!r}")
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
