"""Samples -> the timeline of a service, as its catalogue entry says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from itertools import pairwise, takewhile
from typing import NamedTuple

import numpy as np

from service_catalogue import Catalogue, Service
from service_catalogue.quorum import quorum
from sla_engine.accounting.terms import quorums
from sla_engine.domain.cadence import Cadence, CadenceTerms, Evidence, cadences, evidence
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.history import Unseen
from sla_engine.domain.interval import Interval, Intervals, intersect, union
from sla_engine.domain.samples import Times, from_arrays
from sla_engine.domain.timeline import Segment, State, Timeline, combine, cut, joined, verdict
from sla_engine.prometheus import Series

_DEFAULT_STEP = 15_000
_NEVER = 2**62
_OF_REPLICAS = partial(quorum, "majority")


def cadence(catalogue: Catalogue, service: Service, measured: int | None = None) -> Cadence:
    """Return a service's cadence of today; where no scrape interval is set, the measured one."""
    settings = catalogue.prometheus
    step = service.scrape_interval or settings.scrape_interval or measured or _DEFAULT_STEP
    return _cadence(step, service.max_gap or settings.max_gap or step * 5 // 2)


_cadence = lru_cache(Cadence)  # the same of most services, several times at each tick


def has_cadence(catalogue: Catalogue, service: Service) -> bool:
    """Say whether the catalogue sets a scrape interval."""
    return bool(service.scrape_interval or catalogue.prometheus.scrape_interval)


def median_step(series: Iterable[Series], enough: int = 1) -> int | None:
    """Return the median distance of samples in whole seconds: jitter must not move figures.

    None where there are less than ``enough`` distances.
    """
    steps = [np.diff(s.times) for s in series]
    distances = np.concatenate(steps) if steps else np.array([], dtype=np.int64)
    if distances.size < enough:
        return None
    return max(1_000, round(float(np.median(distances)) / 1_000) * 1_000)


def lifetime(catalogue: Catalogue, service: Service, period: Interval) -> Interval:
    """Return the part of a period from the service's ``since`` to its ``until``."""
    if service.since is None and service.until is None:  # so are most, at every tick
        return period
    zone = catalogue.timezone
    start = period.start if service.since is None else milliseconds(service.since, zone)
    end = period.end if service.until is None else milliseconds(service.until, zone)
    return Interval(max(period.start, start), min(period.end, end))


def last_moment(catalogue: Catalogue, service: Service) -> int | None:
    """Return when a service's ``until`` is (ms UTC); None where it has none."""
    until = service.until
    return None if until is None else milliseconds(until, catalogue.timezone)


class Paced(NamedTuple):
    """A series with its cadence at each sample (ms), and what of it the samples themselves show."""

    series: Series
    steps: Times
    gaps: Times
    shown: Evidence


def paced(series: Iterable[Series], terms: Sequence[CadenceTerms]) -> list[Paced]:
    """Return series with their cadences; ``terms`` are what is said of these."""
    found = []
    for one in series:
        shown = evidence(one.times, terms)
        found.append(Paced(one, *cadences(one.times, shown, terms), shown))
    return found


def derive(
    service: Service, series: Sequence[Paced], period: Interval, seen_until: int
) -> Timeline:
    """Return what samples say of a service in a period that is not empty.

    Args:
        service: whose samples these are.
        series: of the period and of what shows their cadence before and, if there, after it.
        period: what to cover, ms UTC.
        seen_until: samples were asked for up to here (ms UTC).
    """
    line = _combined(service, series, period, seen_until)
    overdue = (seen_until - s.times[-1] > steps[-1] for s, steps, _, _ in series if s.times.size)
    if len(series) == 1 or not any(overdue):
        return line
    sure = [one._replace(gaps=np.append(one.gaps[:-1], one.gaps[-1:] * 0)) for one in series]
    return _without_guesses(line, _combined(service, sure, period, seen_until))


def _combined(
    service: Service, series: Sequence[Paced], period: Interval, seen_until: int
) -> Timeline:
    """Return what series say together, the last sample of each for up to its gap."""
    locations: dict[object, list[Timeline]] = defaultdict(list)
    for one, steps, gaps, _ in series:
        up = one.values != 0
        timeline = from_arrays(one.times, up, period, steps, gaps, seen_until=seen_until)
        locations[location(one.labels)].append(timeline)
    if not locations:
        return (Segment(period.start, period.end, State.UNKNOWN),)
    parts = [
        replicas[0] if len(replicas) == 1 else combine(replicas, _OF_REPLICAS)
        for replicas in locations.values()
    ]
    pieces: list[Segment] = []
    turns: list[int] = []
    for piece, held in quorums(service, period):
        judge = partial(quorum, held.locations)
        pieces += combine([cut(part, piece) for part in parts], judge)
        turns.append(piece.start)
    line = joined(pieces)
    return line if len(series) == 1 else _without_silent_verdicts(line, series, parts, turns)


def _without_guesses(line: Timeline, sure: Timeline) -> Timeline:
    """Return a timeline whose state changes only where that is sure.

    A sample that is overdue is hoped to hold until the next. So a state may go on; a change would
    be for ever (rule 9), although no sample bears it out.
    """
    alike = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(line, sure, strict=False))
    )
    if alike == len(line):
        return line
    hoped, certain = line[alike:], sure[alike:]
    found = list(line[:alike])
    before = found[-1].state if found else hoped[0].state
    edges = sorted({piece.start for piece in (*hoped, *certain)} | {line[-1].end})
    for start, end in pairwise(edges):
        state = _state_at(hoped, start)
        before = state if state in (before, _state_at(certain, start)) else State.UNKNOWN
        found.append(Segment(start, end, before))
    return joined(found)


