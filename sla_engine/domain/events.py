"""Services that count events: availability, outages and cost by good and total, not by time."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from sla_engine.domain.interval import Interval, Intervals
from sla_engine.domain.objective import Policy

MINUTE = 60_000
MOST_SHARE = 0.5
"""An outage never needs more than half of all events to fail."""
_PAGED = Fraction(144, 10)
"""The burn rate that pages: 2 % of a budget of 30 days in an hour (The SRE Workbook, chapter 5)."""
_WEEK = 7 * 86_400_000
_MUCH_MORE = 10
_ROUNDING = 1e-9  # a counter holds floats: a share that is met exactly must not fail by theirs


class Minute(NamedTuple):
    """The events of the minute that begins at ``start`` (ms UTC)."""

    start: int
    good: float
    total: float

    @property
    def failed(self) -> float:
        """Return the events that were not good."""
        return self.total - self.good


class Weighed(NamedTuple):
    """Good and total events of a period."""

    good: float
    total: float

    @property
    def ratio(self) -> float | None:
        """Return good over total; None without an event."""
        return self.good / self.total if self.total else None

    @property
    def failed(self) -> float:
        """Return the events that were not good."""
        return self.total - self.good


class Failing(NamedTuple):
    """What makes an outage of events: minutes with this share of failed ones, so many in all."""

    share: float
    least: float


def failing_share(objective: Fraction | None) -> float:
    """Return the share of failed events that makes a minute of outage, unless agreed otherwise."""
    return MOST_SHARE if objective is None else min(MOST_SHARE, float(_PAGED * (1 - objective)))


def failed_runs(
    minutes: Iterable[Minute], failing: Callable[[int], Failing], end: int
) -> list[Interval]:
    """Return the outages of minutes in order of time (rule 12).

    A run of minutes, in each of which the share of failed events is at least that of the moment,
    with enough failed in all. It ends with the next minute whose events are better, or at ``end``
    (ms UTC): a minute without events neither begins nor ends it.
    """
    found: list[Interval] = []
    begun, failed, enough = 0, 0.0, 0.0
    for minute in minutes:
        bar = failing(minute.start)
        if is_failing(minute, bar):
            if not failed:
                begun, enough = minute.start, bar.least
            failed += minute.failed
        elif failed:
            found += _run(begun, minute.start, failed, enough)
            failed = 0.0
    return found + _run(begun, end, failed, enough)


def _run(begun: int, end: int, failed: float, enough: float) -> list[Interval]:
    return [Interval(begun, end)] if failed and failed >= enough * (1 - _ROUNDING) else []


def is_failing(minute: Minute, bar: Failing) -> bool:
    """Say whether so many events of a minute failed that it may be part of an outage."""
    return minute.failed > _ROUNDING * minute.total and (
        minute.failed >= (bar.share - _ROUNDING) * minute.total
    )


class Expected(NamedTuple):
    """The events of a whole window, those to come included: as they came so far, and at most."""

    total: float
    at_most: float


def expected(seen: float, known: int, ahead: int) -> Expected:
    """Return the events to expect of a window that is not over.

    As many come in the agreed time ahead, by its length, as came in what is known. A night or a
    weekend is no week: until a week is known, or half of a shorter window, ten times as many may
    come, and what fails counts for sure only against these.

    Args:
        seen: the events so far.
        known: the agreed time in which they were seen (ms).
        ahead: the agreed time to come (ms).
    """
    if not known or not ahead:
        return Expected(seen, seen)
    more = seen * ahead / known
    enough = known >= min(_WEEK, (known + ahead) / 2)
    return Expected(seen + more, seen + (more if enough else _MUCH_MORE * more))


def weigh(
    minutes: Iterable[Minute], agreed: Intervals, planned: Intervals, policy: Policy
) -> Weighed:
    """Add up the events of the agreed service time.

    Args:
        minutes: in any order, each once.
        agreed: the agreed service time; a minute belongs to it by its last millisecond, so that
            the one in which a service was first seen does.
        planned: the time in which failures were planned; a minute with some counts there as
            ``policy`` says.
        policy: ``exclude`` leaves them out, ``count_up`` takes them for good, ``count_down`` as
            they are.
    """
    good = total = 0.0
    for one in judged(minutes, agreed, planned, policy):
        good += one.good
        total += one.total
    return Weighed(good, total)


def lost_time(minutes: Iterable[Minute], agreed: Intervals, planned: Intervals) -> float:
    """Return what failed events cost in time (ms): of each minute the part that failed.

    Only agreed time costs, and no planned minute does.
    """
    left = judged(minutes, agreed, planned, "exclude")
    return sum(MINUTE * one.failed / one.total for one in left)


def judged(
    minutes: Iterable[Minute], agreed: Intervals, planned: Intervals, policy: Policy
) -> Iterator[Minute]:
    """Yield the minutes that count, with the events that count; see `weigh`."""
    for minute in minutes:
        moment = minute.start + MINUTE - 1
        if not _inside(agreed, moment):
            continue
        if policy == "count_down" or minute.good >= minute.total or not _inside(planned, moment):
            yield minute
        elif policy == "count_up":
            yield minute._replace(good=minute.total)


def _inside(intervals: Intervals, moment: int) -> bool:
    at = bisect_right(intervals, moment, key=lambda interval: interval.start) - 1
    return at >= 0 and moment < intervals[at].end


class Slicing(NamedTuple):
    """How time is sliced (ms), and which share of a slice's events makes it good (OpenSLO).

    Without a target each slice counts by its share: the mean of all is the availability.
    """

    length: int
    target: float | None


class Sliced(NamedTuple):
    """Good slices of all; ``good`` is a sum of shares where there is no target."""

    good: float
    total: int
    slicing: Slicing

    @property
    def ratio(self) -> float | None:
        """Return good over total; None without a slice."""
        return self.good / self.total if self.total else None


class Slice(NamedTuple):
    """A slice with failed events: its last millisecond (UTC), and how good it was, of 1."""

    last: int
    good: float


def slice_count(intervals: Intervals, slicing: Slicing) -> int:
    """Return how many slices belong to these intervals: by their last millisecond."""
    return sum(i.end // slicing.length - i.start // slicing.length for i in intervals)


def bad_slices(minutes: Iterable[Minute], slicing: Slicing, within: Intervals) -> list[Slice]:
    """Return the slices that are not wholly good, in order of time; one without events is good.

    Slices begin at multiples of their length since 1970, so that one of an hour is an hour of UTC.
    """
    sums: dict[int, tuple[float, float]] = {}
    for minute in minutes:
        number = minute.start // slicing.length
        good, total = sums.get(number, (0.0, 0.0))
        sums[number] = good + minute.good, total + minute.total
    found = []
    for number, (good, total) in sorted(sums.items()):
        last = (number + 1) * slicing.length - 1
        worth = _worth(good, total, slicing.target)
        if worth < 1 and _inside(within, last):
            found.append(Slice(last, worth))
    return found


def _worth(good: float, total: float, target: float | None) -> float:
    if target is None:
        return good / total
    return 1.0 if good >= (target - _ROUNDING) * total else 0.0


def planned_slices(slices: Sequence[Slice], planned: Intervals) -> list[Slice]:
    """Return the slices that end in planned time."""
    return [one for one in slices if _inside(planned, one.last)]


_POINTS = 240


def burnt(
    spent: Iterable[tuple[int, float]], allowed: float, period: Interval
) -> tuple[tuple[int, float], ...]:
    """Return what was left of a budget over a period: moments (ms UTC) and parts of 1.

    Args:
        spent: what was lost when, in order of time (ms UTC).
        allowed: how much may be lost, more than nothing.
        period: is divided into 240, each with one point at most.
    """
    step = max(1, period.length // _POINTS)
    points = {period.start: 1.0}
    gone = 0.0
    for moment, lost in spent:
        if lost:
            gone += lost
            at = min(period.end, period.start + -(-(moment - period.start) // step) * step)
            points[at] = 1 - gone / allowed
    return tuple(sorted(points.items()))
