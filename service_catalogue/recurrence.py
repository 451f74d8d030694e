"""Recurrence rules unrolled, only where somebody looks.

The work is bounded by the days that are asked for, not by how long ago a rule began, and a rule
that never matches ends. Times are wall-clock times without a zone. What python-dateutil takes means
the same here, but for a date in UNTIL, which includes that day.
"""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import islice, product

from service_catalogue.rule import FREQUENCIES, Numbers, Rule

_LAST = datetime(2201, 1, 1)  # noqa: DTZ001 - wall-clock times
_UNITS = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}


def moments(
    rule: Rule, first: datetime, zone: tzinfo, after: datetime, before: datetime
) -> Iterator[datetime]:
    """Yield the occurrences from ``after`` to ``before``, both included, of a rule from ``first``.

    All of them are wall-clock times in ``zone``; after the year 2200 there are none.
    """
    until = end_of(rule, first, zone)
    yield from _between(_complete(rule, first), first, max(after, first), min(before, until))


def end_of(rule: Rule, first: datetime, zone: tzinfo) -> datetime:
    """Return the last moment at which a rule may occur."""
    if rule.count is not None:
        return _last_of(rule, first)
    if rule.until is None or rule.until.year >= _LAST.year:
        return _LAST
    return rule.until.astimezone(zone).replace(tzinfo=None) if rule.until.tzinfo else rule.until


@lru_cache(1024)
def _last_of(rule: Rule, first: datetime) -> datetime:
    found = first
    for found in islice(_between(_complete(rule, first), first, first, _LAST), rule.count):  # noqa: B007
        pass
    return found


def _complete(rule: Rule, first: datetime) -> Rule:
    """Fill in what a rule leaves to its first moment."""
    fine = FREQUENCIES.index(rule.freq)
    if not (rule.weeks or rule.year_days or rule.month_days or rule.days):
        if rule.freq == "YEARLY":
            rule = replace(rule, months=rule.months or (first.month,), month_days=(first.day,))
        elif rule.freq == "MONTHLY":
            rule = replace(rule, month_days=(first.day,))
        elif rule.freq == "WEEKLY":
            rule = replace(rule, days=((0, first.weekday()),))
    daily = fine <= FREQUENCIES.index("DAILY")
    hourly, minutely = rule.freq == "HOURLY", rule.freq == "MINUTELY"
    return replace(
        rule,
        hours=rule.hours or ((first.hour,) if daily else tuple(range(24))),
        minutes=rule.minutes or ((first.minute,) if daily or hourly else tuple(range(60))),
        seconds=rule.seconds
        or ((first.second,) if daily or hourly or minutely else tuple(range(60))),
    )


def _between(rule: Rule, first: datetime, after: datetime, before: datetime) -> Iterator[datetime]:
    for start, end in _stretches(rule, first, after.date(), before.date()):
        days = [day for day in _dates(start, end) if _fits(rule, day)]
        for moment in _placed(rule, first, days):
            if after <= moment <= before:
                yield moment


def _stretches(
    rule: Rule, first: datetime, after: date, before: date
) -> Iterator[tuple[date, date]]:
    """Yield the years, months, weeks or days of a rule's interval between two dates, in order.

    Both ends are included. They are cut to the dates unless BYSETPOS counts what is in them.
    """
    start = _floor(rule, after)
    origin = _floor(rule, first.date())
    while start <= before:
        end = _ceiling(rule, start)
        if _phase(rule, origin, start) == 0:
            if rule.positions and rule.freq == "WEEKLY":  # dateutil's first week begins with first
                yield max(start, first.date()), end
            else:
                yield (start, end) if rule.positions else (max(start, after), min(end, before))
        start = end + timedelta(days=1)


def _floor(rule: Rule, day: date) -> date:
    if rule.freq == "YEARLY":
        return day.replace(month=1, day=1)
    if rule.freq == "MONTHLY":
        return day.replace(day=1)
    if rule.freq == "WEEKLY":
        return day - timedelta(days=(day.weekday() - rule.week_start) % 7)
    return day


def _ceiling(rule: Rule, start: date) -> date:
    if rule.freq == "YEARLY":
        return start.replace(month=12, day=31)
    if rule.freq == "MONTHLY":
        return start.replace(day=calendar.monthrange(start.year, start.month)[1])
    return start + timedelta(days=6 if rule.freq == "WEEKLY" else 0)


