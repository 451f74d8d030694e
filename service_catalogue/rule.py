"""RFC 5545 recurrence rules, read strictly."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from uptime_common.shown import shown

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_TAKEN = FREQUENCIES[: FREQUENCIES.index("HOURLY") + 1]
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_RANGES = {
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYSETPOS": (1, 366, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 59, False),
}
_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_RANGES)
_BYDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,6}")

Numbers = tuple[int, ...]


class RuleError(ValueError):
    """A text is not a recurrence rule that can be worked out."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence; ``days`` are pairs of n (0: every) and weekday (Monday is 0)."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_start: int = 0
    days: tuple[tuple[int, int], ...] = ()
    months: Numbers = ()
    month_days: Numbers = ()
    year_days: Numbers = ()
    weeks: Numbers = ()
    positions: Numbers = ()
    hours: Numbers = ()
    minutes: Numbers = ()
    seconds: Numbers = ()


@lru_cache(1024)
def parse_rule(text: str) -> Rule:
    """Read a rule such as ``FREQ=WEEKLY;BYDAY=SU``; an UNTIL in UTC stays aware.

    Raises:
        RuleError: with the part that is wrong.
    """
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in _PARTS:
            raise RuleError(f"{shown(name)} is not one of {', '.join(_PARTS)}")
        if name in parts:
            raise RuleError(f"{name} is written twice")
        parts[name] = value
    if parts.get("FREQ") not in FREQUENCIES:
        raise RuleError(f"FREQ must be one of {', '.join(_TAKEN)}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleError("COUNT and UNTIL exclude each other")
    if parts.get("WKST", "MO") not in _DAYS:
        raise RuleError(f"WKST must be one of {', '.join(_DAYS)}")
    return Rule(
        parts["FREQ"],
        _counting("INTERVAL", parts.get("INTERVAL", "1")),
        _counting("COUNT", parts["COUNT"]) if "COUNT" in parts else None,
        _until(parts["UNTIL"]) if "UNTIL" in parts else None,
        _DAYS.index(parts.get("WKST", "MO")),
        tuple(_weekdays(parts["BYDAY"])) if "BYDAY" in parts else (),
        *(_numbers(name, parts[name]) if name in parts else () for name in _RANGES),
    )


def _counting(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) < 1:
        raise RuleError(f"{name} must be a number from 1 on, not {shown(text)}")
    return int(text)


def _until(text: str) -> datetime:
    match = _UNTIL.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)  # noqa: TRY301 - told as the others are
        moment = datetime.strptime(match[1] + (match[2] or "235959"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        message = f"UNTIL must be a time such as 20261231T235959Z, not {shown(text)}"
        raise RuleError(message) from None
    return moment.replace(tzinfo=UTC) if match[3] else moment


def _weekdays(text: str) -> Iterator[tuple[int, int]]:
    for word in text.split(","):
        match = _BYDAY.fullmatch(word.strip())
        if match is None or (match[1] and not 1 <= abs(int(match[1])) <= 53):  # noqa: PLR2004 - weeks
            raise RuleError(f"BYDAY must be days such as MO or -1FR, not {shown(word)}")
        yield int(match[1] or 0), _DAYS.index(match[2])


def _numbers(name: str, text: str) -> Numbers:
    least, most, signed = _RANGES[name]
    numbers = []
    for word in text.split(","):
        number = int(word) if _NUMBER.fullmatch(word.strip()) else None
        if number is None or not least <= (abs(number) if signed else number) <= most:
            sign = " or negative" if signed else ""
            raise RuleError(f"{name} must be {least} to {most}{sign}, not {shown(word)}")
        numbers.append(number)
    return tuple(sorted(set(numbers)))
