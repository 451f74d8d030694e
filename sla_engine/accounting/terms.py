"""What was agreed for a service, from the catalogue: service time, terms, planned work."""

import re
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from fractions import Fraction
from functools import lru_cache

import holidays
from dateutil.rrule import rrulestr

from service_catalogue import Catalogue, Service
from service_catalogue.calendar import Calendar as CalendarEntry
from service_catalogue.maintenance import WindowEntry
from service_catalogue.service import Quorum
from sla_engine.domain import calendar as domain
from sla_engine.domain.availability import Terms
from sla_engine.domain.interval import Interval, Intervals, clip, union
from sla_engine.domain.objective import Accounting, ratio

_UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})Z", re.IGNORECASE)


def terms(service: Service, at: int) -> Terms:
    """Return what holds for a service at a moment (milliseconds UTC)."""
    accounting = Accounting(service.accounting.maintenance, service.accounting.unknown)
    return Terms(objective(service, at), accounting, service.min_outage or 0)


def objective(service: Service, at: int) -> Fraction | None:
    """Return the objective of a service at a moment (milliseconds UTC), a ratio."""
    percent = service.objective
    for change in sorted(service.history, key=lambda change: change.until, reverse=True):
        if at < milliseconds(change.until, UTC) and change.objective is not None:
            percent = change.objective
    return None if percent is None else ratio(percent)


def agreed_time(
    catalogue: Catalogue, service: Service, period: Interval, first_sample: int | None
) -> Intervals:
    """Return the agreed service time of a period, from the service's first day on (rule 5).

    It begins at ``since`` where the catalogue has one, else with the first sample ever seen; a
    service that was never seen is owed from the period's start, and all of it is unknown.
    """
    zone = catalogue.timezone
    begin = period.start if first_sample is None else first_sample
    if service.since is not None:
        begin = milliseconds(service.since, zone)
    end = period.end if service.until is None else milliseconds(service.until, zone)
    alive = Interval(max(period.start, begin), min(period.end, end))
    if alive.length == 0:
        return ()
    pieces = _calendars(service, alive)
    return union(*(_agreed(catalogue, name, piece) for name, piece in pieces))


def _calendars(service: Service, period: Interval) -> Iterable[tuple[str | None, Interval]]:
    """Yield the stretches of a period with the calendar that held in each."""
    start = period.start
    for change in sorted(service.history, key=lambda change: change.until):
        until = milliseconds(change.until, UTC)
        if change.calendar is not None and start < until:
            yield change.calendar, Interval(start, min(until, period.end))
            start = until
    if start < period.end:
        yield service.calendar, Interval(start, period.end)


def quorums(service: Service, period: Interval) -> Iterable[tuple[Interval, Quorum]]:
    """Yield the stretches of a period with the quorum that held in each."""
    start = period.start
    for change in sorted(service.history, key=lambda change: change.until):
        until = min(milliseconds(change.until, UTC), period.end)
        if change.quorum is not None and start < until:
            yield Interval(start, until), change.quorum
            start = until
    if start < period.end:
        yield Interval(start, period.end), service.quorum


def _agreed(catalogue: Catalogue, name: str | None, period: Interval) -> Intervals:
    if name is None:
        return clip((period,), period)
    return domain.agreed(_calendar(catalogue.calendars[name], catalogue.timezone), period)


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


def occurrences(window: WindowEntry, zone: tzinfo, period: Interval) -> Iterable[Interval]:
    """Yield the occurrences of a window that touch a period.

    Recurrences are wall-clock times in the window's zone (RFC 5545, 3.3.10). An ``end`` is a
    wall-clock time too, a ``duration`` is exact.
    """
    zone = window.timezone or zone
    first = _local(window.start, zone)
    longest = timedelta(milliseconds=window.duration or 0)
    if window.end is not None:
        longest = _local(window.end, zone) - first
    for start in starts(window.rrule, first, longest, zone, period):
        begin, end = _occurrence(window, start, first, zone)
        if begin < period.end and period.start < end:
            yield Interval(begin, end)


def _occurrence(window: WindowEntry, start: datetime, first: datetime, zone: tzinfo) -> Interval:
    """Return one from its local start; the first is exact, even in the hour that comes twice."""
    begin = milliseconds(window.start if start == first else start, zone)
    if window.duration is not None:
        return Interval(begin, begin + window.duration)
    assert window.end is not None  # noqa: S101 - the model has exactly one of the two
    end = window.end if start == first else start + (_local(window.end, zone) - first)
    return Interval(begin, milliseconds(end, zone))


def starts(
    rrule: str | None, first: datetime, longest: timedelta, zone: tzinfo, period: Interval
) -> Iterable[datetime]:
    """Return the local starts of a recurrence whose occurrences may touch a period.

    ``first`` is local, without a zone; no occurrence lasts longer than ``longest``.
    """
    if rrule is None:
        return [first]
    margin = longest + timedelta(days=2)
    after, before = (datetime.fromtimestamp(t / 1000, zone).replace(tzinfo=None) for t in period)
    rule = rrulestr(_until_local(rrule, zone), dtstart=first)
    return rule.between(after - margin, before + timedelta(days=1), inc=True)


def _until_local(rrule: str, zone: tzinfo) -> str:
    """Turn an UNTIL in UTC, as RFC 5545 wants it, into local time, in which rules count."""

    def local(match: re.Match[str]) -> str:
        moment = datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        return f"UNTIL={moment.astimezone(zone):%Y%m%dT%H%M%S}"

    return _UNTIL.sub(local, rrule)


def _local(moment: datetime, zone: tzinfo) -> datetime:
    """Return the wall-clock time of a moment, without a zone."""
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def milliseconds(moment: datetime, zone: tzinfo) -> int:
    """Return milliseconds UTC; a moment without an offset is local time of the zone."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return round(aware.astimezone(UTC).timestamp() * 1000)
