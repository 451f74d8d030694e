"""What a row of the table is: a server's samples, what must be found in them, what must be said."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.audit.states import Key, Point
from benchmarks.audit.time import Span
from benchmarks.audit.world import Meaning

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
BEGIN = 1_791_158_400_000
"""2026-10-05T00:00:00Z, a Monday."""
PERIOD: Span = (BEGIN, BEGIN + 2 * DAY)
CLOCK = PERIOD[1] + 5 * DAY
BEHIND = 10 * MINUTE
STEP = 30 * SECOND
STALE: float = struct.unpack("<d", (0x7FF0_0000_0000_0002).to_bytes(8, "little"))[0]
"""The NaN by which Prometheus says that a series has ended."""

Series = dict[Key, list[Point]]


@dataclass(frozen=True)
class Wanted:
    """A service that must be found: what the oracle reads, and what the source says of it."""

    meanings: tuple[Meaning, ...]
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A row; ``wanted`` by the id that is proposed, ``said`` parts of what goes to standard error.

    ``note`` is for the table. A case with a ``code`` other than 0 must be refused with ``said``.
    ``shown`` are the series as the oracle is to have them, where they are not those written.
    """

    title: str
    note: str
    series: Series
    wanted: Mapping[str, Wanted] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    server: str = "prometheus"
    code: int = 0
    shown: Series | None = None
    period: Span = PERIOD
    clock: int = CLOCK


def key(metric: str, **labels: str) -> Key:
    """Return the key of a series."""
    return metric, tuple(sorted(labels.items()))


def of(metric: str, **labels: str) -> Wanted:
    """Return a service judged by the raw samples of the series with these labels."""
    return Wanted((Meaning(metric, labels),))


def states(
    down: Iterable[Span] = (),
    gone: Iterable[Span] = (),
    *,
    offset: int = 7_000,
    step: int = STEP,
    span: Span = (-HOUR, PERIOD[1] - BEGIN + HOUR),
    good: float = 1,
) -> list[Point]:
    """Return samples; spans are in ms after the period's start."""
    off, lost = tuple(down), tuple(gone)
    return [
        (BEGIN + at, 0 if _in(off, at) else good)
        for at in range(span[0] + offset, span[1], step)
        if not _in(lost, at)
    ]


def _in(spans: Iterable[Span], at: int) -> bool:
    return any(start <= at < end for start, end in spans)


def minutes(start: float, length: float) -> Span:
    """Return a span that begins so many hours after the period's start, and is so many minutes."""
    return round(start * HOUR), round(start * HOUR + length * MINUTE)
