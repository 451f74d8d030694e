"""A service's samples for an hour, stretches of which are lost, and what is derived of them."""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from service_catalogue import Service
from sla_engine.domain.cadence import CadenceTerms
from sla_engine.domain.history import NOTHING_UNSEEN, Unseen
from sla_engine.domain.interval import Interval, Intervals, union
from sla_engine.domain.timeline import Timeline, cut
from sla_engine.measurement.derive import derive, paced, unseen
from sla_engine.measurement.fetch import _stale
from sla_engine.prometheus import Series
from tests.catalogues import PROBES

SCRAPE, MAX_GAP = 60_000, 150_000
STALENESS, HOUR = 300_000, 3_600_000
PERIOD = Interval(0, 61 * SCRAPE)
_Derived = tuple[Timeline, Unseen]
QUORUMS = (None, "any", "majority", "all", 2)
ALONE = "x"
"""An expression whose series stay apart."""
EXPRESSIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "min(x)": min,
    "max(x)": max,
    "sum(x) >= bool 2": lambda values: float(sum(values) >= 2),
    "avg(x) >= bool 0.6": lambda values: float(sum(values) / len(values) >= 0.6),
}


class World(NamedTuple):
    """Series, the stretches to be lost, and how they are judged (``step``, ``max_gap``: ms).

    ``some`` are the numbers of the series that lose them where not all do.
    """

    series: tuple[Series, ...]
    losses: Intervals
    quorum: str | int | None
    expression: str
    step: int
    max_gap: int
    some: frozenset[int]

    @property
    def partly_left(self) -> tuple[Series, ...]:
        """Return the series of which some lost what all of `left` did."""
        pairs = zip(self.series, self.left, strict=True)
        return tuple(lossy if i in self.some else one for i, (one, lossy) in enumerate(pairs))

    @property
    def left(self) -> tuple[Series, ...]:
        """Return what is left of the series."""
        return tuple(_without(one, self.losses) for one in self.series)

    @property
    def service(self) -> Service:
        """Return the service; without a quorum all series are replicas at one location."""
        quorum = {} if self.quorum is None else {"quorum": {"locations": self.quorum}}
        return Service.model_validate({"id": "x", "name": "X", "probes": PROBES} | quorum)


def world(chance: random.Random, shortest: int) -> World:
    """Return samples that go up and down, and one or two losses of at least ``shortest`` ms."""
    quorum, jitter = chance.choice(QUORUMS), chance.choice((0, 1, 200, 500))
    at_once = chance.random() < 0.2
    series = tuple(
        _series(0 if at_once else chance.randrange(SCRAPE), jitter, quorum is not None, i, chance)
        for i in range(chance.randint(1, 5))
    )
    starts = [chance.randint(2 * SCRAPE, 45 * SCRAPE) for _ in range(chance.randint(1, 2))]
    losses = union(Interval(s, s + shortest + chance.randrange(14 * SCRAPE)) for s in starts)
    step = chance.choice((15_000, 30_000, 60_000))
    gap = max(chance.choice((0, 90_000)), step * 5 // 2)
    expression = chance.choice([ALONE, *EXPRESSIONS])
    some = frozenset(chance.sample(range(len(series)), chance.randint(1, len(series))))
    return World(series, losses, quorum, expression, step, gap, some)


def by_series(one: World, series: Sequence[Series], part: Interval, now: int) -> _Derived:
    """Return what the series say of a part of the period, and what is missing."""
    wide = Interval(part.start - HOUR, min(part.end + HOUR, now))
    inside = [s for s in (_inside(s, wide) for s in series) if s.times.size]
    given = paced(inside, (CadenceTerms(SCRAPE, MAX_GAP, fixed=True),))
    line = cut(derive(one.service, given, wide, wide.end), part)
    return line, unseen(given, wide, wide.end) if given else NOTHING_UNSEEN


def by_expression(one: World, series: Sequence[Series], part: Interval, now: int) -> _Derived:
    """Return what an expression over the series says of a part, and what is missing."""
    margin = one.max_gap + STALENESS
    wide = Interval(part.start - margin, min(part.end + margin, now))
    seen = [_inside(s, Interval(0, now)) for s in series]
    given = paced(_evaluated(one, seen, wide), (CadenceTerms(one.step, one.max_gap, fixed=True),))
    line = derive(one.service, given, part, wide.end)
    return line, _stale(given, wide) if given else NOTHING_UNSEEN


def _series(offset: int, jitter: int, located: bool, number: int, chance: random.Random) -> Series:
    times = [
        max(0, i * SCRAPE + offset + chance.randint(-jitter, jitter))
        for i in range(PERIOD.end // SCRAPE - 1)
    ]
    up, values = 1.0, []
    for _ in times:
        up = 1 - up if chance.random() < 0.15 else up
        values.append(up)
    labels = {"location": str(number) if located else "a", "replica": str(number)}
    return Series(labels, np.array(times), np.array(values))


def _without(series: Series, losses: Intervals) -> Series:
    kept = [not any(i.start <= t < i.end for i in losses) for t in series.times.tolist()]
    return Series(series.labels, series.times[kept], series.values[kept])


def _inside(series: Series, part: Interval) -> Series:
    kept = (series.times >= part.start) & (series.times < part.end)
    return Series(series.labels, series.times[kept], series.values[kept])


def _evaluated(one: World, series: Sequence[Series], part: Interval) -> list[Series]:
    """Return an expression's series at its steps, as Prometheus works them out."""
    if one.expression == ALONE:
        return [made for s in series for made in _steps(one, [s], part, max)]
    return _steps(one, series, part, EXPRESSIONS[one.expression])


def _steps(
    one: World,
    series: Sequence[Series],
    part: Interval,
    value: Callable[[Sequence[float]], float],
) -> list[Series]:
    times, values = [], []
    for at in range(-(-part.start // one.step) * one.step, part.end, one.step):
        last = [(s, int(np.searchsorted(s.times, at, side="right")) - 1) for s in series]
        fresh = [float(s.values[i]) for s, i in last if i >= 0 and at - s.times[i] < STALENESS]
        if fresh:
            times.append(at)
            values.append(float(value(fresh)))
    labels = series[0].labels if one.expression == ALONE else {}
    return [Series(labels, np.array(times), np.array(values))] if times else []
