"""The days of a service that a report shows as a strip."""

from bisect import bisect_right
from collections.abc import Sequence

from service_catalogue import Service
from sla_engine.accounting.figures import figures_in
from sla_engine.domain.availability import AccountingInput
from sla_engine.domain.interval import (
    Interval,
    Intervals,
    clip,
    complement,
    intersect,
    total,
    union,
)
from sla_engine.domain.period import Period, containing, shifted
from sla_engine.domain.report import Day

STRIP_DAYS = 90


def strip(period: Period, now: int) -> tuple[Interval, ...]:
    """Return the last 90 local days of a period, or up to ``now`` while it is not over."""
    day = containing("day", min(period.end, max(now, period.start + 1)) - 1, period.zone)
    days = [shifted(day, -back) for back in range(STRIP_DAYS - 1, -1, -1)]
    return tuple(Interval(d.start, d.end) for d in days)


class Daily:
    """Days that follow one another, up to ``now`` (ms UTC), ready for many services."""

    def __init__(self, days: Sequence[Interval], now: int) -> None:
        self._now = now
        self._days = days
        self._starts = [day.start for day in days]
        self._span = Interval(days[0].start, min(days[-1].end, now))
        self._unowed = [_quiet(day, 0) for day in days]
        self._owed = [_quiet(day, day.length) for day in days]

    def of(self, service: Service, facts: AccountingInput) -> tuple[Day, ...]:
        """Return the days of a service; only those that something happened on are accounted for."""
        found, edges = list(self._unowed), set()
        for start, end in clip(facts.agreed, self._span):
            first, last = self._at(start), self._at(end - 1)
            found[first:last] = self._owed[first:last]
            edges |= {first, last}
        busy = {
            i
            for start, end in self._busy(facts)
            for i in range(self._at(start), self._at(end - 1) + 1)
        }
        for i in edges - busy:
            owed = clip(
                facts.agreed, Interval(self._days[i].start, min(self._days[i].end, self._now))
            )
            found[i] = _quiet(self._days[i], total(owed))
        for i in busy:
            found[i] = _accounted(service, facts, self._days[i], self._now)
        return tuple(found)

    def _busy(self, facts: AccountingInput) -> Intervals:
        """Return when the service was owed, and was down or nothing was known of it.

        Where events say how available it was, any day may have lost some.
        """
        owed = clip(facts.agreed, self._span)
        if facts.events is not None:
            return owed
        down = (outage.until(self._now) for outage in facts.outages)
        return intersect(owed, union(down, facts.gaps, complement(facts.covered, self._span)))

    def _at(self, moment: int) -> int:
        """Return the place of the day that holds a moment."""
        return bisect_right(self._starts, moment) - 1


def _quiet(day: Interval, owed: int) -> Day:
    return Day(day, owed, 1.0 if owed else None, 0, 0, 0)


def _accounted(service: Service, facts: AccountingInput, day: Interval, now: int) -> Day:
    found = figures_in(service, facts, day, now)
    return Day(day, found.agreed, found.availability, found.planned, found.unplanned, found.unknown)
