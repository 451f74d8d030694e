"""Whether a maintenance window can be worked out, judged before it is in force.

What lies outside 1970 to 2200 or never occurs is refused always. Windows that last or recur beyond
the bounds are refused while they are to come; those that are over keep counting as they did.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from itertools import islice

from service_catalogue.recurrence import end_of, moments
from service_catalogue.rule import Rule, parse_rule

EARLIEST, LATEST = datetime(1970, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 - wall-clock times
LONGEST = timedelta(days=366)
MOST_A_YEAR = 1000
_HORIZON_YEARS = 41  # 29 February on a given weekday comes back within 40 years

Flaw = tuple[str, str]  # the field, and what is wrong with it


def flaws(
    first: datetime, length: timedelta, rule: Rule | None, zone: tzinfo, now: datetime | None
) -> Iterator[Flaw]:
    """Yield why a window cannot be worked out, as (``start``, ``length`` or ``rrule``, message).

    Args:
        first: the local time at which it begins, without a zone.
        length: of each occurrence.
        rule: how it recurs, if it does.
        zone: in which its times count.
        now: aware; windows that are over by then are not held to the bounds. None: all are.
    """
    if not EARLIEST <= first < LATEST:
        yield "start", "is not between 1970 and 2200"
        return
    last = first if rule is None else None
    if rule is not None:
        occurrences = moments(rule, first, zone, first, _years_on(first, _HORIZON_YEARS))
        if next(occurrences, None) is None:
            yield "rrule", _never(rule, first, zone)
            return
        if rule.count is not None or rule.until is not None:
            last = end_of(rule, first, zone)
    if now is not None and last is not None and _over(last, length, zone, now):
        return
    if length > LONGEST:
        yield "length", "is longer than a year"
    if rule is not None:
        yield from _too_often(rule, first, zone)


def rule_of(text: str | None) -> Rule | None:
    """Return the rule of a text that was judged already."""
    return None if text is None else parse_rule(text)


def _never(rule: Rule, first: datetime, zone: tzinfo) -> str:
    until = rule.until
    if until is not None and until.tzinfo is not None and until.year < LATEST.year:
        until = until.astimezone(zone)
    if until is not None and until.replace(tzinfo=None) < first:
        return "UNTIL is before the start"
    return "never occurs"


def _too_often(rule: Rule, first: datetime, zone: tzinfo) -> Iterator[Flaw]:
    if rule.freq in ("MINUTELY", "SECONDLY"):
        yield "rrule", f"FREQ={rule.freq} is not taken; HOURLY is the finest"
        return
    if _most_a_year(rule) <= MOST_A_YEAR:
        return
    for year in range(4):
        start, end = _years_on(first, year), _years_on(first, year + 1)
        found = islice(moments(rule, first, zone, start, end), MOST_A_YEAR + 1)
        if sum(1 for _ in found) > MOST_A_YEAR:
            yield "rrule", f"occurs more than {MOST_A_YEAR} times a year"
            return


def _most_a_year(rule: Rule) -> int:
    """Return what a rule cannot exceed between two days 366 days apart, both included."""
    if rule.freq == "HOURLY" and not rule.hours:
        hours = -(-367 * 24 // rule.interval)
    else:
        hours = 367 * max(1, len(rule.hours))
    return hours * max(1, len(rule.minutes)) * max(1, len(rule.seconds))


def _over(last: datetime, length: timedelta, zone: tzinfo, now: datetime) -> bool:
    left = now.astimezone(zone).replace(tzinfo=None) - last
    return length < left


def _years_on(moment: datetime, years: int) -> datetime:
    return moment + timedelta(days=366 * years)
