"""Half-open intervals ``[start, end)`` of integer milliseconds UTC, and sets of them."""

from collections.abc import Iterable
from heapq import merge
from itertools import pairwise
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
    for interval in merge(*(sorted(items) for items in sets)):
        if interval.length == 0:
            continue
        if result and interval.start <= result[-1].end:
            if interval.end > result[-1].end:
                result[-1] = Interval(result[-1].start, interval.end)
        else:
            result.append(Interval(*interval))
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
    return intersect(left, complement(right, Interval(left[0].start, left[-1].end)))


def complement(intervals: Intervals, period: Interval) -> Intervals:
    """Return the moments of the period that are not in the set."""
    edges = [period.start]
    for interval in intervals:
        edges += (interval.start, interval.end)
    edges.append(period.end)
    holes = (Interval(edges[i], edges[i + 1]) for i in range(0, len(edges), 2))
    return clip((hole for hole in holes if hole.length), period)


def clip(intervals: Iterable[Interval], period: Interval) -> Intervals:
    """Return what of sorted, disjoint intervals lies inside the period."""
    cut = (Interval(max(i.start, period.start), min(i.end, period.end)) for i in intervals)
    return tuple(interval for interval in cut if interval.length)


def total(intervals: Iterable[Interval]) -> int:
    """Return the milliseconds of disjoint intervals."""
    return sum(interval.length for interval in intervals)


def is_normal(intervals: Intervals) -> bool:
    """Say whether intervals are sorted, not empty, and neither overlap nor touch."""
    full = all(interval.length for interval in intervals)
    return full and all(a.end < b.start for a, b in pairwise(intervals))
