"""Counters that are born, that go on under other labels, and that two Prometheus scrape."""

import random

import numpy as np
import pytest

from sla_engine.measurement.increases import Grid, Scrapes, Views, births, by_minute
from sla_engine.prometheus import Series

S = 1_000
MINUTE = 60 * S
GRID = Grid(0, 5, 10 * MINUTE, ("replica",), MINUTE)
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


def test_failures_that_a_single_scrape_saw_before_the_target_began_anew_count() -> None:
    """The target was restarted right after: its failures were seen once, and never again."""
    before = series(0, 900, 910, 920, 930, 940, code="200")
    after, seen_once = series(75, 5, 15, code="200"), series(60, 60, code="500")
    good = Series(
        before.labels, *(np.append(a, b) for a, b in zip(before[1:], after[1:], strict=True))
    )
    assert gained(good, seen_once) == [30, 10 + 60 + 15, 0, 0, 0]


def test_failures_that_are_born_at_two_targets_and_again_under_another_code_all_count() -> None:
    ups = UP, Series({"job": "api", "instance": "b:1"}, UP.times, UP.values)
    other = {"instance": "b:1"}
    born = (
        series(60, 60, 60, 60, code="500"),
        series(60, 50, 50, 50, code="500")._replace(labels=TARGET | other | {"code": "500"}),
        series(75, 5, 6, code="503")._replace(labels=TARGET | other | {"code": "503"}),
    )
    assert gained(*born, known=scrapes(*ups)) == [0, 60 + 50 + 5 + 1, 0, 0, 0]


def test_failures_that_show_when_a_target_answers_again_are_of_that_time() -> None:
    down = Series(TARGET, UP.times, np.where((UP.times >= 0) & (UP.times < 150 * S), 0.0, 1.0))
    seen = scrapes(down, seen=(-15, 150))
    assert gained(series(150, 60, 60, code="500"), known=seen) == [0, 0, 60, 0, 0]


def test_labels_that_only_a_series_has_do_not_hide_the_scrapes_of_its_target() -> None:
    assert gained(series(60, 60, 61, code="500", team="x", path="/")) == [0, 61, 0, 0, 0]


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


def seen_by(replica: str, first: int, chance: random.Random) -> Series:
    """Return what one of two Prometheus saw of a counter that gains 1 a second, and 500 at 0:50.

    It does so in each of four minutes.
    """
    times = np.array([(first + at) * S + chance.randrange(40) for at in range(-120, 300, 15)])
    values = times // S + 500 * np.clip((times + 10 * S) // MINUTE, 0, 4)
    values = values + 1_000
    if replica == "2":  # it was away for a while
        there = (times < 70 * S) | (times > 150 * S)
        times, values = times[there], values[there]
    return Series(TARGET | {"replica": replica}, times, values.astype(np.float64))


@pytest.mark.parametrize("seed", range(6))
def test_whichever_prometheus_a_minute_takes_what_two_saw_counts_once(seed: int) -> None:
    """Scrapes come a little late, now at the one and now at the other, around the 50th second."""
    chance = random.Random(seed)
    pair = seen_by("1", 0, chance), seen_by("2", 7, chance)
    found = by_minute(pair, GRID).tolist()
    assert sum(found) == pytest.approx(4 * 500 + 300, abs=15)
    pieces = [by_minute(pair, GRID._replace(start=at * MINUTE, minutes=1)) for at in range(5)]
    assert [float(one[0]) for one in pieces] == found


@pytest.mark.parametrize("late", [4, 10])
@pytest.mark.parametrize("interval", [15, 60])
def test_failures_that_are_born_in_one_minute_here_and_in_the_next_there_count_once(
    interval: int, late: int
) -> None:
    """What failed is counted beside all events of the same scrapes, whoever saw it first."""
    pair = []
    for replica, first, every in (("1", 0, interval), ("2", late + 3, 15)):
        times = np.arange(first - 600, 300, every, dtype=np.int64) * S
        fine = np.maximum(times // S, 0) * 10.0 + 7_000
        failed = np.where(times >= 50 * S, 60.0 + times // MINUTE, 0.0)
        there = times >= 50 * S
        own = TARGET | {"replica": replica}
        pair.append(Series(own | {"code": "200"}, times, fine))
        pair.append(Series(own | {"code": "500"}, times[there], failed[there]))
    ups = [Series(TARGET | {"replica": r}, one.times, one.values * 0 + 1) for r, one in
           (("1", pair[0]), ("2", pair[2]))]  # fmt: skip
    known = scrapes(*ups, seen=tuple(range(-600, 300, 15)))
    views = Views(pair, GRID)
    failed_ones = by_minute([pair[1], pair[3]], GRID, known, views)
    every_one = by_minute(pair, GRID, known, views)
    assert failed_ones.sum() == 64
    assert (every_one - failed_ones >= 0).all()
    assert every_one.sum() - 64 == pytest.approx(10 * 300, abs=300)
    for at in range(5):
        grid = GRID._replace(start=at * MINUTE, minutes=1)
        assert by_minute([pair[1], pair[3]], grid, known, Views(pair, grid))[0] == failed_ones[at]


def test_series_that_are_not_the_same_counter_are_not_held_against_each_other() -> None:
    """An application's own label ``replica``: only one counts, but no difference of the two."""
    one = series(0, *[9e6 + at for at in range(20)], replica="1")
    other = series(7, *[float(at) for at in range(20)], replica="2")
    holed = Series(other.labels, np.delete(other.times, [5, 6]), np.delete(other.values, [5, 6]))
    assert sum(gained(one, holed)) < 25
