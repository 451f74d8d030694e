"""A period derived in pieces, in any order, any number of times, is what it is in one."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.history import (
    History,
    cut_off,
    known_beyond,
    preserved,
    replaced,
    timeline_of,
)
from sla_engine.domain.interval import Interval, Intervals, clip, complement, union
from sla_engine.domain.outage import OutageSpan, gaps, outages
from sla_engine.domain.timeline import Segment, State, Timeline, cut, during, joined

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


masks = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 90)), max_size=4)


def _lost(timeline: Timeline, mask: list[tuple[int, int]]) -> Timeline:
    """Return a timeline of which nothing is known in some stretches."""
    whole = Interval(timeline[0].start, timeline[-1].end)
    holes = clip(union(Interval(start, start + length) for start, length in mask), whole)
    unknown = [Segment(*hole, UNKNOWN) for hole in holes]
    rest = [part for i in complement(holes, whole) for part in cut(timeline, i)]
    return joined(sorted((*rest, *unknown), key=lambda segment: segment.start))


def _known(timeline: Timeline) -> Intervals:
    return union(during(timeline, UP), during(timeline, DOWN))


@given(timelines, masks, st.lists(st.integers(0, 300), max_size=4), st.randoms())
def test_no_loss_of_samples_changes_what_was_recorded(
    timeline: Timeline, mask: list[tuple[int, int]], cuts: list[int], chance: random.Random
) -> None:
    end = timeline[-1].end
    edges = sorted({0, end, *(c for c in cuts if c < end)})
    pieces = [Interval(a, b) for a, b in pairwise(edges)]
    chance.shuffle(pieces)
    history = _whole(timeline)
    for piece in pieces:
        derived = cut(_lost(timeline, mask), piece)
        history = replaced(history, preserved(history, derived, 0))
        assert history == _whole(timeline)


@given(timelines, masks, st.integers(0, 120))
def test_a_loss_touches_nothing_but_the_guessed_tail(
    timeline: Timeline, mask: list[tuple[int, int]], tail: int
) -> None:
    before = _whole(timeline)
    derived = _lost(timeline, mask)
    after = replaced(before, preserved(before, derived, tail))
    end = timeline[-1].end
    safe = Interval(0, max(0, end - tail))
    assert timeline_of(after, safe) == timeline_of(before, safe)
    # Not even there does an outage go that a sample began.
    begun = {o.start for o in before.outages if o.start > 0}
    assert begun <= {o.start for o in after.outages}


@given(timelines, st.lists(masks, min_size=1, max_size=4), st.randoms())
def test_what_is_known_in_the_end_is_all_that_was_ever_known_in_any_order(
    timeline: Timeline, lacking: list[list[tuple[int, int]]], chance: random.Random
) -> None:
    derived = [_lost(timeline, mask) for mask in lacking]
    chance.shuffle(derived)
    history = History()
    for line in derived:
        history = replaced(history, preserved(history, line, 0))
    period = Interval(0, timeline[-1].end)
    seen = union(*(_known(line) for line in derived))
    expected = [part for i in seen for part in cut(timeline, i)]
    expected += [Segment(*i, UNKNOWN) for i in complement(seen, period)]
    whole = joined(sorted(expected, key=lambda segment: segment.start))
    assert history == _whole(whole)


@given(timelines, masks, st.tuples(st.integers(0, 300), st.integers(1, 300)))
def test_what_is_released_is_as_derived_and_the_rest_stays(
    timeline: Timeline, mask: list[tuple[int, int]], span: tuple[int, int]
) -> None:
    period = Interval(0, timeline[-1].end)
    released = clip((Interval(span[0], span[0] + span[1]),), period)
    before, derived = _whole(timeline), _lost(timeline, mask)
    after = replaced(before, preserved(before, derived, 0, released))
    for part in released:
        assert timeline_of(after, part) == cut(derived, part)
    for part in complement(released, period):
        assert timeline_of(after, part) == timeline_of(before, part)


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


@pytest.mark.parametrize("open_", [True, False])
def test_looking_at_a_time_that_has_not_come_and_cutting_it_off_leaves_what_was(
    *, open_: bool
) -> None:
    line: Timeline = (Segment(0, 10, UP), Segment(10, 20, DOWN))
    line += () if open_ else (Segment(20, 30, UP),)
    before = replaced(History(), line)
    end = line[-1].end
    ahead = replaced(before, (Segment(end, 10**9, UNKNOWN),))
    assert known_beyond(ahead, end + 5) == 0
    assert cut_off(ahead, end + 5) == before
    assert cut_off(before, end) == before


def test_what_was_known_of_a_time_that_has_not_come_is_cut_off_at_now() -> None:
    line = (Segment(0, 10, UP), Segment(10, 50, DOWN), Segment(50, 70, UP), Segment(70, 90, DOWN))
    history = replaced(History(), (*line, Segment(90, 95, UP)))
    assert known_beyond(history, 20) == 75
    assert cut_off(history, 20) == replaced(History(), (Segment(0, 10, UP), Segment(10, 20, DOWN)))
    assert cut_off(history, 60) == replaced(History(), (*line[:2], Segment(50, 60, UP)))


def test_a_gap_of_days_is_cut_off_a_day_back_at_most() -> None:
    day = 86_400_000
    history = replaced(History(), (Segment(0, 10, UP), Segment(10, 9 * day, UNKNOWN)))
    found = cut_off(history, 5 * day)
    assert found.covered == (Interval(0, 4 * day),)
    assert found.gaps == (Interval(10, 4 * day),)