def _state_at(line: Timeline, moment: int) -> State:
    return next(piece.state for piece in line if piece.start <= moment < piece.end)


def _without_silent_verdicts(
    line: Timeline, series: Sequence[Paced], parts: Sequence[Timeline], turns: Sequence[int]
) -> Timeline:
    """Return a timeline of which nothing is decided by the order in which series fall silent.

    A state that no sample begins is known only where one that told before it still tells in it
    (rule 2), else from its first sample on. ``turns`` are the moments of another quorum.
    """
    starts = np.array([piece.start for piece in line])
    begun = np.array([piece.state is State.UNKNOWN for piece in line])
    begun[0] = True  # or before what was asked for
    for one in series:
        times = one.series.times
        begun |= np.append(times, -1)[np.searchsorted(times, starts)] == starts
    found: list[Segment] = []
    for piece, is_begun in zip(line, begun.tolist(), strict=True):
        if is_begun or _still_told(series, piece):
            found.append(piece)
            continue
        last, first = _around(series, piece.start)
        if piece.start in turns and not _changed(parts, last, piece.start):
            found.append(piece)
            continue
        first = min(first, piece.end)
        found += (Segment(piece.start, first, State.UNKNOWN), piece._replace(start=first))
    return joined(found)


def _around(series: Sequence[Paced], moment: int) -> tuple[int, int]:
    """Return the last sample before a moment and the first from it on, of all series."""
    found = [(one.series.times, int(np.searchsorted(one.series.times, moment))) for one in series]
    last = max((int(times[i - 1]) for times, i in found if i), default=moment)
    first = min((int(times[i]) for times, i in found if i < times.size), default=_NEVER)
    return last, first


def _still_told(series: Sequence[Paced], piece: Segment) -> bool:
    """Say whether a series that is known at the start of a segment has its next sample in it."""
    for one in series:
        times = one.series.times
        i = int(np.searchsorted(times, piece.start))
        if 0 < i < times.size and times[i] < min(piece.end, times[i - 1] + one.gaps[i - 1] + 1):
            return True
    return False


def _changed(parts: Sequence[Timeline], since: int, until: int) -> bool:
    """Say whether any part is in another state at a moment than at one before."""
    return any(since < edge.start <= until for part in parts for edge in part)


def unseen(series: Sequence[Paced], period: Interval, seen_until: int) -> Unseen:
    """Return when a sample of any series is missing, and at the edges of when those of all are.

    In a hole that is not longer than ``max_gap`` the sample before it holds, although one is
    missing; where some series are missing, those that are left decide alone; and where all were
    lost, so does for a moment the first that is back. The arguments are those of `derive`.
    """
    found: Intervals = (period,)
    some: list[Intervals] = []
    longest = 0
    for one, steps, _, _ in series:
        following = np.append(one.times[1:], seen_until)
        missing = np.flatnonzero(2 * (following - one.times) > 3 * steps)
        due = one.times[missing] + steps[missing] * 3 // 4
        edges = zip(due.tolist(), following[missing].tolist(), strict=True)
        holes = union(Interval(*edge) for edge in ((period.start, int(one.times[0])), *edges))
        found, longest = intersect(found, holes), max(longest, int(steps.max()))
        some.append(holes)
    edge = longest * 3 // 2
    near = union(Interval(i.start - edge, i.end + edge) for i in found)
    partly = union(*some)
    lost = union(Interval(i.start - 1, i.end + 1) for i in partly)  # with what is known about it
    back = union(Interval(i.start, i.end + 1) for i in intersect(partly, near))
    return Unseen(lost, back if len(series) > 1 else ())


def location(labels: Mapping[str, str]) -> object:
    """Return what replicas share; a series without a location stands for itself."""
    return labels.get("location") or tuple(sorted(labels.items()))


def state_of(
    service: Service, period: Interval, states: Iterable[tuple[Mapping[str, str], State]]
) -> State:
    """Return the state of a service from those of its series, given with their labels.

    A period in which the quorum changes is unknown: it needs a closer look.
    """
    by_location: dict[object, list[State]] = defaultdict(list)
    for labels, state in states:
        by_location[location(labels)].append(state)
    parts = [verdict(replicas, _OF_REPLICAS) for replicas in by_location.values()]
    needs = {held.locations for _, held in quorums(service, period)}
    return verdict(parts, partial(quorum, needs.pop())) if len(needs) == 1 else State.UNKNOWN
