"""The audit's own reading of wall clocks, calendars and recurrences: naive, and slow."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

Span = tuple[int, int]
"""``[start, end)`` in milliseconds UTC."""

_DAY = 86_400_000
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONG_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": _DAY}


def wall(at: int, zone: str) -> datetime:
    """Return what the clocks of a zone show at a moment, without a zone."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).replace(tzinfo=None)


def _shown(at: int, zone: str) -> int:
    """Return the same, counted in milliseconds as if it were UTC."""
    moment = datetime.fromtimestamp(at // 1000, ZoneInfo(zone))
    offset = moment.utcoffset()
    assert offset is not None
    return at + round(offset.total_seconds() * 1000)


def moment(local: datetime, zone: str) -> int:
    """Return when the clocks show a time: the first of two; as much later as they jump over it."""
    shown = round(local.replace(tzinfo=UTC).timestamp() * 1000)
    near = (shown - _DAY, shown + _DAY)
    offsets = [_shown(at, zone) - at for at in near]
    found = [shown - offset for offset in offsets if _shown(shown - offset, zone) == shown]
    return min(found) if found else shown - offsets[0]


def instant(text: str, zone: str) -> int:
    """Return the moment that a text of the catalogue names, local where it has no offset."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        return moment(parsed, zone)
    return round(parsed.timestamp() * 1000)


def duration(text: str | None) -> int | None:
    """Return the milliseconds of a duration with one unit."""
    if text is None:
        return None
    number = text.rstrip("msdh")
    return int(number) * _UNITS[text[len(number) :]]


def days(span: Span, zone: str) -> Iterator[date]:
    """Yield the local dates around a span."""
    day = wall(span[0], zone).date() - timedelta(days=2)
    while day <= wall(span[1], zone).date() + timedelta(days=2):
        yield day
        day += timedelta(days=1)


def calendar_spans(entry: dict[str, Any], zone: str, span: Span) -> Iterator[Span]:
    """Yield when a calendar of the catalogue owes a service, in and around a span."""
    zone = entry.get("timezone", zone)
    for day in days(span, zone):
        for text in _hours(entry, day):
            begin, end = (_at(day, part, zone) for part in text.split("-"))
            if begin < end:
                yield begin, end


def _at(day: date, text: str, zone: str) -> int:
    hours, minutes = map(int, text.split(":"))
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock's
    return moment(midnight + timedelta(hours=hours, minutes=minutes), zone)


def _hours(entry: dict[str, Any], day: date) -> list[str]:
    for extra in entry.get("extra", ()):
        if extra["date"] == day.isoformat():
            return list(extra.get("hours", []))
    if "holidays" in entry:
        country, _, part = entry["holidays"].partition("-")
        if day in _public(country, part, day.year):
            return []
    name = _LONG_WEEKDAYS[day.weekday()]
    found = [item for item in entry["weekly"] if name in item["days"].split(",")]
    return [text for item in found for text in item.get("hours", ["00:00-24:00"])]


@cache
def _public(country: str, part: str, year: int) -> frozenset[date]:
    """Return the public holidays of a year."""
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=year))


def recurrences(rule: str, first: datetime, zone: str, until: int) -> Iterator[datetime]:
    """Yield the wall-clock starts of a rule of RFC 5545, up to a moment."""
    parts = dict(part.split("=") for part in rule.split(";"))
    left = int(parts.get("COUNT", 1_000_000))
    last = until
    if "UNTIL" in parts:
        text = parts["UNTIL"].removesuffix("Z")
        parsed = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        last = min(until, round(parsed.timestamp() * 1000))
    step = timedelta(hours=1) if parts["FREQ"] == "HOURLY" else timedelta(days=1)
    at = first
    while left and moment(at, zone) <= last:
        if _matches(parts, at, first):
            left -= 1
            yield at
        at += step


def _matches(parts: dict[str, str], at: datetime, first: datetime) -> bool:
    every = int(parts.get("INTERVAL", 1))
    named = _WEEKDAYS[at.weekday()]
    match parts["FREQ"]:
        case "HOURLY":
            return round((at - first).total_seconds() / 3600) % every == 0
        case "DAILY":
            return (at - first).days % every == 0
        case "WEEKLY":
            mondays = [d.date() - timedelta(days=d.weekday()) for d in (at, first)]
            weeks = (mondays[0] - mondays[1]).days // 7
            return weeks % every == 0 and named in parts["BYDAY"].split(",")
    if "BYMONTHDAY" in parts:
        return at.day == int(parts["BYMONTHDAY"])
    number, weekday = int(parts["BYDAY"][:-2]), parts["BYDAY"][-2:]
    return weekday == named and (at.day - 1) // 7 + 1 == number
