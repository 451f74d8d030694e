"""Timelines of up, down and unknown, and what they make together (rule 2 of the policy)."""

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from sla_engine.domain.interval import Interval, Intervals, union


class State(Enum):
    """What is known of a service at a moment."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class Segment(NamedTuple):
    """``[start, end)`` in one state."""

    start: int
    end: int
    state: State


Timeline = tuple[Segment, ...]
"""Segments that cover a period without holes; neighbours differ in state."""

Judge = Callable[[int, int], bool | None]
"""From how many parts are up and how many are down to whether the whole is up; None: unknown."""


def joined(segments: Iterable[Segment]) -> Timeline:
    """Return the segments, which must follow one another, with equal neighbours made one."""
    result: list[Segment] = []
    for segment in segments:
        if segment.start >= segment.end:
            continue
        if result and result[-1].state is segment.state:
            result[-1] = Segment(result[-1].start, segment.end, segment.state)
        else:
            result.append(segment)
    return tuple(result)


def combine(timelines: Sequence[Timeline], judge: Judge) -> Timeline:
    """Return the state of a whole from its parts, which cover the same period (rule 2).

    Which series exist at all never matters, so that the period asked for does not either.
    """
    if len(timelines) == 1 and (judge(1, 0), judge(0, 1), judge(0, 0)) == (True, False, None):
        return timelines[0]
    return joined(
        Segment(start, end, verdict(states, judge)) for start, end, states in _together(timelines)
    )


def verdict(states: Sequence[State], judge: Judge) -> State:
    """Return the state of a whole whose parts are in these states."""
    up = judge(states.count(State.UP), states.count(State.DOWN))
    return _state(up is True, up is False)


def components(timelines: Sequence[Timeline], need: int | None) -> Timeline:
    """Return the state of a composite of which ``need`` components (None: all) must be up.

    Up where so many are up, down where so many cannot be up whatever the unknown ones are.
    """
    least = len(timelines) if need is None else need
    return joined(
        Segment(
            start,
            end,
            _state(states.count(State.UP) >= least, len(states) - states.count(State.DOWN) < least),
        )
        for start, end, states in _together(timelines)
    )


def _state(is_up: bool, is_down: bool) -> State:
    if is_up:
        return State.UP
    return State.DOWN if is_down else State.UNKNOWN


def _together(timelines: Sequence[Timeline]) -> Iterable[tuple[int, int, list[State]]]:
    """Yield the stretches in which no timeline changes, with the state of each."""
    edges = sorted({s.start for t in timelines for s in t} | {t[-1].end for t in timelines if t})
    at = [0] * len(timelines)
    for start, end in pairwise(edges):
        for i, timeline in enumerate(timelines):
            while timeline[at[i]].end <= start:
                at[i] += 1
        yield start, end, [t[i].state for t, i in zip(timelines, at, strict=True)]


def during(timeline: Timeline, state: State) -> Intervals:
    """Return the moments in which a timeline is in a state."""
    return tuple(Interval(s.start, s.end) for s in timeline if s.state is state)


def cut(timeline: Timeline, period: Interval) -> Timeline:
    """Return the part of a timeline inside a period."""
    if timeline and period.start <= timeline[0].start and timeline[-1].end <= period.end:
        return timeline
    inside = (
        Segment(max(s.start, period.start), min(s.end, period.end), s.state) for s in timeline
    )
    return joined(inside)


def components_planned(timelines: Sequence[Timeline], planned: Sequence[Intervals]) -> Intervals:
    """Return when every failing component of a composite is in maintenance, and one is failing.

    One component's maintenance never hides another's failure.

    Args:
        timelines: of the components, over the same period.
        planned: the approved maintenance of each component, in the same order.
    """
    masked = [
        _mask(timeline, windows) for timeline, windows in zip(timelines, planned, strict=True)
    ]
    stretches = []
    for start, end, states in _together(masked):
        if State.UNKNOWN in states and State.DOWN not in states:
            stretches.append(Interval(start, end))
    return union(stretches)


def _mask(timeline: Timeline, windows: Intervals) -> Timeline:
    """Return a timeline that is DOWN outside windows, UNKNOWN where down inside, UP elsewhere."""
    pieces: list[Segment] = []
    for segment in timeline:
        if segment.state is not State.DOWN:
            pieces.append(segment._replace(state=State.UP))
            continue
        at = segment.start
        for window in windows:
            start, end = max(window.start, segment.start), min(window.end, segment.end)
            if start < end:
                pieces += (Segment(at, start, State.DOWN), Segment(start, end, State.UNKNOWN))
                at = end
        pieces.append(Segment(at, segment.end, State.DOWN))
    return joined(pieces)


def first_known(timeline: Timeline) -> int | None:
    """Return the first moment of which something is known."""
    for segment in timeline:
        if segment.state is not State.UNKNOWN:
            return segment.start
    return None
