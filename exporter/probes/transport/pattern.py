"""Regular expressions on what others wrote, within the run's time limit.

Backtracking may take years on a text that is made for it, and ``re`` neither ends nor lets another
thread run meanwhile. ``regex`` does both, with the same syntax.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TypeVar

import regex

from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run

T = TypeVar("T")
_AT_ONCE = 0.005  # seconds: more than nearly any search takes, less than others would notice


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> "regex.Pattern[bytes]":
    """Return the pattern for bytes; the catalogue has checked it."""
    return regex.compile(pattern.encode())


@lru_cache(maxsize=4096)
def compiled_text(pattern: str) -> "regex.Pattern[str]":
    """Return the pattern for text; the catalogue has checked it."""
    return regex.compile(pattern)


async def search_text(pattern: str, text: str, run: Run, start: int = 0) -> bool:
    """Say whether the pattern matches from ``start`` on; see `search`."""
    look = partial(compiled_text(pattern).search, text, start)
    return await _bounded(pattern, look, run) is not None


async def search(pattern: str, text: bytes, run: Run) -> "regex.Match[bytes] | None":
    """Return the first match anywhere in the text.

    Raises:
        ProbeError: ``timeout``; the time limit passed before that was clear.
    """
    return await _bounded(pattern, partial(compiled(pattern).search, text), run)


async def fullmatch(pattern: str, text: bytes, run: Run) -> "regex.Match[bytes] | None":
    """Return the match of the whole text; see `search`."""
    return await _bounded(pattern, partial(compiled(pattern).fullmatch, text), run)


async def _bounded(pattern: str, look: Callable[..., T], run: Run) -> T:
    """Look at once, or in a thread where it takes longer."""
    try:
        return look(timeout=_AT_ONCE)
    except TimeoutError:
        pass
    try:  # half of the time: regex counts CPU seconds, of which a busy machine gives fewer
        return await run.network.blocking.call(
            object(), partial(look, timeout=run.left() / 2, concurrent=True)
        )
    except TimeoutError as error:
        raise too_slow(pattern) from error


def too_slow(pattern: str) -> ProbeError:
    """Return the verdict on a pattern that backtracks for ever."""
    return ProbeError("timeout", f"{pattern!r} backtracks too much: no end within the time limit")
