from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.interval import (
    Interval,
    Intervals,
    clip,
    complement,
    intersect,
    is_normal,
    subtract,
    total,
    union,
)

raw = st.lists(st.builds(Interval, st.integers(0, 60), st.integers(0, 60)), max_size=8)
sets = raw.map(union)


def moments(intervals: Intervals | list[Interval]) -> set[int]:
    return {moment for interval in intervals for moment in range(interval.start, interval.end)}


@given(raw, raw)
def test_union_holds_the_moments_of_both_in_normal_form(
    a: list[Interval], b: list[Interval]
) -> None:
    result = union(a, b)
    assert is_normal(result)
    assert moments(result) == moments(a) | moments(b)


@given(sets, sets)
def test_set_algebra_is_that_of_moments(a: Intervals, b: Intervals) -> None:
    period = Interval(10, 50)
    results = (intersect(a, b), subtract(a, b), complement(a, period))
    assert [moments(result) for result in results] == [
        moments(a) & moments(b),
        moments(a) - moments(b),
        moments([period]) - moments(a),
    ]
    assert all(map(is_normal, results))


@given(sets, sets)
def test_parts_add_up(a: Intervals, b: Intervals) -> None:
    assert total(intersect(a, b)) + total(subtract(a, b)) == total(a)


@given(sets, st.integers(0, 60), st.integers(0, 60))
def test_a_clip_holds_what_lies_inside_and_no_empty_interval(
    a: Intervals, start: int, end: int
) -> None:
    result = clip(a, Interval(start, end))
    assert moments(result) == {moment for moment in moments(a) if start <= moment < end}
    assert is_normal(result)


def test_an_interval_is_as_long_as_its_moments_and_never_shorter_than_nothing() -> None:
    intervals = (Interval(3, 10), Interval(3, 4), Interval(3, 3), Interval(10, 3))
    assert [interval.length for interval in intervals] == [7, 1, 0, 0]


def test_neighbours_that_touch_are_one() -> None:
    assert union([Interval(5, 9)], [Interval(1, 5)]) == (Interval(1, 9),)
    assert union([Interval(6, 9)], [Interval(1, 5)]) == (Interval(1, 5), Interval(6, 9))
    assert not is_normal((Interval(1, 5), Interval(5, 9)))
    assert is_normal((Interval(1, 5), Interval(6, 9)))


def test_a_clip_to_nothing_is_nothing_wherever_it_lies() -> None:
    intervals = (Interval(0, 10), Interval(20, 30))
    for moment in (-1, 0, 5, 10, 15, 20, 25, 30):
        assert clip(intervals, Interval(moment, moment)) == ()
    assert clip(intervals, Interval(10, 20)) == ()
    assert clip(intervals, Interval(9, 21)) == (Interval(9, 10), Interval(20, 21))
