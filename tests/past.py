"""Pasts of services with known outages, as samples and as OpenMetrics text."""

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TextIO

from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan

Pair = tuple[int, int]
"""Milliseconds UTC, and 1 for up or 0 for down."""


class Past(NamedTuple):
    """Samples of one service and, found by hand of this file alone, what they mean."""

    samples: tuple[Pair, ...]
    outages: tuple[OutageSpan, ...]
    gaps: tuple[Interval, ...]


def past(period: Interval, step: int, kind: str, seed: int, jitter: int = 0) -> Past:
    """Return a past of a kind: ``steady``, ``outages``, ``flapping``, ``gaps`` or ``both``."""
    chance = random.Random(seed)
    times = list(range(period.start + chance.randrange(step), period.end, step))
    values = [1] * len(times)
    if kind in {"outages", "both"}:
        for _ in range(chance.randrange(4, 16)):
            first, length = chance.randrange(len(times)), chance.choice((1, 1, 2, 5, 60, 900))
            values[first : first + length] = [0] * len(values[first : first + length])
    if kind == "flapping":
        values = [int(chance.random() > 0.1) for _ in times]
    missing: set[int] = set()
    if kind in {"gaps", "both"}:
        for _ in range(8):
            first, length = chance.randrange(len(times)), chance.choice((1, 2, 3, 30, 500))
            missing.update(range(first, first + length))
    moved = [t + (chance.randrange(-jitter, jitter) if jitter else 0) for t in times]
    pairs = zip(moved, values, strict=True)
    kept = tuple(pair for i, pair in enumerate(pairs) if i not in missing)
    samples = tuple(s for s in kept if period.start <= s[0] < period.end)
    return Past(samples, outages_of(samples), gaps_of(samples, period, step))


def outages_of(samples: Sequence[Pair]) -> tuple[OutageSpan, ...]:
    """Return the outages of samples, by the plainest of loops."""
    found: list[OutageSpan] = []
    start: int | None = None
    for time, value in samples:
        if not value and start is None:
            start = time
        elif value and start is not None:
            found.append(OutageSpan(start, time))
            start = None
    return (*found, OutageSpan(start, None)) if start is not None else tuple(found)


def gaps_of(samples: Sequence[Pair], period: Interval, step: int) -> tuple[Interval, ...]:
    """Return where no sample holds, with a longest gap of 2.5 steps."""
    times = [time for time, _ in samples]
    first = times[0] if times else period.end
    found = [Interval(period.start, first)] if first > period.start else []
    for time, following in pairwise([*times, period.end]):
        if following - time > 2.5 * step:
            found.append(Interval(time + step, following))
    return tuple(found)


def write_openmetrics(out: TextIO, series: Mapping[str, Iterable[Pair]]) -> None:
    """Write samples by series, such as ``service_up{service="shop"}``; the metric is a gauge."""
    out.write("# TYPE service_up gauge\n")
    for name, samples in series.items():
        lines = [f"{name} {value} {time / 1000:.3f}\n" for time, value in samples]
        out.write("".join(lines))
    out.write("# EOF\n")
