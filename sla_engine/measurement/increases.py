"""What counters gained, minute by minute: restarts, births, and two Prometheus that saw the same.

Increases are summed sample by sample and series by series, so that a counter that begins anew after
a restart takes nothing away and nothing is extrapolated.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sla_engine.domain.events import MINUTE
from sla_engine.prometheus import Series

Counts = NDArray[np.float64]
Target = tuple[tuple[str, str], ...]
"""The labels that all series of one scrape share, as its `up` has them."""


class Grid(NamedTuple):
    """Minutes from ``start`` (ms UTC) on, so many.

    What a counter gained between two samples farther apart than ``reach`` (ms) counts for nothing:
    nobody knows when that was. ``replicas`` are the labels by which two Prometheus that scrape the
    same are told apart. How long ``before`` the start (ms) it is known, too, which series begin.
    """

    start: int
    minutes: int
    reach: int
    replicas: tuple[str, ...] = ()
    before: int = 0


class Gain(NamedTuple):
    """What a counter gained by ``time``, over a distance of samples (ms)."""

    time: int
    value: float
    distance: int


class Birth(NamedTuple):
    """A sample before which a series was not there: its place among the series' samples."""

    series: int
    at: int
    time: int


class Scrapes:
    """When targets were scraped, by what `up` says of them.

    ``moments`` are when anything of all events was seen at any target: of a metric that Prometheus
    only now begins to keep, nobody knows when its events were.
    """

    def __init__(self, ups: Sequence[Series], moments: NDArray[np.int64]) -> None:
        self._moments = moments
        self._times: dict[Address, list[tuple[Target, NDArray[np.int64]]]] = defaultdict(list)
        for up in ups:
            known = target_of(up.labels), up.times[up.values == 1]
            self._times[address(up.labels)].append(known)

    def before(self, labels: Mapping[str, str], time: int, reach: int) -> "Scrape | None":
        """Return the last scrape of a series' target before a time, within ``reach`` (all ms)."""
        own = set(labels.items())
        for target, times in self._times.get(address(labels), ()):
            if own.issuperset(target):
                at = int(np.searchsorted(times, time)) - 1
                if at >= 0 and self._seen(time - reach, int(times[at])):
                    return Scrape(target, int(times[at]), time)
        return None

    def _seen(self, first: int, last: int) -> bool:
        """Say whether anything was seen from one moment to another, both included."""
        at = int(np.searchsorted(self._moments, first))
        return at < self._moments.size and bool(self._moments[at] <= last)


class Scrape(NamedTuple):
    """A scrape of a target at ``time`` and the one before it, at ``last`` (ms UTC)."""

    target: Target
    last: int
    time: int


Address = tuple[str, str]


def address(labels: Mapping[str, str]) -> Address:
    """Return job and instance, which every scraped series has."""
    return labels.get("job", ""), labels.get("instance", "")


def target_of(labels: Mapping[str, str]) -> Target:
    """Return the labels of an `up` without its name."""
    return tuple(sorted((k, v) for k, v in labels.items() if k != "__name__"))


def births(series: Sequence[Series], grid: Grid) -> list[Birth]:
    """Return where series begin, or begin again after more than ``reach``, inside the minutes."""
    end = grid.start + grid.minutes * MINUTE
    found = []
    for number, one in enumerate(series):
        apart = np.diff(one.times, prepend=one.times[0] - grid.reach - 1) > grid.reach
        inside = (one.times >= grid.start - grid.before) & (one.times < end) & apart & (one.values > 0)
        found += [
            Birth(number, int(at), int(one.times[at])) for at in np.flatnonzero(inside).tolist()
        ]
    return found


def by_minute(series: Sequence[Series], grid: Grid, scrapes: Scrapes | None = None) -> Counts:
    """Return the sum of all increases by minute; each belongs to the sample that shows it.

    Of series that only a replica's label tells apart each minute takes the one with the smallest
    hole in it, and goes on from what the one before it had counted.
    """
    born = _born(series, grid, scrapes)
    same: dict[Target, list[int]] = defaultdict(list)
    for number, one in enumerate(series):
        known = tuple(sorted((k, v) for k, v in one.labels.items() if k not in grid.replicas))
        same[known].append(number)
    found = np.zeros(grid.minutes)
    for numbers in same.values():
        if len(numbers) == 1:
            found += _one(series[numbers[0]], grid, born.get(numbers[0], ()))[0]
        else:
            alike = [(series[number], born.get(number, ())) for number in numbers]
            found += _together(alike, grid)
    return found


