"""When a service is owed: weekly hours, holidays, extra dates."""

import re
from typing import Annotated, Any

from holidays import list_supported_countries
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from service_catalogue.base import Date, Frozen, Zone
from uptime_common.shown import shown

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile("([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_MINUTES_A_DAY = 1440


def _hours(value: Any) -> tuple[int, int]:
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{shown(value)} is not hours such as 08:00-18:00")
    h1, m1, h2, m2 = map(int, match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if m1 > 59 or m2 > 59 or end > _MINUTES_A_DAY:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(f"{shown(value)} names a time that does not exist")
    if start >= end:
        raise ValueError(f"{shown(value)} ends before it begins; split hours that cross midnight")
    return start, end


def _days(value: Any) -> tuple[int, ...]:
    """Return the weekdays (Monday is 0) of ``mon``, ``mon-fri`` or ``sat,sun``."""
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a weekday or a range such as mon-fri")  # noqa: TRY004 - pydantic reads ValueError
    days: list[int] = []
    for part in value.lower().replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise ValueError(f"{shown(value)} is not of {', '.join(WEEKDAYS)}, such as mon-fri")
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        days += [(begin + i) % 7 for i in range((end - begin) % 7 + 1)]
    return tuple(sorted(set(days)))


def _written_hours(hours: tuple[int, int]) -> str:
    start, end = hours
    return f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"


def _written_days(days: tuple[int, ...]) -> str:
    return ",".join(WEEKDAYS[day] for day in days)


Days = Annotated[
    tuple[int, ...],
    BeforeValidator(_days),
    PlainSerializer(_written_days, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["mon-fri", "sat,sun"]}),
]
Hours = Annotated[
    tuple[int, int],
    BeforeValidator(_hours),
    PlainSerializer(_written_hours, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _HOURS.pattern, "examples": ["08:00-18:00"]}),
]


class WeeklyHours(Frozen):
    """Hours that hold on some weekdays."""

    days: Days
    """Weekdays that these hours hold on: ``mon``, ``mon-fri`` or ``sat,sun``."""
    hours: Annotated[tuple[Hours, ...], Field(json_schema_extra={"default": ["00:00-24:00"]})] = (
        (0, _MINUTES_A_DAY),
    )
    """Hours of such a day; split those that cross midnight. The whole day without them."""


def _place(value: Any) -> str:
    country, _, subdivision = str(value if isinstance(value, str) else "").partition("-")
    countries = list_supported_countries()
    if country not in countries:
        raise ValueError(
            f"{shown(value)} is not a country such as DE, nor a subdivision such as DE-BY"
        )
    if subdivision and subdivision not in countries[country]:
        valid = ", ".join(countries[country]) or "none"
        raise ValueError(f"{country} has no subdivision {shown(subdivision)}; valid: {valid}")
    return str(value)


Place = Annotated[
    str,
    BeforeValidator(_place),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{2}(-.+)?$", "examples": ["DE", "DE-BY"]}),
]


class ExtraDate(Frozen):
    """A date with hours of its own; without hours the service is not owed on it."""

    date: Date
    """The date."""
    hours: tuple[Hours, ...] = ()
    """Its hours; without them nothing is owed on it."""
    reason: str = ""
    """Why, for who reads the file."""


class Calendar(Frozen):
    """Agreed service time: weekly hours, less holidays, changed by extra dates."""

    weekly: tuple[WeeklyHours, ...]
    """The hours of a usual week."""
    holidays: Place | None = None
    """Country, or country-subdivision, on whose public holidays nothing is owed."""
    extra: tuple[ExtraDate, ...] = ()
    """Dates with hours of their own."""
    timezone: Zone | None = None
    """Of its hours; the organisation's without it."""
