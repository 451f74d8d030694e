"""A period derived in pieces, in any order, any number of times, is what it is in one."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.history import History, replaced, timeline_of
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan, gaps, outages
from sla_engine.domain.timeline import Segment, State, Timeline, cut, joined

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def _timeline(states: list[State]) -> Timeline:
    return joined(Segment(i * 10, i * 10 + 10, state) for i, state in enumerate(states))


def _whole(timeline: Timeline) -> History:
    covered = (Interval(timeline[0].start, timeline[-1].end),)
    return History(outages(timeline), gaps(timeline), covered)


timelines = st.lists(st.sampled_from(State), min_size=1, max_size=30).map(_timeline)


@given(timelines, st.lists(st.integers(0, 300), max_size=6), st.randoms())
def test_pieces_in_any_order_make_the_whole(
    timeline: Timeline, cuts: list[int], chance: random.Random
) -> None:
    end = timeline[-1].end
    edges = sorted({0, end, *(c for c in cuts if c < end)})
    pieces = [Interval(a, b) for a, b in pairwise(edges)]
    pieces += chance.sample(pieces, k=len(pieces) // 2)
    chance.shuffle(pieces)
    history = History()
    for piece in pieces:
        history = replaced(history, cut(timeline, piece))
    assert history == _whole(timeline)


@given(timelines, timelines, st.integers(0, 300))
def test_the_new_takes_the_place_of_the_old_and_of_nothing_else(
    old: Timeline, new: Timeline, shift: int
) -> None:
    moved = tuple(Segment(s.start + shift, s.end + shift, s.state) for s in new)
    history = replaced(_whole(old), moved)
    end = max(old[-1].end, moved[-1].end)
    before = timeline_of(_whole(old), Interval(0, shift))
    after = timeline_of(_whole(old), Interval(moved[-1].end, end))
    assert timeline_of(history, Interval(0, end)) == joined((*before, *moved, *after))


def test_an_outage_that_nobody_saw_end_lasts_through_what_was_never_derived() -> None:
    history = replaced(History(), (Segment(0, 10, UP), Segment(10, 20, DOWN)))
    history = replaced(history, (Segment(100, 110, UP),))
    assert history.outages == (OutageSpan(10, 100),)
    assert history.gaps == ()
    assert history.covered == (Interval(0, 20), Interval(100, 110))


def test_a_late_sample_ends_an_open_outage_earlier() -> None:
    history = replaced(History(), (Segment(0, 10, UP), Segment(10, 50, DOWN)))
    history = replaced(history, (Segment(5, 10, UP), Segment(10, 20, DOWN), Segment(20, 50, UP)))
    assert history.outages == (OutageSpan(10, 20),)


def test_a_gap_that_goes_on_is_one_gap() -> None:
    history = replaced(History(), (Segment(0, 10, UP), Segment(10, 50, UNKNOWN)))
    history = replaced(history, (Segment(50, 80, UNKNOWN),))
    assert history.gaps == (Interval(10, 80),)
