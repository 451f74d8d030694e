"""Services that count events: their availability is good over total, not time."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from sla_engine.domain.interval import Intervals
from sla_engine.domain.objective import Policy

MINUTE = 60_000


class Minute(NamedTuple):
    """The events of the minute that begins at ``start`` (ms UTC)."""

    start: int
    good: float
    total: float


class Weighed(NamedTuple):
    """Good and total events of a period."""

    good: float
    total: float

    @property
    def ratio(self) -> float | None:
        """Return good over total; None without an event."""
        return self.good / self.total if self.total else None


def weigh(
    minutes: Iterable[Minute], agreed: Intervals, planned: Intervals, policy: Policy
) -> Weighed:
    """Add up the events of the agreed service time.

    Args:
        minutes: in any order, each once.
        agreed: the agreed service time; a minute belongs to it by its last millisecond, so that
            the one in which a service was first seen does.
        planned: the planned downtime, whose events count as ``policy`` says.
        policy: ``exclude`` leaves them out, ``count_up`` takes them for good, ``count_down`` as
            they are.
    """
    good = total = 0.0
    for minute in minutes:
        moment = minute.start + MINUTE - 1
        if not _inside(agreed, moment):
            continue
        in_window = policy != "count_down" and _inside(planned, moment)
        if in_window and policy == "exclude":
            continue
        good += minute.total if in_window else minute.good
        total += minute.total
    return Weighed(good, total)


def _inside(intervals: Intervals, moment: int) -> bool:
    at = bisect_right(intervals, moment, key=lambda interval: interval.start) - 1
    return at >= 0 and moment < intervals[at].end
