from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.interval import Interval, Intervals, union
from sla_engine.domain.samples import overlaid
from sla_engine.domain.timeline import Segment, State, Timeline, cut, joined
from tests.domain.samples import Sample, from_samples

samples = st.lists(st.tuples(st.integers(0, 1000), st.booleans()), unique_by=lambda s: s[0]).map(
    lambda found: [Sample(*s) for s in sorted(found)]
)


def one_by_one(
    samples: Sequence[Sample], period: Interval, step: int, max_gap: int, seen_until: int
) -> Timeline:
    """Follow the rule to the letter."""
    pieces: list[Segment] = []
    at = period.start
    tail = Sample(seen_until, up=False)
    for sample, following in pairwise((*samples, tail)):
        held = following.time
        if following.time - sample.time > max_gap:
            held = min(sample.time + step, following.time)
        if held <= at:
            continue
        if sample.time >= period.end:
            break
        if sample.time > at:
            pieces.append(Segment(at, sample.time, State.UNKNOWN))
        start, at = max(at, sample.time), min(held, period.end)
        pieces.append(Segment(start, at, State.UP if sample.up else State.DOWN))
    if at < period.end:
        pieces.append(Segment(at, period.end, State.UNKNOWN))
    return joined(pieces)


@given(samples, st.integers(0, 500), st.integers(1, 500), st.integers(1, 40), st.integers(0, 60))
def test_arrays_give_what_samples_give(
    given_samples: list[Sample], start: int, length: int, step: int, longer: int
) -> None:
    period = Interval(start, start + length)
    seen_until = max([period.end, *(s.time + 1 for s in given_samples)])
    max_gap = step + longer
    found = from_samples(given_samples, period, step, max_gap, seen_until)
    assert found == one_by_one(given_samples, period, step, max_gap, seen_until)


timelines = st.lists(st.sampled_from(State), min_size=1, max_size=20).map(
    lambda states: joined(Segment(i * 10, i * 10 + 10, state) for i, state in enumerate(states))
)
looks = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50)), max_size=5).map(
    lambda found: union(Interval(a, a + n) for a, n in found)
)


@given(timelines, looks)
def test_what_was_not_looked_at_is_in_the_state_given(base: Timeline, looked: Intervals) -> None:
    end = base[-1].end
    inside = tuple(Interval(i.start, min(i.end, end)) for i in looked if i.start < end)
    found = overlaid(base, inside, State.UP)
    assert joined(found) == found
    assert (found[0].start, found[-1].end) == (0, end)
    for interval in inside:
        assert cut(found, interval) == cut(base, interval)
    for moment in range(0, end, 5):
        if not any(i.start <= moment < i.end for i in inside):
            assert [s.state for s in found if s.start <= moment < s.end] == [State.UP]
