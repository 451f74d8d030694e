"""Samples that were there, were recorded and are lost since; and samples that never came."""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest

from service_catalogue import Service
from sla_engine.domain.cadence import CadenceTerms
from sla_engine.domain.history import History, Unseen, preserved, replaced, timeline_of
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import State, Timeline
from sla_engine.measurement.derive import derive, paced, unseen
from sla_engine.prometheus import Series
from tests.catalogues import PROBES
from tests.measurement.lossy import (
    MAX_GAP,
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
def test_a_loss_of_some_series_changes_nothing_that_was_known(seed: int) -> None:
    """What was a tie may be known without them: so it is where samples of some come late."""
    for number in range(seed, seed + 20):
        chance = random.Random(number)
        one = world(chance, SCRAPE + 1_100)
        line, _ = by_series(one, one.series, PERIOD, PERIOD.end)
        history = before = replaced(History(), line)
        middle = chance.randrange(1, PERIOD.end)
        for piece in (Interval(middle, PERIOD.end), Interval(0, middle)):
            line, missing = by_series(one, one.partly_left, piece, PERIOD.end)
            history = replaced(history, preserved(history, line, TAIL, unseen=missing))
        past = timeline_of(before, Interval(0, PERIOD.end - TAIL))
        for known in (segment for segment in past if segment.state is not State.UNKNOWN):
            assert timeline_of(history, Interval(known.start, known.end)) == (known,), number


@pytest.mark.parametrize("gone", [True, False])
def test_samples_that_come_late_count_though_another_location_is_gone(gone: bool) -> None:
    """Both were lost in a hole; one location's samples come late, the other's never."""
    times = range(0, 60 * SCRAPE, SCRAPE)
    hole = Interval(20 * SCRAPE, 30 * SCRAPE)
    kept = [t for t in times if not hole.start <= t < hole.end]
    other = [t for t in kept if not gone or t < hole.start]
    here, late, there = (
        Series({"location": name}, np.array(some), np.ones(len(some)))
        for name, some in (("a", kept), ("a", list(times)), ("b", other))
    )
    service = Service.model_validate(
        {"id": "x", "name": "X", "probes": PROBES, "quorum": {"locations": "any"}}
    )
    history = History()
    for series in ((here, there), (late, there)):
        given = paced(series, (CadenceTerms(SCRAPE, MAX_GAP, fixed=True),))
        line = derive(service, given, PERIOD, PERIOD.end)
        missing = unseen(given, PERIOD, PERIOD.end)
        history = replaced(history, preserved(history, line, TAIL, unseen=missing))
    assert {one.state for one in timeline_of(history, hole)} == {State.UP}


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
