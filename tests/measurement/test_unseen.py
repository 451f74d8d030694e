"""Samples that were there, were recorded and are lost since; and samples that never came."""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from sla_engine.domain.history import History, Unseen, preserved, replaced, timeline_of
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Timeline
from sla_engine.prometheus import Series
from tests.measurement.lossy import (
    PERIOD,
    SCRAPE,
    STALENESS,
    World,
    by_expression,
    by_series,
    world,
)

Derive = Callable[[World, Sequence[Series], Interval, int], tuple[Timeline, Unseen]]
TAIL = 300_000
TRAIL = 900_000
TICKS = (20_000, 30_000, 30_000, 60_000, 400_000, 900_000)
# An expression goes on for five minutes: a shorter loss is not seen by anybody.
WAYS = pytest.mark.parametrize(
    ("derived", "shortest"), [(by_series, SCRAPE + 1_100), (by_expression, STALENESS + 100_000)]
)


@WAYS
@pytest.mark.parametrize("seed", range(0, 120, 40))
def test_a_loss_changes_nothing_that_was_recorded_in_whatever_pieces_it_is_derived(
    derived: Derive, shortest: int, seed: int
) -> None:
    for number in range(seed, seed + 40):
        chance = random.Random(number)
        one = world(chance, shortest)
        line, _ = derived(one, one.series, PERIOD, PERIOD.end)
        history = before = replaced(History(), line)
        cuts = sorted({chance.randrange(1, PERIOD.end) for _ in range(chance.randrange(4))})
        pieces = [Interval(*edges) for edges in pairwise((0, *cuts, PERIOD.end))]
        chance.shuffle(pieces)
        for piece in pieces:
            line, missing = derived(one, one.left, piece, PERIOD.end)
            history = replaced(history, preserved(history, line, TAIL, unseen=missing))
        settled = Interval(0, PERIOD.end - TAIL)
        assert timeline_of(history, settled) == timeline_of(before, settled), number


@pytest.mark.parametrize("seed", range(0, 60, 20))
def test_a_loss_of_some_series_changes_nothing_that_was_recorded(seed: int) -> None:
    for number in range(seed, seed + 20):
        chance = random.Random(number)
        one = world(chance, SCRAPE + 1_100)
        line, _ = by_series(one, one.series, PERIOD, PERIOD.end)
        history = before = replaced(History(), line)
        middle = chance.randrange(1, PERIOD.end)
        for piece in (Interval(middle, PERIOD.end), Interval(0, middle)):
            line, missing = by_series(one, one.partly_left, piece, PERIOD.end)
            history = replaced(history, preserved(history, line, TAIL, unseen=missing))
        settled = Interval(0, PERIOD.end - TAIL)
        assert timeline_of(history, settled) == timeline_of(before, settled), number


@WAYS
@pytest.mark.parametrize("seed", range(0, 60, 20))
def test_ticks_record_what_is_derived_at_the_end_though_samples_failed_to_come(
    derived: Derive, shortest: int, seed: int
) -> None:
    """What a tick took to hold while the next sample was due is not kept as if it were known."""
    for number in range(seed, seed + 20):
        chance = random.Random(number)
        one = world(chance, shortest)
        history, now, last = History(), 3 * SCRAPE, 3 * SCRAPE
        while now < PERIOD.end:
            part = Interval(max(0, last - TRAIL), now)
            line, missing = derived(one, one.left, part, now)
            history = replaced(history, preserved(history, line, TAIL, unseen=missing))
            last, now = now, now + chance.choice(TICKS)
        line, _ = derived(one, one.left, Interval(0, last), last)
        settled = Interval(3 * SCRAPE, last - TAIL)
        whole = replaced(History(), line)
        assert timeline_of(history, settled) == timeline_of(whole, settled), number