def _phase(rule: Rule, origin: date, start: date) -> int:
    """Return how many units lie between a stretch and the one that the interval hits; 0: hit."""
    if rule.freq == "YEARLY":
        units = start.year - origin.year
    elif rule.freq == "MONTHLY":
        units = (start.year - origin.year) * 12 + start.month - origin.month
    elif rule.freq == "WEEKLY":
        units = (start - origin).days // 7
    elif rule.freq == "DAILY":
        units = (start - origin).days
    else:
        return 0  # judged by the moment
    return units % rule.interval


def _dates(start: date, end: date) -> Iterator[date]:
    return (start + timedelta(days=n) for n in range((end - start).days + 1))


def _fits(rule: Rule, day: date) -> bool:
    length = calendar.monthrange(day.year, day.month)[1]
    year_day, year_length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
    return (
        (not rule.months or day.month in rule.months)
        and _counted(rule.month_days, day.day, length)
        and _counted(rule.year_days, year_day, year_length)
        and (not rule.days or any(_is(rule, day, n, weekday) for n, weekday in rule.days))
        and (not rule.weeks or _counted(rule.weeks, *_week(day, rule.week_start)))
    )


def _counted(wanted: Numbers, number: int, length: int) -> bool:
    """Say whether a number is wanted, from the front or from the end."""
    return not wanted or number in wanted or number - length - 1 in wanted


def _is(rule: Rule, day: date, n: int, weekday: int) -> bool:
    """Say whether a day is the n-th such weekday of its month or year (0: any)."""
    if day.weekday() != weekday:
        return False
    if n == 0 or rule.freq not in ("YEARLY", "MONTHLY"):
        return True
    if rule.freq == "YEARLY" and not rule.months:
        number, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
    else:
        number, length = day.day, calendar.monthrange(day.year, day.month)[1]
    return n == ((number - 1) // 7 + 1 if n > 0 else -((length - number) // 7 + 1))


def _week(day: date, week_start: int) -> tuple[int, int]:
    """Return the number of a day's week, and how many weeks its year has."""
    middle = day + timedelta(days=3 - (day.weekday() - week_start) % 7)
    return (middle.timetuple().tm_yday - 1) // 7 + 1, _weeks(middle.year, week_start)


def _weeks(year: int, week_start: int) -> int:
    last = date(year, 12, 31)
    middle = last + timedelta(days=3 - (last.weekday() - week_start) % 7)
    if middle.year > year:
        middle -= timedelta(days=7)
    return (middle.timetuple().tm_yday - 1) // 7 + 1


def _placed(rule: Rule, first: datetime, days: Iterable[date]) -> Iterator[datetime]:
    """Yield the moments of a stretch's days, those that BYSETPOS names where it is given."""
    if rule.freq in _UNITS:
        for day in days:
            yield from _within(rule, first, day)
        return
    times = [time(*clock) for clock in product(rule.hours, rule.minutes, rule.seconds)]
    found = (datetime.combine(day, clock) for day in days for clock in times)
    yield from _picked(list(found), rule.positions) if rule.positions else found


def _picked(found: list[datetime], positions: Numbers) -> list[datetime]:
    places = {p - 1 if p > 0 else len(found) + p for p in positions}
    return [found[place] for place in sorted(places) if 0 <= place < len(found)]


def _within(rule: Rule, first: datetime, day: date) -> Iterator[datetime]:
    """Yield the moments of a day of a rule by hours, minutes or seconds."""
    unit = _UNITS[rule.freq]
    midnight = datetime.combine(day, time())
    origin = first.replace(minute=0 if unit >= 3600 else first.minute,  # noqa: PLR2004 - an hour
                           second=0 if unit >= 60 else first.second)  # fmt: skip  # noqa: PLR2004
    behind = round((midnight - origin).total_seconds()) // unit
    for number in range(-behind % rule.interval, 86_400 // unit, rule.interval):
        moment = midnight + timedelta(seconds=number * unit)
        if moment.hour in rule.hours and (unit == 3600 or moment.minute in rule.minutes):  # noqa: PLR2004
            yield from _inside(rule, moment)


def _inside(rule: Rule, start: datetime) -> Iterator[datetime]:
    """Yield the moments of one hour, minute or second."""
    if rule.freq == "SECONDLY":
        found = [start] if start.second in rule.seconds else []
    elif rule.freq == "MINUTELY":
        found = [start.replace(second=s) for s in rule.seconds]
    else:
        clocks = product(rule.minutes, rule.seconds)
        found = [start.replace(minute=m, second=s) for m, s in clocks]
    yield from _picked(found, rule.positions) if rule.positions else found
