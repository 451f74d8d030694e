"""What a scrape wants: the style of the text, and whether it may be compressed."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache

from aiohttp import web
from isal import isal_zlib

from uptime_common.exposition import CONTENT_TYPES, EOF, Style

_QUALITY = re.compile(r"[0-9]{1,3}(\.[0-9]{0,3})?|\.[0-9]{1,3}")
_SMALLEST = 1024
_LEVEL = 1
_GZIP = 16 + isal_zlib.MAX_WBITS


def _preferences(header: str) -> Iterator[tuple[str, float]]:
    for item in header.split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        text = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        yield name.lower(), float(text) if _QUALITY.fullmatch(text) else 0.0


@lru_cache(maxsize=16)  # few clients, each always with the same headers
def style_of(accept: str) -> Style:
    """Return the style that a client prefers of those that we speak, by its Accept header."""
    best: tuple[float, Style] = (0.0, "text")
    for kind, quality in _preferences(accept):
        style: Style = "openmetrics" if kind == "application/openmetrics-text" else "text"
        known = style == "openmetrics" or kind in ("text/plain", "text/*", "*/*")
        if known and quality > best[0]:
            best = quality, style
    return best[1]


@lru_cache(maxsize=16)
def takes_gzip(accept_encoding: str) -> bool:
    """Say whether a client takes gzip, by its Accept-Encoding header."""
    given = dict(_preferences(accept_encoding))
    return given.get("gzip", given.get("*", 0.0)) > 0


class Body:
    """A body that grows by parts, each compressed as it comes: a large one is never held whole."""

    def __init__(self, *, gzip: bool) -> None:
        self._packer = isal_zlib.compressobj(_LEVEL, wbits=_GZIP) if gzip else None
        self._plain: list[bytes] = []
        self._packed: list[bytes] = []

    def add(self, part: bytes) -> None:
        """Take the next part; large ones hold up the caller, half a millisecond per MiB."""
        self._plain.append(part)
        if self._packer is not None and (self._packed or _size(self._plain) >= _SMALLEST):
            self._packed += map(self._packer.compress, self._plain)
            self._plain.clear()

    def end(self) -> tuple[bytes, dict[str, str]]:
        """Return the body, and the headers that tell how it is encoded: a small one is plain."""
        if self._packer is None or not self._packed:
            return b"".join(self._plain), {}
        return b"".join([*self._packed, self._packer.flush()]), {"Content-Encoding": "gzip"}


async def exposed(
    request: web.Request, parts: Callable[[Style], AsyncIterator[bytes]]
) -> web.Response:
    """Answer a scrape with the parts of a text, in the style and the encoding that it wants.

    Between two parts the event loop goes on: nothing else waits for all of them.

    Args:
        request: the scrape.
        parts: makes them, without the EOF of OpenMetrics.
    """
    style = style_of(request.headers.get("Accept", ""))
    body = Body(gzip=takes_gzip(request.headers.get("Accept-Encoding", "")))
    async for part in parts(style):
        body.add(part)
        await asyncio.sleep(0)
    if style == "openmetrics":
        body.add(EOF.encode())
    content, headers = body.end()
    return web.Response(body=content, headers=headers | {"Content-Type": CONTENT_TYPES[style]})


def _size(parts: list[bytes]) -> int:
    return sum(map(len, parts))
