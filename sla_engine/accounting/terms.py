"""What was agreed for a service, from the catalogue: service time, terms, planned work."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, tzinfo
from fractions import Fraction
from functools import lru_cache

import holidays

from service_catalogue import Catalogue, Service
from service_catalogue.calendar import Calendar as CalendarEntry
from service_catalogue.past import at as held_at
from service_catalogue.past import is_constant, pieces
from service_catalogue.quorum import Quorum
from service_catalogue.service import FOREVER, FailingMinutes
from sla_engine.domain import calendar as domain
from sla_engine.domain.availability import Terms
from sla_engine.domain.cadence import CadenceTerms
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.events import MINUTE, Failing, Slicing, failing_share
from sla_engine.domain.interval import Interval, Intervals, clip, union
from sla_engine.domain.objective import Accounting, ratio

_USUAL_STEP = 15_000


def terms(service: Service, at: int) -> Terms:
    """Return what held for a service at a moment (milliseconds UTC)."""
    held = held_at(service, at)
    accounting = Accounting(held.accounting.maintenance, held.accounting.unknown)
    timed = held.method != "events" and ever_counts(service)
    return Terms(_objective(held), accounting, held.min_outage or 0, slicing(held), timed)


def ever_counts(service: Service) -> bool:
    """Say whether a service counts events, or did once."""
    every = (service, *(held for _, held in service.past if held is not None))
    return any(one.method == "events" for one in every)


def slicing(service: Service) -> Slicing | None:
    """Return how a service is judged by slices of its events; None where it is not."""
    asked = None if service.sli is None else service.sli.timeslice
    return None if asked is None else Slicing(asked.length, asked.target)


def longest_slice(service: Service) -> int:
    """Return the longest of what a service is judged by at its last millisecond (ms)."""
    every = (service, *(held for _, held in service.past if held is not None))
    return max((found.length for one in every if (found := slicing(one))), default=MINUTE)


def failing(service: Service, at: int) -> Failing:
    """Return what makes an outage of a service that counts events, at a moment (ms UTC)."""
    held = held_at(service, at)
    asked = FailingMinutes() if held.sli is None else held.sli.outage
    share = failing_share(objective(held, at)) if asked.share is None else asked.share
    return Failing(share, asked.min_events)


def objective(service: Service, at: int) -> Fraction | None:
    """Return the objective of a service at a moment (milliseconds UTC), a ratio."""
    return _objective(held_at(service, at))


def _objective(held: Service) -> Fraction | None:
    percent = held.objective
    return None if percent is None else ratio(percent)


def usual_step(catalogue: Catalogue, service: Service) -> int:
    """Return how far apart samples of a service are (ms): minutes of events, else its scrapes."""
    if service.method == "events":
        return MINUTE
    return service.scrape_interval or catalogue.prometheus.scrape_interval or _USUAL_STEP


def least_downtime(catalogue: Catalogue, service: Service, samples: int) -> int:
    """Return how long (ms) so many bad samples of a service are known to last."""
    return samples * usual_step(catalogue, service)


def told_after(catalogue: Catalogue, service: Service) -> int:
    """Return how long (ms) an outage must last before anybody is told of it."""
    least = least_downtime(catalogue, service, service.min_samples or 0)
    return max(service.after or 0, least)


def hours_begin(
    catalogue: Catalogue, calendar: str | None, zone: tzinfo | None, span: Interval
) -> int | None:
    """Return when the hours of a calendar begin in a span (ms UTC), None where it begins in them.

    Of one that has none in the span this is its end.
    """
    first = next(iter(calendar_hours(catalogue, calendar, span, zone)), None)
    begin = span.end if first is None else first.start
    return None if begin == span.start else begin


def longest_gap(catalogue: Catalogue, service: Service) -> int:
    """Return the longest distance of two samples of a service without a hole (ms)."""
    settings = catalogue.prometheus
    step = service.scrape_interval or settings.scrape_interval or _USUAL_STEP
    return service.max_gap or settings.max_gap or step * 5 // 2


def agreed_time(
    catalogue: Catalogue, service: Service, period: Interval, first_sample: int | None
) -> Intervals:
    """Return the agreed service time of a period, from the service's first day on (rule 5).

    It begins at ``since`` where the catalogue has one, else with the first sample ever seen; a
    service that was never seen is owed from the period's start, and all of it is unknown.
    """
    owed = (
        _owed(catalogue, held, Interval(start, end), period, first_sample)
        for start, end, held in pieces(service, *period)
        if held is not None
    )
    return union(*owed)


def is_owed_before(
    catalogue: Catalogue, service: Service, moment: int, first_sample: int | None
) -> bool:
    """Say whether a service may be owed any time before a moment (ms UTC), whatever its hours."""
    whole = Interval(-FOREVER, moment)
    return any(
        held is not None
        and _alive(catalogue, held, Interval(start, end), whole, first_sample).length
        for start, end, held in pieces(service, *whole)
    )


def _owed(
    catalogue: Catalogue,
    service: Service,
    piece: Interval,
    period: Interval,
    first_sample: int | None,
) -> Intervals:
    """Return the agreed time of a piece of a period in which the service's terms are the same."""
    alive = _alive(catalogue, service, piece, period, first_sample)
    zone = service.timezone or catalogue.timezone
    return calendar_hours(catalogue, service.calendar, alive, zone) if alive.length else ()


