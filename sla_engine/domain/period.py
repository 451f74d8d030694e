"""The stretch of time that a report is about: calendar periods in a zone, half-open.

Boundaries are local midnights, lengths are whatever lies between them in UTC: a day is 23 or 25
hours long when the clocks change.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Literal

from sla_engine.domain.interval import Interval

PeriodKind = Literal["day", "week", "month", "quarter", "year", "span"]

_CALENDAR: tuple[PeriodKind, ...] = ("day", "week", "month", "quarter", "year")
_NAMED: dict[str, tuple[PeriodKind, int]] = {
    "today": ("day", 0),
    "yesterday": ("day", -1),
    **{f"this-{kind}": (kind, 0) for kind in ("week", "month", "quarter", "year")},
    **{f"last-{kind}": (kind, -1) for kind in ("week", "month", "quarter", "year")},
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_YEAR = re.compile(r"(\d{4})")
_DAY_SECONDS, _EPOCH = 86_400, date(1970, 1, 1).toordinal()
_FORMS = "2026-10-03, 2026-W40, 2026-10, 2026-Q4, 2026"


@dataclass(frozen=True, slots=True)
class Period:
    """``[start, end)`` in milliseconds UTC, with the zone whose midnights bound it.

    ``name`` is what ``parse_period`` reads back; a ``span`` is named ``START/END``.
    """

    start: int
    end: int
    zone: tzinfo
    kind: PeriodKind
    name: str

    @property
    def duration(self) -> int:
        """Milliseconds from start to end."""
        return self.end - self.start


def parse_period(text: str, zone: tzinfo, now: int) -> Period:
    """Return the period that a word (``last-month``) or a date names, in local time of ``zone``.

    Raises:
        ValueError: the text names no period.
    """
    if text in _NAMED:
        kind, offset = _NAMED[text]
        return shifted(containing(kind, now, zone), offset)
    try:
        found = _dated(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a period: {error}") from None
    if found is None:
        raise ValueError(f"{text!r} is not a period; write {_FORMS} or {', '.join(_NAMED)}")
    return _period(*found, zone)


def span(start: str, end: str, zone: tzinfo) -> Period:
    """Return the period between two dates or RFC 3339 times; without an offset they are local.

    Raises:
        ValueError: a text is no date or time, or the end is not after the start.
    """
    begin, finish = parse_time(start, zone), parse_time(end, zone)
    if finish == begin:
        raise ValueError(f"the period begins and ends at the same time ({start})")
    if finish < begin:
        raise ValueError(f"the period ends ({end}) before it begins ({start})")
    return _span(begin, finish, zone)


def containing(kind: PeriodKind, at: int, zone: tzinfo) -> Period:
    """Return the day, week (from Monday), month, quarter or year that holds an instant."""
    day = datetime.fromtimestamp(at / 1000, zone).date()
    return _period(kind, _first_day(kind, day), zone)


def shifted(period: Period, count: int) -> Period:
    """Return the period that many of its kind later (earlier when negative)."""
    if period.kind == "span":
        move = count * period.duration
        return _span(period.start + move, period.end + move, period.zone)
    first = datetime.fromtimestamp(period.start / 1000, period.zone).date()
    return _period(period.kind, _moved(period.kind, first, count), period.zone)


def recognized(interval: Interval, zone: tzinfo) -> Period:
    """Return the calendar period that an interval is, or else a span."""
    for kind in _CALENDAR:
        period = containing(kind, interval.start, zone)
        if (period.start, period.end) == tuple(interval):
            return period
    return _span(interval.start, interval.end, zone)


def local_midnight(day: date, zone: tzinfo) -> int:
    """Return the first instant of a local day, in milliseconds UTC.

    Where the clocks skip midnight that is the instant of the change; where midnight comes twice
    it is the first (PEP 495, fold=0).
    """
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def parse_time(text: str, zone: tzinfo) -> int:
    """Return the instant of a date (its local midnight) or an RFC 3339 time, in milliseconds UTC.

    A local time that the clocks skip is no moment, and one that they show twice is two: neither is
    guessed.

    Raises:
        ValueError: the text is neither, or not one moment.
    """
    try:
        if _DAY.fullmatch(text):
            return local_midnight(date.fromisoformat(text), zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a date or a time such as 2026-10-03 or 2026-10-03T08:00:00Z"
        ) from None
    if moment.tzinfo is None:
        moment = _one_moment(text, moment, zone)
    return round(moment.timestamp() * 1000)


def _one_moment(text: str, local: datetime, zone: tzinfo) -> datetime:
    """Return the moment of a local time.

    Raises:
        ValueError: the clocks skip it, or show it twice.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    either = " or ".join(one.isoformat() for one in (first, second))
    if first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        there = " or ".join(
            one.astimezone(UTC).astimezone(zone).isoformat() for one in (second, first)
        )
        raise ValueError(
            f"{text!r} is not one moment: the clocks of {zone} "
            f"are put forward over it; write {there}"
        )
    raise ValueError(
        f"{text!r} is not one moment: the clocks of {zone} show it twice; write {either}"
    )


def rfc3339(at: int) -> str:
    """Return an instant in UTC; the milliseconds are written only when they are not zero."""
    seconds, milliseconds = divmod(at, 1000)
    day, second = divmod(seconds, _DAY_SECONDS)
    text = f"{_date_of(day)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{text}.{milliseconds:03}Z" if milliseconds else f"{text}Z"


@lru_cache(1024)
def _date_of(day: int) -> str:
    """Return the date of a day since the epoch: reports have many moments of few days."""
    return date.fromordinal(_EPOCH + day).isoformat()


def _dated(text: str) -> tuple[PeriodKind, date] | None:
    """Return kind and first day of a dated period, or None when it has no such form."""
    if _DAY.fullmatch(text):
        return "day", date.fromisoformat(text)
    if match := _WEEK.fullmatch(text):
        return "week", date.fromisocalendar(int(match[1]), int(match[2]), 1)
    if match := _MONTH.fullmatch(text):
        return "month", date(int(match[1]), int(match[2]), 1)
    if match := _QUARTER.fullmatch(text):
        return "quarter", date(int(match[1]), 3 * int(match[2]) - 2, 1)
    if match := _YEAR.fullmatch(text):
        return "year", date(int(match[1]), 1, 1)
    return None


@lru_cache(maxsize=1024)  # asked for anew of every service
def _period(kind: PeriodKind, first: date, zone: tzinfo) -> Period:
    start = local_midnight(first, zone)
    end = local_midnight(_moved(kind, first, 1), zone)
    return Period(start, end, zone, kind, _name(kind, first))


def _span(start: int, end: int, zone: tzinfo) -> Period:
    return Period(start, end, zone, "span", f"{rfc3339(start)}/{rfc3339(end)}")


def _first_day(kind: PeriodKind, day: date) -> date:
    match kind:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _moved(kind: PeriodKind, first: date, count: int) -> date:
    if kind in _MONTHS:
        months = first.year * 12 + first.month - 1 + count * _MONTHS[kind]
        return date(months // 12, months % 12 + 1, 1)
    return first + timedelta(days=count * (7 if kind == "week" else 1))


def _name(kind: PeriodKind, first: date) -> str:
    match kind:
        case "week":
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02d}"
        case "month":
            return f"{first:%Y-%m}"
        case "quarter":
            return f"{first:%Y}-Q{(first.month + 2) // 3}"
        case "year":
            return f"{first:%Y}"
    return first.isoformat()
