"""What a scrape wants: the style of the text, and whether it may be compressed."""

from collections.abc import Iterator
from functools import lru_cache

from isal import igzip

from exporter.family import Style

_SMALLEST = 1024
_LEVEL = 1


def _preferences(header: str) -> Iterator[tuple[str, float]]:
    for item in header.split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        text = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        yield name.lower(), float(text) if text.replace(".", "", 1).isdigit() else 0.0


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


def packed(parts: list[bytes], *, gzip: bool) -> tuple[bytes, dict[str, str]]:
    """Return a body and the headers that tell how it is encoded; meant for a thread."""
    body = b"".join(parts)
    if not gzip or len(body) < _SMALLEST:
        return body, {}
    return igzip.compress(body, _LEVEL), {"Content-Encoding": "gzip"}