def _alive(
    catalogue: Catalogue,
    service: Service,
    piece: Interval,
    period: Interval,
    first_sample: int | None,
) -> Interval:
    """Return the part of such a piece in which a service was there; empty where it was not."""
    zone = service.timezone or catalogue.timezone
    begin = period.start if first_sample is None else first_sample
    if service.since is not None:
        begin = milliseconds(service.since, zone)
    end = period.end if service.until is None else milliseconds(service.until, zone)
    return Interval(max(piece.start, begin), min(piece.end, end))


def quorums(service: Service, period: Interval) -> Iterable[tuple[Interval, Quorum]]:
    """Yield the stretches of a period with the quorum that held in each."""
    if is_constant(service):  # so are most, at every tick
        return ((period, held_at(service, period.start).quorum),)
    found: list[tuple[Interval, Quorum]] = []
    for start, end, held in pieces(service, *period):
        quorum = (held or service).quorum
        if found and found[-1][1] == quorum:
            start = found.pop()[0].start  # noqa: PLW2901 - goes on
        found.append((Interval(start, end), quorum))
    return found


def changed_cadence(service: Service) -> bool:
    """Say whether the catalogue tells of another cadence in the past."""
    return any(change.scrape_interval or change.max_gap for change in service.history)


def cadence_terms(catalogue: Catalogue, service: Service) -> tuple[CadenceTerms, ...]:
    """Return what is said of a service's cadence, in order of time (rule 10).

    A scrape interval of ``history`` is what held then. Today's may be told of a change that was
    made since, so that of the past the samples decide.
    """
    settings, found = catalogue.prometheus, []
    changes = sorted(service.history, key=lambda change: change.until)
    now_step = service.scrape_interval or settings.scrape_interval
    now_gap = service.max_gap or settings.max_gap
    for i, change in enumerate(changes):
        if change.scrape_interval or change.max_gap:
            steps = (c.scrape_interval for c in changes[i:] if c.scrape_interval)
            gaps = (c.max_gap for c in changes[i:] if c.max_gap)
            step, until = next(steps, None), milliseconds(change.until, UTC)
            gap = next(gaps, now_gap)
            found.append(CadenceTerms(step or now_step, gap, fixed=bool(step), until=until))
    return (*found, CadenceTerms(now_step, now_gap))


def calendar_hours(
    catalogue: Catalogue, name: str | None, period: Interval, zone: tzinfo | None = None
) -> Intervals:
    """Return the hours of a calendar of the catalogue inside a period; without a name all of it.

    A calendar without a zone has the ``zone``, or else the organisation's.
    """
    if name is None:
        return clip((period,), period)
    return domain.agreed(_calendar(catalogue.calendar(name), zone or catalogue.timezone), period)


def _calendar(entry: CalendarEntry, zone: tzinfo) -> domain.Calendar:
    weekly: list[domain.Hours] = [()] * 7
    for item in entry.weekly:
        for day in item.days:
            weekly[day] = (*weekly[day], *item.hours)
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = weekly
    return domain.Calendar(
        entry.timezone or zone,
        (monday, tuesday, wednesday, thursday, friday, saturday, sunday),
        _holidays(entry.holidays) if entry.holidays else frozenset(),
        {item.date: item.hours for item in entry.extra},
    )


@lru_cache
def _holidays(place: str) -> Collection[date]:
    """Return the public holidays of a country or subdivision, worked out year by year."""
    country, _, subdivision = place.partition("-")
    return holidays.country_holidays(country, subdiv=subdivision or None)
