"""Agreed service time: weekly hours, holidays and extra dates in a zone (rule 5).

Hours are wall-clock times of local dates, their lengths are what lies between them in UTC: a day of
00:00-24:00 is 23 or 25 hours long when the clocks change. A time that occurs twice means the first,
one that is skipped means as much later as the clocks jump.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sla_engine.domain.interval import Interval, Intervals, clip, union

Hours = tuple[tuple[int, int], ...]
"""Pairs of minutes since local midnight, ``0 <= begin < end <= 1440``."""

_MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a service is owed.

    ``weekly`` holds the hours of Monday to Sunday; on ``holidays`` there are none; ``extra`` gives
    a date hours of its own, even none, and outdoes both.
    """

    zone: tzinfo
    weekly: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
    holidays: Collection[date] = frozenset()
    extra: Mapping[date, Hours] = field(default_factory=dict)

    def hours(self, day: date) -> Hours:
        """Return the hours of a date."""
        if day in self.extra:
            return self.extra[day]
        return () if day in self.holidays else self.weekly[day.weekday()]


def agreed(calendar: Calendar, period: Interval) -> Intervals:
    """Return the agreed service time inside a period (milliseconds UTC)."""
    if period.length == 0:
        return ()
    hours = (
        Interval(instant(day, begin, calendar.zone), instant(day, end, calendar.zone))
        for day in local_dates(period, calendar.zone)
        for begin, end in calendar.hours(day)
    )
    return clip(union(hours), period)


def local_dates(period: Interval, zone: tzinfo) -> Iterator[date]:
    """Yield every local date that a period touches."""
    day = datetime.fromtimestamp(period.start / 1000, zone).date()
    last = datetime.fromtimestamp((period.end - 1) / 1000, zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)


def instant(day: date, minutes: int, zone: tzinfo) -> int:
    """Return the milliseconds UTC of a local wall-clock time, given as minutes since midnight."""
    if minutes == _MINUTES_A_DAY:
        day, minutes = day + timedelta(days=1), 0
    local = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
    return round(local.astimezone(UTC).timestamp() * 1000)
