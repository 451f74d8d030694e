"""What counters gained, minute by minute: restarts, births, and two Prometheus that saw the same.

Increases are summed sample by sample and series by series, so that a counter that begins anew after
a restart takes nothing away and nothing is extrapolated.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
        inside = (
            (one.times >= grid.start - grid.before) & (one.times < end) & apart & (one.values > 0)
        )
        found += [
            Birth(number, int(at), int(one.times[at])) for at in np.flatnonzero(inside).tolist()
        ]
    return found


class Views:
    """When each of several Prometheus that scrape the same saw a target, by all its series.

    Which of them a minute takes is one for all series of the target, so that failures and all
    events are of the same scrapes; it follows from samples near the minute, wherever a grid begins.
    """

    def __init__(self, series: Iterable[Series], grid: Grid) -> None:
        early = -(-grid.reach // MINUTE)
        self.early = early
        self.grid = grid._replace(start=grid.start - early * MINUTE, minutes=grid.minutes + early)
        self.edges = self.grid.start + np.arange(self.grid.minutes + 1, dtype=np.int64) * MINUTE
        found: dict[Address, dict[Target, list[NDArray[np.int64]]]] = defaultdict(dict)
        for one in series:
            replica = replica_of(one, grid)
            found[address(one.labels)].setdefault(replica, []).append(one.times)
        self._times = {
            of: {replica: np.unique(np.concatenate(times)) for replica, times in seen.items()}
            for of, seen in found.items()
            if len(seen) > 1
        }

    def times(self, of: Address, replica: Target) -> NDArray[np.int64]:
        """Return when one Prometheus saw a target (ms UTC)."""
        return self._times[of][replica]

    def longest(self, of: Address, replica: Target) -> Counts:
        """Return the longest distance before a scrape of each minute (ms); infinite without any.

        After a hole of which nothing counts, and before what is known, it is more than all that do.
        """
        times, grid = self.times(of, replica), self.grid
        apart = np.diff(times, prepend=times[0] - grid.reach - 1)
        minutes = (times - grid.start) // MINUTE
        inside = (minutes >= 0) & (minutes < grid.minutes)
        found = np.full(grid.minutes, -1.0)
        np.maximum.at(found, minutes[inside], np.minimum(apart, grid.reach + 1)[inside])
        return np.where(found < 0, np.inf, found)


def replica_of(one: Series, grid: Grid) -> Target:
    """Return the labels by which a series is of one Prometheus."""
    return tuple(sorted((k, v) for k, v in one.labels.items() if k in grid.replicas))


def by_minute(
    series: Sequence[Series],
    grid: Grid,
    scrapes: Scrapes | None = None,
    views: Views | None = None,
) -> Counts:
    """Return the sum of all increases by minute; each belongs to the sample that shows it.

    Of series that only a replica's label tells apart each minute takes the one whose Prometheus saw
    the target with the smallest hole in it, and goes on from what the one before it had counted.
    ``views`` are of all series of the service, where these are not all.
    """
    born = _born(series, grid, scrapes)
    same: dict[Target, list[int]] = defaultdict(list)
    for number, one in enumerate(series):
        known = tuple(sorted((k, v) for k, v in one.labels.items() if k not in grid.replicas))
        same[known].append(number)
    found = np.zeros(grid.minutes)
    for numbers in same.values():
        alike = {replica_of(series[n], grid): (series[n], born.get(n, ())) for n in numbers}
        if len(alike) == 1:
            found += sum(_one(series[n], grid, born.get(n, ())) for n in numbers)
        else:
            views = views or Views(series, grid)
            found += _together(alike, views)
    return found


def _together(alike: Mapping[Target, tuple[Series, Sequence[Gain]]], views: Views) -> Counts:
    """Return what one counter gained that several Prometheus saw."""
    grid, edges, minutes = views.grid, views.edges, np.arange(views.grid.minutes)
    names = sorted(alike)
    of = address(alike[names[0]][0].labels)
    some = [alike[name] for name in names]
    places = np.array([np.searchsorted(one.times, edges) for one, _ in some])
    soon = [np.searchsorted(one.times, edges[1:] + grid.before) for one, _ in some]
    apart = np.array([views.longest(of, name) for name in names])
    best = np.argmin(np.where(places[:, :-1] < soon, apart, np.inf), axis=0)
    found: Counts = np.array([_one(one, grid, born) for one, born in some])[best, minutes]
    seen = np.flatnonzero(np.isfinite(apart[best, minutes]))
    for at in np.flatnonzero(np.diff(best[seen])).tolist():
        before, minute = seen[at : at + 2].tolist()
        (last, _), (one, born) = some[best[before]], some[best[minute]]
        first = int(places[best[minute]][minute])
        if first < places[best[minute]][minute + 1]:
            times = views.times(of, names[best[before]])
            moment = int(times[np.searchsorted(times, edges[before + 1]) - 1])
            known = _value(last, moment, grid.reach), moment
            found[minute] += _overlap(one, first, known, grid.reach, born)
    kept: Counts = found[views.early :]
    return kept


def _value(one: Series, moment: int, reach: int) -> float:
    """Return what a counter showed at a scrape (ms UTC): nothing where it was not there yet."""
    at = int(np.searchsorted(one.times, moment, "right")) - 1
    return float(one.values[at]) if at >= 0 and moment - one.times[at] <= reach else 0.0


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


def _one(one: Series, grid: Grid, born: Sequence[Gain]) -> Counts:
    """Return what a series gained by minute."""
    steps, apart = np.diff(one.values), np.diff(one.times)
    near = apart <= grid.reach
    gained = np.where(steps < 0, one.values[1:], steps)[near]
    times = np.append(one.times[1:][near], np.array([b.time for b in born], np.int64))
    gained = np.append(gained, [b.value for b in born])
    minutes = (times - grid.start) // MINUTE
    inside = (minutes >= 0) & (minutes < grid.minutes)
    sums = np.zeros(grid.minutes)
    np.add.at(sums, minutes[inside], gained[inside])
    return sums


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
