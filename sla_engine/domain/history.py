"""What is known of one service over time, and how a newly derived period takes its place."""

from typing import NamedTuple

from sla_engine.domain.interval import (
    Interval,
    Intervals,
    clip,
    complement,
    intersect,
    subtract,
    union,
)
from sla_engine.domain.outage import OutageSpan, gaps, outages
from sla_engine.domain.timeline import Segment, State, Timeline, joined


class History(NamedTuple):
    """Outages in order, ``gaps`` in which nothing is known, ``covered``: what was derived.

    Time outside ``covered`` is as unknown as a gap, but nobody looked yet.
    """

    outages: tuple[OutageSpan, ...] = ()
    gaps: Intervals = ()
    covered: Intervals = ()


def timeline_of(history: History, period: Interval) -> Timeline:
    """Return the states of a period that a history stands for."""
    if period.length == 0:
        return ()
    known = subtract(clip(history.covered, period), history.gaps)
    down = union(Interval(o.start, period.end if o.end is None else o.end) for o in history.outages)
    states = [
        *(Segment(*i, State.DOWN) for i in intersect(known, down)),
        *(Segment(*i, State.UP) for i in subtract(known, down)),
        *(Segment(*i, State.UNKNOWN) for i in complement(known, period)),
    ]
    return joined(sorted(states, key=lambda segment: segment.start))


def preserved(history: History, derived: Timeline, tail: int) -> Timeline:
    """Return what was derived, with what the history knows of the time before its first sample.

    Samples that were there once and are not any more (retention, a lost disk) say nothing about
    the past: the ledger outlives them. They were there where the history's state changes to one
    that is known, and where it is known longer than ``tail`` (ms) before it ends. Without such
    proof the end of the history was a guess that no later sample bore out, and is not kept.
    """
    first = derived[0]
    if first.state is not State.UNKNOWN or not history.covered:
        return derived
    end = min(first.end, history.covered[-1].end)
    kept = timeline_of(history, Interval(first.start, end))
    known = [segment.start for segment in kept if segment.state is not State.UNKNOWN]
    if not known or (known[-1] == first.start and history.covered[-1].end - first.start <= tail):
        return derived
    return joined((*kept, Segment(end, first.end, State.UNKNOWN), *derived[1:]))


def replaced(history: History, derived: Timeline) -> History:
    """Return a history whose part under ``derived`` is what ``derived`` says.

    Outages and gaps that reach over its edges are joined, so that a period derived in pieces, in
    any order and any number of times, gives what it gives in one. Only what touches or follows
    the period matters: earlier rows may be left out of ``history``.
    """
    start, end = derived[0].start, derived[-1].end
    covered = union(history.covered, (Interval(start, end),))
    if not (history.outages or history.gaps) and all(s.state is State.UP for s in derived):
        return History((), (), covered)  # the most frequent case by far
    first = _reaching_back(history, start)
    last = max(end, covered[-1].end)
    whole = joined(
        (
            *timeline_of(history, Interval(first, start)),
            *derived,
            *timeline_of(history, Interval(end, last)),
        )
    )
    before = tuple(o for o in history.outages if o.end is not None and o.end <= first)
    earlier = tuple(g for g in history.gaps if g.end <= first)
    return History(
        (*(o for o in before if o.start < first), *outages(whole)),
        union(earlier, intersect(gaps(whole), covered)),
        covered,
    )


def _reaching_back(history: History, at: int) -> int:
    """Return where the earliest outage or gap begins that touches or contains a moment."""
    starts = [o.start for o in history.outages if o.end is None or o.end >= at]
    starts += [g.start for g in history.gaps if g.end >= at]
    first = min([at, *starts])
    return first if first == at else _reaching_back(history, first)
