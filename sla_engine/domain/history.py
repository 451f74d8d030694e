"""What is known of one service over time, and how a newly derived period takes its place."""

from collections.abc import Iterable
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
from sla_engine.domain.timeline import Segment, State, Timeline, cut, during, joined


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


class Unseen(NamedTuple):
    """Time in which samples are missing.

    ``edges``: those of some series beside that of all; ``carried``: in which an expression shows
    what was before, ``partial``: only those series that are back first. ``counters``: those of any
    counter, up to the one that is back.
    """

    holes: Intervals = ()
    edges: Intervals = ()
    carried: Intervals = ()
    partial: Intervals = ()
    counters: Intervals = ()

    def __or__(self, other: "Unseen") -> "Unseen":
        return Unseen(*(union(ours, theirs) for ours, theirs in zip(self, other, strict=True)))


NOTHING_UNSEEN = Unseen()

_LONGEST_LOOK = 86_400_000
_JITTER = 1_000
"""How much earlier than due a sample may have come (ms)."""


def preserved(
    history: History,
    derived: Timeline,
    tail: int,
    released: Intervals = (),
    unseen: Unseen = NOTHING_UNSEEN,
) -> Timeline:
    """Return what was derived, with what the history knows wherever that says unknown.

    See `outlived`, which says where that is. In ``unseen`` time a sample held although later ones
    are missing: where the history knows another state, it had a sample that is lost since. At the
    edges of a loss the series that are left decide, where the lost ones may have tied.
    """
    if unseen == NOTHING_UNSEEN and all(s.state is not State.UNKNOWN for s in derived):
        return derived
    kept = outlived(history, derived, tail, released, unseen.edges)
    if unseen != NOTHING_UNSEEN and not _are_up(history, derived):
        sure = Unseen(*(_borne_out(some, history, tail) for some in unseen))
        known = (State.UP, State.DOWN)
        other = union(
            _otherwise(history, derived, sure.holes, known),
            _otherwise(history, derived, sure.edges, (State.UNKNOWN,), both_ends=True),
            _otherwise(history, derived, sure.carried, (State.UNKNOWN,)),
            _not_yet(history, derived, sure.partial),
        )
        kept = union(kept, subtract(other, released))
    if not kept:
        return derived
    whole = Interval(derived[0].start, derived[-1].end)
    new = [part for i in subtract((whole,), kept) for part in cut(derived, i)]
    old = [part for i in kept for part in timeline_of(history, i)]
    return joined(sorted((*new, *old), key=lambda segment: segment.start))


def outlived(
    history: History,
    derived: Timeline,
    tail: int,
    released: Intervals = (),
    edges: Intervals = (),
) -> Intervals:
    """Return the stretches in which a derivation says unknown and the history knows better.

    Samples that were there once and are not any more (retention, a lost disk) say nothing about
    the past: the ledger outlives them, at any place. Within the last ``tail`` (ms) of what was
    derived the end of a state may have been a guess that no later sample bore out: it is kept only
    if the state changes there, which takes a sample, or if the unknown ends in the ``edges`` of a
    loss, where the series that are back first may tie. What is ``released`` is not kept.
    """
    holes = subtract(during(derived, State.UNKNOWN), released)
    kept = []
    for covered in history.covered if holes else ():
        for hole in clip(holes, covered):
            earliest = max(hole.start - _JITTER, covered.start, derived[0].start)
            before = Interval(earliest, hole.start)
            past = timeline_of(history, Interval(before.start, hole.end))
            changes = [s.start for s in past[1:] if s.state is not State.UNKNOWN]
            proved = any(start >= before.end for start in changes)
            known = any(s.state is not State.UNKNOWN and s.end > hole.start for s in past)
            proved |= any(edge.end < covered.end for edge in _holding(edges, hole))
            if known and (proved or covered.end - hole.start > tail):
                early = [start for start in changes if start < before.end]
                kept.append(Interval(max(early, default=hole.start), hole.end))
    return subtract(union(kept), released)


def _borne_out(unseen: Intervals, history: History, tail: int) -> Intervals:
    """Return the unseen time in which the history is no guess.

    It is none where the history knows what came after it, nor before its last ``tail`` (ms).
    """
    end = max((i.end for i in history.covered), default=0)
    return tuple(
        i if i.end < end else Interval(i.start, max(i.start, min(i.end, end - tail)))
        for i in unseen
        if i.end < end or i.start < end - tail
    )


def _are_up(history: History, derived: Timeline) -> bool:
    """Say whether neither knows of anything but up: the most frequent case by far."""
    others = history.outages or history.gaps
    return not others and {segment.state for segment in derived} <= {State.UP}


def _holding(intervals: Intervals, inside: Interval) -> Intervals:
    """Return those of some intervals that another one lies inside."""
    return tuple(i for i in intervals if i.start <= inside.start and inside.end <= i.end)


