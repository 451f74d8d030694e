"""How often samples come is a property of their time."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_engine.domain.cadence import CadenceTerms, cadences, evidence, horizon
from sla_engine.domain.interval import Interval
from sla_engine.domain.samples import from_arrays
from sla_engine.domain.timeline import State, during

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
CHANGE = 10 * HOUR + 30 * MINUTE
END = 21 * HOUR
UNSAID = (CadenceTerms(),)


def regular(*runs: tuple[int, int, int]) -> list[int]:
    """Return the times of some runs of samples: start, end, step."""
    return [t for start, end, step in runs for t in range(start, end, step)]


def unknown(times: Sequence[int], terms: Sequence[CadenceTerms], end: int = END) -> list[Interval]:
    """Return when nothing is known of a series from its first sample on."""
    moments = np.array(times, np.int64)
    shown = evidence(moments, terms)
    steps, gaps = cadences(moments, shown, terms)
    period = Interval(times[0], end)
    up = np.ones(moments.size, np.bool_)
    return [*during(from_arrays(moments, up, period, steps, gaps, seen_until=end), State.UNKNOWN)]


@pytest.mark.parametrize("said", [None, 15 * SECOND, 60 * SECOND])
@pytest.mark.parametrize(("before", "after"), [(60, 15), (15, 60), (15, 300), (300, 30)])
def test_a_change_of_cadence_makes_no_time_unknown(
    before: int, after: int, said: int | None
) -> None:
    times = regular((0, CHANGE, before * SECOND), (CHANGE, END, after * SECOND))
    assert unknown(times, (CadenceTerms(said),)) == []


@pytest.mark.parametrize("said", [None, 15 * SECOND, 60 * SECOND])
@pytest.mark.parametrize("samples", [8, 9, 12, 20])
@pytest.mark.parametrize(("before", "after"), [(120, 40), (60, 15), (15, 60)])
def test_nor_does_one_soon_after_the_first_sample(
    before: int, after: int, samples: int, said: int | None
) -> None:
    change = (samples - 1) * before * SECOND
    times = regular((0, change, before * SECOND), (change, END, after * SECOND))
    assert unknown(times, (CadenceTerms(said),)) == []
    until_now = [t for t in times if t <= change]
    assert unknown(until_now, (CadenceTerms(said),), change + 1) == []


@pytest.mark.parametrize("said", [None, 15 * SECOND, 60 * SECOND])
def test_a_hole_is_one_by_the_cadence_of_its_own_time(said: int | None) -> None:
    times = regular((0, CHANGE, 15 * SECOND), (CHANGE, END, 60 * SECOND))
    short = Interval(CHANGE - 10 * MINUTE, CHANGE - 10 * MINUTE + 100 * SECOND)
    late = Interval(END - 20 * MINUTE, END - 15 * MINUTE)
    kept = [t for t in times if not any(hole.start < t < hole.end for hole in (short, late))]
    assert unknown(kept, (CadenceTerms(said),)) == [
        Interval(short.start + 15 * SECOND, min(t for t in kept if t >= short.end)),
        Interval(late.start + 60 * SECOND, late.end),
    ]


def test_a_cadence_of_the_catalogue_s_history_holds_whatever_the_samples_show() -> None:
    times = regular((0, CHANGE, 60 * SECOND), (CHANGE, END, 15 * SECOND))
    fixed = CadenceTerms(30 * SECOND, 45 * SECOND, fixed=True, until=CHANGE)
    found = unknown(times, (fixed, CadenceTerms(15 * SECOND)))
    assert sum(gap.length for gap in found) == CHANGE // 2
    right = fixed._replace(step=60 * SECOND, max_gap=None)
    assert unknown(times, (right, CadenceTerms(15 * SECOND))) == []


def test_samples_that_are_lost_at_random_are_no_cadence() -> None:
    """Three of four are lost: no run of distances is alike, and the catalogue's step counts."""
    random = np.random.default_rng(3)
    times = [t for t in regular((0, END, 15 * SECOND)) if random.random() < 0.25]
    gaps = unknown(times, (CadenceTerms(15 * SECOND),), times[-1])
    wanted = [Interval(a + 15_000, b) for a, b in pairwise(times) if b - a > 37_500]
    share = sum(gap.length for gap in gaps) / sum(gap.length for gap in wanted)
    assert 0.9 < share <= 1


