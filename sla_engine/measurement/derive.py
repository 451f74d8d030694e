"""Samples -> the timeline of a service, as its catalogue entry says."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import partial
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
_OF_REPLICAS = partial(quorum, "majority")


def cadence(catalogue: Catalogue, service: Service, measured: int | None = None) -> Cadence:
    """Return a service's cadence of today; where no scrape interval is set, the measured one."""
    settings = catalogue.prometheus
    step = service.scrape_interval or settings.scrape_interval or measured or _DEFAULT_STEP
    return Cadence(step, service.max_gap or settings.max_gap or step * 5 // 2)


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
    for piece, held in quorums(service, period):
        judge = partial(quorum, held.locations)
        whole = combine([cut(part, piece) for part in parts], judge)
        pieces += whole
    turns = {piece.start for piece, _ in quorums(service, period)}
    return _without_silent_verdicts(joined(pieces), series, turns)


def _without_silent_verdicts(
    line: Timeline, series: Sequence[Paced], turns: Container[int]
) -> Timeline:
    """Return a timeline of which nothing is decided by the order in which series fall silent.

    What begins without a sample, has none, and ends with nothing known is itself unknown (rule 2);
    ``turns`` are the moments at which a state may begin without one, those of another quorum.
    """
    if len(series) == 1:
        return line
    found: list[Segment] = []
    followed = State.UNKNOWN  # the end is that of what was asked for
    for piece in reversed(line):
        if followed is State.UNKNOWN and piece.start not in turns and not _sampled(series, piece):
            piece = piece._replace(state=State.UNKNOWN)  # noqa: PLW2901 - is judged so
        found.append(piece)
        followed = piece.state
    return joined(reversed(found))


def _sampled(series: Sequence[Paced], piece: Segment) -> bool:
    """Say whether any sample is inside a segment."""
    edges = (np.searchsorted(one.series.times, (piece.start, piece.end)) for one in series)
    return any(first < end for first, end in edges)


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
