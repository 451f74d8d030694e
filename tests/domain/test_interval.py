from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.interval import (
    Interval,
    Intervals,
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
