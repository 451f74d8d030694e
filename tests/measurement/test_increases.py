"""Counters that are born, that go on under other labels, and that two Prometheus scrape."""

import numpy as np
import pytest

from sla_engine.measurement.increases import Grid, Scrapes, births, by_minute
from sla_engine.prometheus import Series

S = 1_000
MINUTE = 60 * S
GRID = Grid(0, 5, 10 * MINUTE, ("replica",))
TARGET = {"job": "api", "instance": "a:1"}


def series(first: int, *values: float, every: int = 15, **labels: str) -> Series:
    """Return a series from a second on."""
    times = (first + np.arange(len(values), dtype=np.int64) * every) * S
    return Series(TARGET | labels, times, np.array(values, dtype=np.float64))


def scrapes(*ups: Series, seen: tuple[int, ...] = (0, 15, 30)) -> Scrapes:
    return Scrapes(ups, np.array(seen, np.int64) * S)


UP = series(-60, *[1.0] * 20)


def gained(*found: Series, known: Scrapes | None = None) -> list[float]:
    return [float(one) for one in by_minute(found, GRID, known or scrapes(UP))]


def test_a_series_that_is_born_while_its_target_is_scraped_begins_at_zero() -> None:
    assert gained(series(60, 60, 61, code="500")) == [0, 61, 0, 0, 0]


def test_the_first_scrape_of_a_target_says_nothing_of_when() -> None:
    late = series(60, *[1.0] * 10)
    assert gained(series(60, 60, 61), known=scrapes(late)) == [0, 1, 0, 0, 0]


def test_a_target_that_could_not_be_scraped_is_not_watched() -> None:
    down = series(-600, *[0.0] * 44, *[1.0] * 4)
    assert gained(series(60, 60, 61), known=scrapes(down)) == [0, 1, 0, 0, 0]


def test_without_up_nothing_is_taken_for_born() -> None:
    assert by_minute([series(60, 60, 61)], GRID, None).tolist() == [0, 1, 0, 0, 0]


def test_another_target_of_the_same_address_is_no_witness() -> None:
    elsewhere = Series({**UP.labels, "cluster": "b"}, UP.times, UP.values)
    assert gained(series(60, 60, 61, cluster="a"), known=scrapes(elsewhere)) == [0, 1, 0, 0, 0]


def test_a_metric_that_nobody_saw_before_brings_no_years_of_events() -> None:
    new = scrapes(UP, seen=(58, 60, 62, 75))
    assert gained(series(60, 9_000_000, 9_000_001), known=new) == [0, 1, 0, 0, 0]


def test_counters_that_go_on_under_other_labels_are_not_counted_twice() -> None:
    before, after = series(0, 900, 910, 920, code="200"), series(45, 930, 940, code="200", zone="b")
    assert gained(before, after) == [20 + 10, 10, 0, 0, 0]


def test_after_a_restart_of_the_target_what_begins_counts_from_zero() -> None:
    before, after = series(0, 900, 910, 920, code="200"), series(45, 60, 70, code="500")
    assert gained(before, after) == [20 + 60, 10, 0, 0, 0]


def test_a_series_that_was_gone_for_longer_than_anybody_can_say_is_born_again() -> None:
    gone = Series(TARGET, np.array([-700 * S, 30 * S]), np.array([5.0, 7.0]))
    assert [one.time for one in births([gone], GRID)] == [30 * S]
    assert gained(gone)[0] == 7


@pytest.mark.parametrize("known", [None, scrapes(UP)])
def test_a_counter_that_two_prometheus_scrape_counts_once(known: Scrapes | None) -> None:
    steady = [float(v) for v in range(0, 200, 10)]
    one, other = series(0, *steady, replica="1"), series(7, *steady, replica="2")
    found = by_minute([one, other], GRID, known)
    assert found.tolist() == by_minute([one], GRID, known).tolist()


def test_while_one_of_two_prometheus_is_away_the_other_counts() -> None:
    steady = np.arange(0, 200, 10, dtype=np.float64)
    whole = series(7, *steady, replica="2")
    there = np.array([t < 60 * S or t >= 180 * S for t in series(0, *steady).times])
    holed = Series({**TARGET, "replica": "1"}, series(0, *steady).times[there], steady[there])
    found = by_minute([holed, whole], GRID).tolist()
    alone = by_minute([whole], GRID).tolist()
    assert found[1:4] == alone[1:4]
    assert sum(found) == pytest.approx(sum(alone), abs=10)


def test_other_labels_are_other_counters() -> None:
    assert by_minute([series(0, 0, 5, pod="1"), series(0, 0, 5, pod="2")], GRID)[0] == 10