def test_a_max_gap_that_is_shorter_than_the_steps_of_a_time_is_not_meant_for_it() -> None:
    times = regular((0, CHANGE, 60 * SECOND), (CHANGE, END, 15 * SECOND))
    assert unknown(times, (CadenceTerms(15 * SECOND, 40 * SECOND),)) == []
    assert unknown(times, (CadenceTerms(None, 40 * SECOND),)) == []


def by_the_letter(times: Sequence[int], said: int | None, far: int) -> list[tuple[int, int]]:
    """Follow the rule of docs/accounting.md, one distance at a time."""

    def cadence(some: Sequence[int]) -> int:
        apart = [b - a for a, b in pairwise(some)]
        middle = median(apart)
        if some[-1] - some[0] > far or any(4 * abs(d - middle) > middle for d in apart):
            return 0
        return near_said(max(1_000, round(middle / 1_000) * 1_000))

    def near_said(step: int) -> int:
        return said if said and 4 * abs(step - said) <= said else step

    found = []
    for i, at in enumerate(times):
        runs = [times[j : j + 8] for j in range(len(times) - 7)]
        before = [c for r in runs if r[-1] <= at and at - r[0] <= far and (c := cadence(r))]
        following = times[i + 1] if i + 1 < len(times) else None
        after = [
            c
            for r in runs
            if following is not None
            and r[0] >= following
            and r[-1] - following <= far
            and (c := cadence(r))
        ]
        part_of = [
            c
            for r in runs
            if following is not None and r[0] <= at and following <= r[-1] and (c := cadence(r))
        ]
        steps = [*(before[-1:] or part_of[:1]), *after[:1]]
        some = [t for t in times[max(0, i - 7) : i + 8] if abs(t - at) <= far]
        apart = [b - a for a, b in pairwise(some)] or [15_000]
        near = max(1_000, round(median(apart) / 1_000) * 1_000)
        steps = steps or [said or near]
        found.append((steps[0], max(steps) * 5 // 2))
    return found


moves = st.lists(
    st.tuples(
        st.sampled_from((10, 15, 60, 90, 300, 1000)), st.integers(1, 12), st.integers(0, 400)
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(moves, st.sampled_from((None, 15_000, 60_000)))
def test_arrays_follow_the_rule_to_the_letter(
    given_moves: list[tuple[int, int, int]], said: int | None
) -> None:
    times = [0]
    for step, count, lost in given_moves:
        times += [times[-1] + lost * SECOND + i * step * SECOND for i in range(1, count + 1)]
    moments = np.array(times, np.int64)
    terms = (CadenceTerms(said),)
    found = cadences(moments, evidence(moments, terms), terms)
    steps, gaps = (column.tolist() for column in found)
    assert list(zip(steps, gaps, strict=True)) == by_the_letter(times, said, horizon(terms))


@settings(max_examples=60, deadline=None)
@given(moves, st.integers(0, 100), st.integers(0, 100))
def test_what_is_farther_off_than_the_horizon_changes_nothing(
    given_moves: list[tuple[int, int, int]], first: int, last: int
) -> None:
    times = [0]
    for step, count, lost in given_moves:
        times += [times[-1] + lost * SECOND + i * step * SECOND for i in range(1, count + 1)]
    first, last = sorted((first % len(times), last % len(times)))
    far = horizon(UNSAID)
    near = [t for t in times if times[first] - far <= t <= times[last] + far]
    columns = []
    for some in (times, near):
        moments = np.array(some, np.int64)
        steps, gaps = cadences(moments, evidence(moments, UNSAID), UNSAID)
        judged = zip(steps.tolist(), gaps.tolist(), strict=True)
        columns.append(dict(zip(some, judged, strict=True)))
    inside = times[first:last]  # the distance after the last one reaches beyond
    assert [columns[0][t] for t in inside] == [columns[1][t] for t in inside]
