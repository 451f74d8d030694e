"""When recurring windows take place (RFC 5545)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from dateutil.rrule import rrulestr

from service_catalogue.maintenance import WindowEntry
from sla_engine.domain.clock import milliseconds, wall_clock
from sla_engine.domain.interval import Interval

_UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})Z", re.IGNORECASE)


def occurrences(window: WindowEntry, zone: tzinfo, period: Interval) -> Iterable[Interval]:
    """Yield the occurrences of a window that touch a period.

    Recurrences are wall-clock times in the window's zone (RFC 5545, 3.3.10). An ``end`` is a
    wall-clock time too, a ``duration`` is exact.
    """
    zone = window.timezone or zone
    first = wall_clock(window.start, zone)
    longest = timedelta(milliseconds=window.duration or 0)
    if window.end is not None:
        longest = wall_clock(window.end, zone) - first
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
    end = window.end if start == first else start + (wall_clock(window.end, zone) - first)
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
