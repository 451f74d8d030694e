"""When recurring windows take place (RFC 5545)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo

from service_catalogue.maintenance import WindowEntry
from service_catalogue.recurrence import moments
from service_catalogue.rule import RuleError, parse_rule
from service_catalogue.window_check import local
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.interval import Interval

MOST = 100_000
"""How many occurrences of one window are worked out at a time."""


def occurrences(window: WindowEntry, zone: tzinfo, period: Interval) -> Iterable[Interval]:
    """Yield the occurrences of a window that touch a period.

    Recurrences are wall-clock times in the window's zone (RFC 5545, 3.3.10). An ``end`` is a
    wall-clock time too, a ``duration`` is exact.
    """
    zone = window.timezone or zone
    first = local(window.start, zone)
    longest = timedelta(milliseconds=window.duration or 0)
    if window.end is not None:
        longest = local(window.end, zone) - first
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
    length = local(window.end, zone) - first
    end = milliseconds(window.end if start == first else start + length, zone)
    if end <= begin:  # the clocks go forward inside it
        end = begin + length // timedelta(milliseconds=1)
    return Interval(begin, end)


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
    found = moments(parse_rule(rrule), first, zone, after - margin, before + timedelta(days=1))
    return _bounded(found, rrule)


def _bounded(found: Iterable[datetime], rrule: str) -> Iterator[datetime]:
    for number, moment in enumerate(found):
        if number >= MOST:
            raise RuleError(f"{rrule} occurs more than {MOST} times in the period")
        yield moment
