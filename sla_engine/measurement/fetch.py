"""Which samples must be seen so that timelines are exact: few of many.

Every series is counted hour by hour; only where a count or a minimum is not that of an hour without
a fault are samples fetched, with what is near them, and the next hour too where that does not end
in a service that is up. What was not looked at is up.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from service_catalogue import Catalogue, Service
from sla_engine.accounting.terms import cadence_terms, changed_cadence
from sla_engine.domain.events import Minute
from sla_engine.domain.history import Unseen
from sla_engine.domain.interval import Interval, union
from sla_engine.domain.isolation import FaultReason, Isolation, exhaust
from sla_engine.domain.timeline import Segment, State, Timeline, cut
from sla_engine.measurement.derive import (
    Paced,
    cadence,
    derive,
    has_cadence,
    lifetime,
    median_step,
    paced,
)
from sla_engine.measurement.request_counters import event_timeline
from sla_engine.measurement.screening import Screening, is_tight, quiet, screen
from sla_engine.prometheus import Client
from sla_engine.prometheus.extract import Ask, Samples, Source, asks, merged, raw
from sla_engine.prometheus.pack import Wanted, packed
from sla_engine.prometheus.scan import scan

_HOUR = 3_600_000
_STALENESS = 5 * 60_000
"""How long Prometheus evaluates a series as it last was, after its last sample (ms)."""
_MARGINS = (3 * 60_000, 20 * 60_000)
"""How far back samples are fetched to measure their cadence where none is set; the second try."""
_ENOUGH = 4
"""How many distances of samples make a cadence; of fewer, one lost sample makes half."""
_FARTHER = 8
"""How many times farther each next try looks, up to the whole period."""


def timelines(
    catalogue: Catalogue,
    client: Client,
    services: Sequence[Service],
    period: Interval,
    now: int,
    *,
    events: dict[str, tuple[Minute, ...]] | None = None,
    unseen: dict[str, Unseen] | None = None,
    isolation: Isolation | None = None,
    summed: bool = False,
) -> dict[str, Timeline]:
    """Return the timeline of each service over its lifetime in a period (ms UTC).

    Services that live from other services are left out, as are those without a day in the period.
    The events of those that count them are put into ``events``, and into ``unseen`` the time in
    which samples are missing. With ``isolation`` a service that fails is left out, too, and named
    there. ``summed``: over many hours only the good samples are counted where that will do.

    Raises:
        PrometheusError: the samples cannot be had.
    """
    isolation = isolation or Isolation(_raised, lock=threading.Lock())
    lives = {
        service.id: lifetime(catalogue, service, period)
        for service in services
        if service.method != "components"
    }
    alive = [s for s in services if s.id in lives and lives[s.id].length]
    sources = {s.id: source(catalogue, s) for s in alive if s.method != "events"}
    sources = {name: one for name, one in sources.items() if one.is_selector}
    sparse = [s for s in alive if s.id in sources]
    found: dict[str, Timeline] = {}
    counted: dict[str, tuple[Minute, ...]] = {}
    missing: dict[str, Unseen] = {} if unseen is None else unseen

    def screened(some: Sequence[Service]) -> None:
        looks = _sparse(
            catalogue, client, some, sources, isolation, period=period, now=now, summed=summed
        )
        found.update(looks.lines)
        missing.update(looks.unseen)

    def alone(some: Sequence[Service]) -> None:
        (service,) = some
        if service.method == "events":
            line, counted[service.id], missing[service.id] = event_timeline(
                catalogue, client, service, period, now
            )
        else:
            line, missing[service.id] = _stepped(catalogue, client, service, period, now)
        found[service.id] = line

    if sparse:
        _ = client.closed_ranges  # where that has no answer, it is nobody's fault below
        exhaust(isolation.divided(sparse, _id, screened))
    for service in alive:
        if service.id not in sources:
            exhaust(isolation.divided((service,), _id, alone))
    sound = {name: line for name, line in found.items() if name not in isolation.faults}
    if events is not None:
        events |= {name: counted[name] for name in sound.keys() & counted.keys()}
    return {name: cut(timeline, lives[name]) for name, timeline in sound.items()}


def _raised(error: Exception) -> FaultReason:
    raise error


def _id(service: Service) -> str:
    return service.id


def source(catalogue: Catalogue, service: Service) -> Source:
    """Return where a service's samples are."""
    expression = service.sli.promql if service.sli else None
    return Source(service.id, expression, cadence(catalogue, service).step)


