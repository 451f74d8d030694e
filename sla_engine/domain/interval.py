"""Half-open intervals ``[start, end)`` of integer milliseconds UTC, and sets of them."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import chain, pairwise
from typing import NamedTuple


class Interval(NamedTuple):
    """``[start, end)`` in milliseconds UTC; empty where ``end <= start``."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Return the milliseconds inside, never negative."""
        return max(0, self.end - self.start)


Intervals = tuple[Interval, ...]
"""A set of moments: intervals sorted, not empty, neither overlapping nor touching."""


def union(*sets: Iterable[Interval]) -> Intervals:
    """Return the moments of any set; the arguments need be neither sorted nor disjoint."""
    result: list[Interval] = []
    last = None
    for start, end in sorted(chain.from_iterable(sets)):
        if start >= end:
            continue
        if last is None or start > last:
            result.append(Interval(start, end))
            last = end
        elif end > last:
            result[-1] = Interval(result[-1].start, end)
            last = end
    return tuple(result)


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """Return the moments of both sets."""
    result: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start = max(left[i].start, right[j].start)
        end = min(left[i].end, right[j].end)
        if start < end:
            result.append(Interval(start, end))
        if left[i].end < right[j].end:
            i += 1
        else:
            j += 1
    return tuple(result)


def subtract(left: Intervals, right: Intervals) -> Intervals:
    """Return the moments of ``left`` that are not in ``right``."""
    if not left or not right:
        return left
    whole = Interval(left[0].start, left[-1].end)
    inside = clip(right, whole)
    if not inside:
        return left
    return () if inside[0] == whole else intersect(left, complement(inside, whole))


def complement(intervals: Intervals, period: Interval) -> Intervals:
    """Return the moments of the period that are not in the set."""
    edges = [period.start]
    for interval in intervals:
        edges += (interval.start, interval.end)
    edges.append(period.end)
    holes = (Interval(edges[i], edges[i + 1]) for i in range(0, len(edges), 2))
    return clip(tuple(hole for hole in holes if hole.length), period)


def clip(intervals: Intervals, period: Interval) -> Intervals:
    """Return what of the intervals lies inside the period."""
    start, end = period
    if start >= end:
        return ()
    if len(intervals) == 1:  # the most frequent by far
        [(begin, until)] = intervals
        if start <= begin and until <= end:
            return intervals
        begin, until = max(begin, start), min(until, end)
        return (Interval(begin, until),) if begin < until else ()
    # A tuple of one sorts before the intervals that begin there.
    first, last = bisect_left(intervals, (start,)), bisect_left(intervals, (end,))
    if first and intervals[first - 1].end > start:
        first -= 1
    found = intervals[first:last]
    if found and found[0].start < start:
        found = (Interval(start, found[0].end), *found[1:])
    if found and found[-1].end > end:
        found = (*found[:-1], Interval(found[-1].start, end))
    return found


def total(intervals: Iterable[Interval]) -> int:
    """Return the milliseconds of disjoint intervals, none of them empty."""
    return sum([end - start for start, end in intervals])


def is_normal(intervals: Intervals) -> bool:
    """Say whether intervals are sorted, not empty, and neither overlap nor touch."""
    full = all(interval.length for interval in intervals)
    return full and all(a.end < b.start for a, b in pairwise(intervals))
