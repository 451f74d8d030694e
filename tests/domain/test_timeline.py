from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_catalogue.quorum import Need, quorum
from sla_engine.domain.interval import Interval, Intervals, total, union
from sla_engine.domain.timeline import (
    Judge,
    Segment,
    State,
    Timeline,
    combine,
    components,
    components_planned,
    cut,
    during,
    joined,
    verdict,
)
from tests.domain.samples import Sample, from_samples

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
STEP, GAP = 10, 25
NEEDS: tuple[Need, ...] = ("any", "majority", "all", 1, 2)


def timeline(*samples: tuple[int, bool], end: int = 100, seen: int | None = None) -> Timeline:
    series = [Sample(*sample) for sample in samples]
    return from_samples(series, Interval(0, end), STEP, GAP, end if seen is None else seen)


def test_a_sample_holds_until_the_next() -> None:
    assert timeline((0, True), (10, False), (21, True), (30, True), end=40) == (
        Segment(0, 10, UP),
        Segment(10, 21, DOWN),
        Segment(21, 40, UP),
    )


def test_after_a_gap_the_state_is_unknown_from_one_step_on() -> None:
    assert timeline((0, True), (26, True), (36, True), end=40) == (
        Segment(0, 10, UP),
        Segment(10, 26, UNKNOWN),
        Segment(26, 40, UP),
    )


def test_a_distance_of_exactly_max_gap_is_no_gap() -> None:
    assert timeline((0, False), (25, True), end=40) == (Segment(0, 25, DOWN), Segment(25, 40, UP))


def test_no_sample_at_all_is_unknown() -> None:
    assert timeline() == (Segment(0, 100, UNKNOWN),)


def test_the_last_sample_holds_only_while_the_next_may_still_come() -> None:
    assert timeline((0, True), end=25) == (Segment(0, 25, UP),)
    assert timeline((0, True), end=26) == (Segment(0, 10, UP), Segment(10, 26, UNKNOWN))


def test_a_gap_that_begins_before_the_end_and_is_seen_after_it_is_a_gap() -> None:
    assert timeline((0, True), end=20, seen=60) == (Segment(0, 10, UP), Segment(10, 20, UNKNOWN))


def test_samples_before_the_period_reach_into_it() -> None:
    assert timeline((-5, False), (5, True), end=20) == (Segment(0, 5, DOWN), Segment(5, 20, UP))
    assert timeline((-50, False), (5, True), end=20) == (Segment(0, 5, UNKNOWN), Segment(5, 20, UP))


series = st.lists(
    st.builds(Sample, st.integers(-60, 260), st.booleans()), max_size=40, unique_by=lambda s: s.time
).map(sorted)


@given(series)
def test_up_down_and_unknown_make_the_period(samples: list[Sample]) -> None:
    period = Interval(0, 200)
    result = from_samples(samples, period, STEP, GAP, 300)
    assert sum(total(during(result, state)) for state in State) == period.length
    assert all(a.end == b.start and a.state is not b.state for a, b in pairwise(result))
    assert (result[0].start, result[-1].end) == period


@given(series, st.integers(1, 199))
def test_splitting_a_period_never_changes_it(samples: list[Sample], at: int) -> None:
    whole = from_samples(samples, Interval(0, 200), STEP, GAP, 300)
    parts = [from_samples(samples, Interval(a, b), STEP, GAP, 300) for a, b in ((0, at), (at, 200))]
    assert joined(parts[0] + parts[1]) == whole
    assert cut(whole, Interval(0, at)) == parts[0]


@pytest.mark.parametrize(("says", "expected"), [(True, UP), (False, DOWN), (None, UNKNOWN)])
def test_the_whole_is_judged_by_how_many_parts_are_up_and_down(
    says: bool | None, expected: State
) -> None:
    asked = []

    def judge(up: int, down: int) -> bool | None:
        asked.append((up, down))
        return says

    assert verdict((UP, DOWN, UNKNOWN, DOWN), judge) is expected
    assert asked == [(1, 2)]


lines = series.map(lambda s: from_samples(s, Interval(0, 200), STEP, GAP, 300))
needs = st.sampled_from([partial(quorum, need) for need in NEEDS])


@given(st.lists(lines, min_size=1, max_size=4), needs)
def test_combining_judges_every_moment_alike(timelines: list[Timeline], judge: Judge) -> None:
    def at(timeline: Timeline, moment: int) -> State:
        return next(s.state for s in timeline if s.start <= moment < s.end)

    result = combine(timelines, judge)
    for moment in range(200):
        assert at(result, moment) is verdict([at(t, moment) for t in timelines], judge)


@given(st.lists(lines, min_size=1, max_size=3), needs)
def test_a_series_without_samples_changes_nothing(timelines: list[Timeline], judge: Judge) -> None:
    silent = from_samples([], Interval(0, 200), STEP, GAP, 300)
    assert combine([*timelines, silent], judge) == combine(timelines, judge)


def test_a_composite_is_unknown_only_where_an_unknown_component_decides() -> None:
    up, down, gap = ((Segment(0, 10, state),) for state in (State.UP, State.DOWN, State.UNKNOWN))
    results = [
        components(parts, need)[0].state
        for parts, need in (
            ([up, gap], 1), ([down, gap], 1), ([down, down], 1), ([up, gap], None),
            ([down, gap], None), ([up, up, down], 2), ([up, gap, down], 2),
        )
    ]  # fmt: skip
    assert results == [UP, UNKNOWN, DOWN, UNKNOWN, DOWN, UP, UNKNOWN]


@given(lines)
def test_one_series_is_its_own_majority(line: Timeline) -> None:
    assert combine([line], partial(quorum, "majority")) == line


def test_maintenance_of_one_component_does_not_hide_the_failure_of_another() -> None:
    first = timeline((0, True), (10, False), (20, False), (30, False), (40, True), end=60)
    second = timeline((0, True), (20, False), (30, True), (50, True), end=60)
    window: Intervals = union([Interval(5, 35)])
    assert components_planned([first, second], [window, ()]) == (Interval(10, 20), Interval(30, 35))
    assert components_planned([first, second], [window, window]) == (Interval(10, 35),)