def _stepped(
    catalogue: Catalogue, client: Client, service: Service, period: Interval, now: int
) -> tuple[Timeline, Unseen]:
    """Evaluate an expression step by step: it has no samples of its own, and so no other cadence.

    Every time is evaluated at the steps of its own.
    """
    usual, one = cadence(catalogue, service), source(catalogue, service)
    terms = [
        t._replace(step=t.step or usual.step, fixed=True) for t in cadence_terms(catalogue, service)
    ]
    longest = max(t.max_gap or (t.step or 0) * 5 // 2 for t in terms)
    wide = _widened(period, longest + _STALENESS, now)
    questions: list[Ask] = []
    at = wide.start
    for t in terms:
        end = wide.end if t.until is None else min(t.until, wide.end)
        if at < end:
            questions += asks([one._replace(step=t.step or usual.step)], Interval(at, end))
            at = end
    samples = raw(client, questions)
    series = paced(samples.get(service.id, ()), terms)
    return cut(derive(service, series, wide, wide.end), period), _stale(series, wide)


def _stale(series: Sequence[Paced], seen: Interval) -> Unseen:
    """Return when samples are missing, and when beside that the expression may show something else.

    As long as it shows what it was what is known of that time stays as it is, even where that is
    nothing. When it is back its series come one by one: what is scraped less often than that is
    stale between two scrapes.
    """
    lost: list[Interval] = []
    carried: list[Interval] = []
    partial: list[Interval] = []
    for one, steps, gaps, _ in series:
        following = np.append(one.times[1:], seen.end)
        missing = np.flatnonzero(2 * (following - one.times) > 3 * steps)
        last = one.times[missing]
        since, until = last - _STALENESS - steps[missing], last + gaps[missing]
        edges = zip(since.tolist(), following[missing].tolist(), until.tolist(), strict=True)
        for start, end, held in edges:
            lost.append(Interval(start, end))
            carried.append(Interval(start, min(end, held)))
        if late := bool(2 * (one.times[0] - seen.start) > 3 * steps[0]):
            lost.append(Interval(seen.start, int(one.times[0])))
        first = np.append([0] if late else [], missing + 1).astype(int)
        first = first[first < len(one.times)]
        until = np.append(since, 2 * seen.end)[np.searchsorted(missing, first)]
        for start, end in zip(one.times[first].tolist(), until.tolist(), strict=True):
            if end - start > _STALENESS:
                partial.append(Interval(start, min(start + _STALENESS, seen.end)))
            elif start < end:  # never all of its series: as good as lost
                lost.append(Interval(start, end))
    return Unseen(union(lost), carried=union(carried), partial=union(partial))


def _widened(period: Interval, margin: int, now: int) -> Interval:
    return Interval(period.start - margin, min(period.end + margin, now))


class _Found(NamedTuple):
    lines: dict[str, Timeline]
    unseen: dict[str, Unseen]


def _sparse(
    catalogue: Catalogue,
    client: Client,
    services: Sequence[Service],
    sources: Mapping[str, Source],
    isolation: Isolation,
    *,
    period: Interval,
    now: int,
    summed: bool,
) -> "_Found":
    steps = _measured(catalogue, client, services, sources, period, isolation=isolation)
    services = [s for s in services if s.id not in isolation.faults]
    if not services:
        return _Found({}, {})
    beats = {s.id: cadence(catalogue, s, steps.get(s.id)) for s in services}
    longest = max(beat.max_gap for beat in beats.values())
    # The windows begin before the period: a steady one proves what held at its start.
    wide = _widened(period, max(longest * 2, min(_HOUR, period.length)), now)
    # Two at least, each of which shows whether the other may be trusted, and whole ones: what is
    # left of one would take as many questions again.
    length = _HOUR if wide.length > _HOUR else -(-wide.length // 2)
    wide = Interval(wide.end - -(-wide.length // length) * length, wide.end)
    known = {s.id: beats[s.id] for s in services if has_cadence(catalogue, s) or s.id in steps}
    one_cadence = (s for s in services if s.id in known and not changed_cadence(s))
    steady = {s.id: known[s.id] for s in one_cadence}
    counted = scan(
        client,
        [sources[s.id] for s in services],
        wide,
        length,
        isolation,
        steps={n: beat.step for n, beat in steady.items() if summed and not is_tight(*beat)},
    )
    services = [s for s in services if s.id not in isolation.faults]
    still = quiet(services, steady, counted.windows, counted.series)
    looks: list[Screening] = []

    def look(some: Sequence[Service]) -> None:
        for service in some:
            series = counted.series.get(service.id, ())
            terms = cadence_terms(catalogue, service)
            beat = known.get(service.id)
            looks.append(screen(service, beat, counted.windows, series, terms, since=period.start))

    for service in services:
        if service.id not in still:
            exhaust(isolation.divided((service,), _id, look))
    up: Timeline = (Segment(period.start, period.end, State.UP),)
    found = dict.fromkeys(still, up)
    found |= {one.service.id: up for one in looks if not one.flagged.any()}
    flagged = [one for one in looks if one.flagged.any()]
    _look_closer(client, sources, flagged, now, found, isolation=isolation)
    lines = {name: cut(timeline, period) for name, timeline in found.items()}
    return _Found(lines, {one.service.id: one.unseen() for one in flagged})


def _look_closer(
    client: Client,
    sources: Mapping[str, Source],
    looks: Sequence[Screening],
    now: int,
    found: dict[str, Timeline],
    *,
    isolation: Isolation,
) -> None:
    """Fetch what the looks want until every edge is steady; put their timelines into ``found``."""
    samples: Samples = {}

    def judge(some: Sequence[Screening]) -> Screening | None:
        (one,) = some
        series = samples.get(one.service.id, ())
        found[one.service.id] = line = one.judged(series)
        found_more = one.reach_out(now), one.verify(series, line), one.widen(line)
        more = (*found_more, one.suspect(series))
        return one if any(more) else None

    while looks:
        questions = packed(_wanted(sources, looks, now))
        samples = merged(samples, raw(client, questions, isolation))
        judged = [isolation.divided((one,), lambda o: o.service.id, judge) for one in looks]
        looks = [one for part in judged for one in part if one is not None]


def _wanted(sources: Mapping[str, Source], looks: Sequence[Screening], now: int) -> Wanted:
    """Return what to fetch: for which services in which periods."""
    wanted: dict[Interval, list[Source]] = defaultdict(list)
    for one in looks:
        for period in one.wanted(now):
            wanted[period].append(sources[one.service.id])
    return wanted


def _measured(
    catalogue: Catalogue,
    client: Client,
    services: Sequence[Service],
    sources: Mapping[str, Source],
    period: Interval,
    *,
    isolation: Isolation,
) -> dict[str, int]:
    """Return the scrape interval (ms) of the services for which the catalogue sets none."""
    found: dict[str, int] = {}
    margins = (*_MARGINS, *_farther(period.length))
    for margin in margins:
        enough = 1 if margin == margins[-1] else _ENOUGH
        missing = [s for s in services if not has_cadence(catalogue, s) and s.id not in found]
        if missing:
            end = Interval(period.end - margin, period.end)
            samples = raw(client, asks([sources[s.id] for s in missing], end), isolation)
            steps = {name: median_step(series, enough) for name, series in samples.items()}
            found |= {name: step for name, step in steps.items() if step is not None}
    return found


def _farther(length: int) -> Iterator[int]:
    """Yield how far back from a period's end to look: what fell silent has its cadence before.

    The last is a little before its start: what held there says where it is unknown.
    """
    margin, last = _MARGINS[-1], length + _MARGINS[-1]
    while margin < last:
        margin = min(margin * _FARTHER, last)
        yield margin
