"""What came back, and whether it is what was expected."""

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final

import jsonpath

from exporter.probes.body import Body
from exporter.probes.transport.pattern import search, search_text
from exporter.probes.transport.result import HinderedError, ProbeError
from exporter.probes.transport.run import Run
from exporter.probes.transport.websocket import judge_handshake
from service_catalogue.probes import HttpProbe

VERSIONS: Final[Mapping[int, str]] = {1: "1.0", 2: "1.1", 3: "2", 30: "3"}  # CURL_HTTP_VERSION_*
_SUCCESS: Final = range(200, 300)
_STATUS_LINE: Final = re.compile(rb"HTTP/\d(?:\.\d)? \d{3}(?: |\r?\n)")  # RFC 9112, section 4
_SWITCHES: Final = re.compile(rb"HTTP/1\.1 101(?: |\r?\n)")
_BLANK: Final = (b"\r\n", b"\n")
_LONGEST_LENGTH: Final = 2**63 - 1
_SHORT: Final = 8192  # bytes of JSON that take less time than a thread


class HttpResponse:
    """Takes libcurl's pieces; keeps of the body what somebody looks at.

    ``method`` is that of the request which it answers. ``error`` is why a transfer was ended.
    ``switched`` says that another protocol follows the head, which is therefore all there is.
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
        self.key = b64encode(secrets.token_bytes(16)).decode() if config.websocket else ""
        self.switched = False
        self._looks = bool(
            patterns or config.expect_headers or config.reject_headers or config.compression
        )
        self._head: list[bytes] = []
        self._begun = False

    def write(self, part: bytes) -> int:
        """Take a part of the body; one beyond the limit ends the transfer."""
        try:
            if not self._begun:
                self._begun = True
                if self._looks:
                    self.body.encoded(self._told("content-encoding"), self._told("content-type"))
            self.body.take(part)
        except ProbeError as error:
            self.error = error
            return 0
        except MemoryError:
            self.error = HinderedError("memory", "no memory is left for the body")
            return 0
        except Exception as error:  # noqa: BLE001 - libcurl would blame the peer
            self.error = ProbeError("internal", f"{type(error).__name__}: {error}", "internal")
            return 0
        return len(part) if not self._limit or self.body.size <= self._limit else 0

    def header(self, line: bytes) -> int | None:
        """Take a header line; a status line begins anew, because interim answers have headers.

        The end of the head that switches to the protocol we asked for ends the transfer.
        """
        if line.startswith(b"HTTP/"):
            self._head.clear()
        self._head.append(line)
        if self.key and line in _BLANK and _SWITCHES.match(self._head[0]):
            self.switched = True
            return 0
        return None

    def finish_head(self, length: int) -> None:
        """Accept the head of an answer that has ended; libcurl takes one that is cut short.

        Args:
            length: of the body as libcurl understood it, -1 if it did not.

        Raises:
            ProbeError: it is cut short, or its first line or its length is none of HTTP's.
        """
        if self._head and not _STATUS_LINE.match(self._head[0]):
            raise ProbeError("protocol", f"no status line: {self._head[0][:80]!r}")
        if self._head and not any(blank in self._head for blank in _BLANK):
            raise ProbeError("protocol", "the head of the answer is cut short")
        if length < 0 and not self.values("transfer-encoding"):
            for text in self.values("content-length"):
                if text.isdecimal() and int(text[:40]) > _LONGEST_LENGTH:
                    raise ProbeError("protocol", f"Content-Length {text[:40]}")

    def values(self, name: str) -> list[str]:
        """Return what a header says: each line, and all as one where there are several."""
        key, found = name.lower(), list[str]()
        for line in self._head:
            field, colon, value = line.decode("latin-1").partition(":")
            if colon and field.strip().lower() == key:
                found.append(value.strip())
        return [*found, ", ".join(found)] if len(found) > 1 else found

    def _told(self, name: str) -> str:
        """Return what a header says as one; nothing where it is missing."""
        return (self.values(name) or [""])[-1]

    def clear(self) -> None:
        """Forget an answer that redirected."""
        self._begun = False
        self.switched = False
        self.body.clear()
        self._head.clear()


async def judge(config: HttpProbe, answer: HttpResponse, run: Run) -> None:
    """Accept what is as expected.

    Raises:
        ProbeError: it is not.
    """
    if config.websocket:
        judge_handshake(answer.key, answer.status, answer.values, config.headers)
    elif answer.status not in (config.expect_status or _SUCCESS):
        raise ProbeError("status", str(answer.status))
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