def _together(alike: Sequence[tuple[Series, Sequence[Gain]]], grid: Grid) -> Counts:
    """Return what one counter gained that several Prometheus saw.

    Which of them a minute takes follows from the samples near it, wherever the minutes begin.
    """
    early = -(-grid.reach // MINUTE)
    wide = grid._replace(start=grid.start - early * MINUTE, minutes=grid.minutes + early)
    alike = sorted(alike, key=lambda one: target_of(one[0].labels))
    seen = [_one(one, wide, born) for one, born in alike]
    best = np.argmin([apart for _, apart in seen], axis=0)
    found = np.array([gained for gained, _ in seen])[best, np.arange(wide.minutes)]
    edges = wide.start + np.arange(wide.minutes + 1, dtype=np.int64) * MINUTE
    places = np.array([np.searchsorted(one.times, edges) for one, _ in alike])
    begins, ends = places[best, np.arange(wide.minutes)], places[best, np.arange(wide.minutes) + 1]
    seen_in = np.flatnonzero(begins < ends)
    for at in np.flatnonzero(np.diff(best[seen_in])).tolist():
        before, minute = seen_in[at : at + 2].tolist()
        last, (one, gains) = alike[best[before]][0], alike[best[minute]]
        known = float(last.values[ends[before] - 1]), int(last.times[ends[before] - 1])
        found[minute] += _overlap(one, int(begins[minute]), known, grid.reach, gains)
    return found[early:]


def _overlap(
    one: Series, first: int, known: tuple[float, int], reach: int, born: Sequence[Gain]
) -> float:
    """Return what to add to what a series gained at its ``first`` sample of a minute.

    Up to the moment of ``known`` (value, ms UTC) another series of the same counter has counted.
    Where its value does not lie between those around it of this one, the two are not alike enough.
    """
    value, time = known
    at = int(np.searchsorted(one.times, time, "right"))
    if one.times[first] - time > reach or not at <= first:
        return 0.0
    ahead, last = float(one.values[at]), float(one.values[max(at, first - 1)])
    birth = next((b.value for b in born if b.time == one.times[at]), None)
    near = at > 0 and one.times[at] - one.times[at - 1] <= reach
    least = float(one.values[at - 1]) if near else 0.0
    least = 0.0 if ahead < least else least
    if not (near or birth is not None) or not least <= value <= ahead <= last:
        return 0.0
    if at < first:
        return float(one.values[first - 1]) - value
    return ahead - value - (ahead - least if birth is None else birth)


def _one(one: Series, grid: Grid, born: Sequence[Gain]) -> tuple[Counts, Counts]:
    """Return what a series gained by minute, and the longest distance of samples in each (ms)."""
    steps, apart = np.diff(one.values), np.diff(one.times)
    near = apart <= grid.reach
    gained = np.where(steps < 0, one.values[1:], steps)[near]
    times = np.append(one.times[1:][near], np.array([b.time for b in born], np.int64))
    gained = np.append(gained, [b.value for b in born])
    minutes = (times - grid.start) // MINUTE
    inside = (minutes >= 0) & (minutes < grid.minutes)
    sums = np.zeros(grid.minutes)
    np.add.at(sums, minutes[inside], gained[inside])
    return sums, _longest(one, grid, born)


def _longest(one: Series, grid: Grid, born: Sequence[Gain]) -> Counts:
    """Return the longest distance before a sample of each minute (ms); infinite without any.

    Of the first sample, and after a hole of which nothing counts, it is more than all that do.
    """
    apart = np.diff(one.times, prepend=one.times[0] - grid.reach - 1)
    apart = np.minimum(apart, grid.reach + 1)
    for birth in born:
        apart[one.times == birth.time] = birth.distance
    minutes = (one.times - grid.start) // MINUTE
    inside = (minutes >= 0) & (minutes < grid.minutes)
    longest = np.full(grid.minutes, -1.0)
    np.maximum.at(longest, minutes[inside], apart[inside])
    return np.where(longest < 0, np.inf, longest)


def _born(series: Sequence[Series], grid: Grid, scrapes: Scrapes | None) -> dict[int, list[Gain]]:
    """Return what series gained that were born while their target was scraped: they begin at zero.

    Where series of the same target end at the same scrape, their counts go on under other labels,
    unless what begins is less: then the target itself began anew.
    """
    found: dict[int, list[Gain]] = defaultdict(list)
    if scrapes is None:
        return found
    together: dict[Scrape, list[Birth]] = defaultdict(list)
    for birth in births(series, grid):
        seen = scrapes.before(series[birth.series].labels, birth.time, grid.reach)
        if seen is not None:
            together[seen].append(birth)
    for scrape, some in together.items():
        values = {birth: float(series[birth.series].values[birth.at]) for birth in some}
        begun, ended = sum(values.values()), _ended(series, scrape)
        part = (begun - ended) / begun if begun >= ended else 1.0
        for birth, value in values.items():
            found[birth.series].append(Gain(scrape.time, value * part, scrape.time - scrape.last))
    return found


def _ended(series: Sequence[Series], scrape: Scrape) -> float:
    """Return the counts of a target's series that the scrape before had, and this has no more."""
    gone = 0.0
    for one in series:
        at = int(np.searchsorted(one.times, scrape.time))
        still = at < one.times.size and one.times[at] == scrape.time
        if still or not at or one.times[at - 1] != scrape.last:
            continue
        if set(one.labels.items()).issuperset(scrape.target):
            gone += float(one.values[at - 1])
    return gone