def _otherwise(
    history: History,
    derived: Timeline,
    unseen: Intervals,
    states: Iterable[State],
    *,
    both_ends: bool = False,
) -> Intervals:
    """Return where in unseen time the history is in one of some states, and another was derived.

    Only where both are `_alike`. ``both_ends``: what the history does not end as was derived is not
    meant. Of a tie they do, when all series are back; else it is a hole whose samples came late.
    """
    whole = Interval(derived[0].start, derived[-1].end)
    found: list[Interval] = []
    for known in intersect(clip(unseen, whole), history.covered):
        past, now = timeline_of(history, known), cut(derived, known)
        if not _alike(past, now, known, whole):
            continue
        certain = subtract((known,), during(now, State.UNKNOWN))
        if both_ends and known.end < whole.end and past[-1].state is not now[-1].state:
            past = past[:-1]
        for state in states:
            found += subtract(intersect(during(past, state), certain), during(now, state))
    return union(found)


def _alike(past: Timeline, now: Timeline, known: Interval, whole: Interval) -> bool:
    """Say whether history and derivation agree where a loss begins, if it can be seen; or ends.

    Where they do not, it is another quorum or source that makes the difference. Of a loss that
    reaches over both ends of what was derived, or is unknown at both, nobody can tell.
    """
    if known.start > whole.start and now[0].state is not State.UNKNOWN:
        return past[0].state is now[0].state
    end = now[-1].state
    return known.end == whole.end or end in {State.UNKNOWN, past[-1].state}


def _not_yet(history: History, derived: Timeline, partial: Intervals) -> Intervals:
    """Return where after a loss the history knows another state than was derived.

    Only where both end alike, when all series are back: else it is another expression that makes
    the difference. Where that is not looked at, nobody can tell. A tie that goes on stays unknown
    from the first series that is back on.
    """
    whole = Interval(derived[0].start, derived[-1].end)
    found: list[Interval] = []
    ends = {interval.end for interval in partial}
    for known in intersect(clip(partial, whole), history.covered):
        past, now = timeline_of(history, known), cut(derived, known)
        if known.end not in ends or past[-1].state is now[-1].state:
            for state in (State.UP, State.DOWN):
                found += subtract(during(past, state), during(now, state))
        tie = next((s.start for s in now if s.state is State.UNKNOWN), known.start)
        if past[0].state is State.UNKNOWN and past[0].end > tie:
            found.append(Interval(known.start, tie))
    return union(found)


def replaced(history: History, derived: Timeline) -> History:
    """Return a history whose part under ``derived`` is what ``derived`` says.

    Outages and gaps that reach over its edges are joined, so that a period derived in pieces, in
    any order and any number of times, gives what it gives in one. Only what touches or follows
    the period matters: earlier rows may be left out of ``history``.
    """
    if (longer := prolonged(history, derived)) is not None:
        return longer
    start, end = derived[0].start, derived[-1].end
    covered = _extended(history.covered, start, end)
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


def prolonged(history: History, derived: Timeline) -> History | None:
    """Return what `replaced` does where neither knows of anything but up, None where one does.

    So it is of nearly all services at nearly every tick.
    """
    if not _are_up(history, derived):
        return None
    return History((), (), _extended(history.covered, derived[0].start, derived[-1].end))


def _extended(covered: Intervals, start: int, end: int) -> Intervals:
    """Return what is covered when a stretch is derived, too: mostly it follows the only other."""
    if len(covered) == 1 and covered[0].start <= start <= covered[0].end:
        return (Interval(covered[0].start, max(covered[0].end, end)),)
    return union(covered, (Interval(start, end),))


def ended(history: History, moment: int | None) -> History:
    """Return a history whose open outage is closed where nobody watches any more (ms UTC, if ever).

    Only where the history reaches that moment: before, the outage goes on.
    """
    if moment is None or not history.covered or history.covered[-1].end < moment:
        return history
    outages = tuple(
        OutageSpan(one.start, moment) if one.end is None and one.start < moment else one
        for one in history.outages
    )
    return history._replace(outages=outages)


def merged(former: History, own: History) -> History:
    """Return two histories of one service as one; where both know something ``own`` counts."""
    if not own.covered:
        return former
    if not former.covered:
        return own
    whole = Interval(former.covered[0].start, former.covered[-1].end)
    found = own
    for piece in subtract(clip(former.covered, whole), own.covered):
        line = timeline_of(former, piece)
        found = replaced(found, line) if line else found
    return found


def known_beyond(history: History, end: int) -> int:
    """Return how much is known of the time from a moment on (ms)."""
    beyond = Interval(end, max([end, *(i.end for i in history.covered)]))
    return sum(i.length for i in subtract(clip(history.covered, beyond), history.gaps))


def cut_off(history: History, end: int) -> History:
    """Return what a history holds up to a moment.

    Where a gap reaches beyond it, that is cut off from its beginning, if that is not over a day
    ago: who wrote it looked at a time that had not come, and not at the one before.
    """
    gap = next((g for g in history.gaps if g.start < end < g.end), None)
    last = end if gap is None else max(gap.start, end - _LONGEST_LOOK)
    past = Interval(-(2**62), last)
    spans = (o for o in history.outages if o.start < last)
    return History(
        tuple(o if o.end is None or o.end <= last else OutageSpan(o.start, None) for o in spans),
        clip(history.gaps, past),
        clip(history.covered, past),
    )


def _reaching_back(history: History, at: int) -> int:
    """Return where the earliest outage or gap begins that touches or contains a moment."""
    starts = [o.start for o in history.outages if o.end is None or o.end >= at]
    starts += [g.start for g in history.gaps if g.end >= at]
    first = min([at, *starts])
    return first if first == at else _reaching_back(history, first)
