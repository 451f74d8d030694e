"""Many series, one service."""

import random

import numpy as np
import pytest

from service_catalogue import Service
from sla_engine.domain.cadence import CadenceTerms
from sla_engine.domain.history import History, preserved, replaced, timeline_of
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.measurement.derive import derive, median_step, paced, unseen
from sla_engine.prometheus import Series
from tests.catalogues import PROBES

PERIOD = Interval(0, 60)
CADENCE = (CadenceTerms(10, 25, fixed=True),)
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def series(values: str, **labels: str) -> Series:
    """Return a sample every 10 ms from 0 on; a blank is a missing one."""
    pairs = [(i * 10, float(v)) for i, v in enumerate(values) if v != " "]
    times = np.array([t for t, _ in pairs], dtype=np.int64)
    return Series(labels, times, np.array([v for _, v in pairs]))


def service(**fields: object) -> Service:
    return Service.model_validate({"id": "x", "name": "X", "probes": PROBES} | fields)


def states(book: Service, *given: Series) -> list[tuple[int, State]]:
    return [(s.start, s.state) for s in derive(book, paced(given, CADENCE), PERIOD, 60)]


def test_replicas_of_one_location_count_as_one() -> None:
    found = states(
        service(quorum={"locations": "all"}),
        series("111111", location="a", replica="0"),
        series("110011", location="a", replica="1"),
        series("111100", location="a", replica="2"),
        series("111111", location="b"),
    )
    assert found == [(0, UP)]


def test_a_replica_s_hole_is_filled_by_the_other() -> None:
    found = states(
        service(),
        series("1    1", location="a", replica="0"),
        series("111001", location="a", replica="1"),
    )
    assert found == [(0, UP), (30, DOWN), (50, UP)]


@pytest.mark.parametrize(
    ("quorum", "expected"),
    [
        ("any", [(0, UP), (40, DOWN), (50, UP)]),
        ("majority", [(0, UP), (20, DOWN), (50, UP)]),
        ("all", [(0, UP), (10, DOWN)]),
        (1, [(0, UP), (40, DOWN), (50, UP)]),
    ],
)
def test_locations_decide_by_quorum(quorum: object, expected: list[tuple[int, State]]) -> None:
    found = states(
        service(quorum={"locations": quorum}),
        series("111101", location="a"),
        series("110001", location="b"),
        series("100000", location="c"),
    )
    assert found == expected


def test_a_quorum_that_was_changed_holds_from_then_on() -> None:
    changed = service(
        quorum={"locations": "all"},
        history=[{"until": "1970-01-01T00:00:00.030Z", "quorum": {"locations": "any"}}],
    )
    found = states(changed, series("111111", location="a"), series("100000", location="b"))
    assert found == [(0, UP), (30, DOWN)]


def later(by: int, one: Series) -> Series:
    return one._replace(times=one.times + by)


@pytest.mark.parametrize(
    ("need", "many", "last", "expected"),
    [
        (1, "11", "00", [(0, UP), (22, UNKNOWN)]),
        (1, "00", "11", [(0, DOWN), (5, UP), (25, UNKNOWN)]),
        ("majority", "11", "00", [(0, UP), (20, UNKNOWN)]),
        ("majority", "00", "11", [(0, DOWN), (20, UNKNOWN)]),
        ("all", "00", "11", [(0, DOWN), (22, UNKNOWN)]),
    ],
)
def test_the_order_in_which_all_fall_silent_decides_nothing(
    need: object, many: str, last: str, expected: list[tuple[int, State]]
) -> None:
    found = states(
        service(quorum={"locations": need}),
        series(many, location="a"),
        later(2, series(many, location="b")),
        later(5, series(last, location="c")),
    )
    assert found == expected


def test_nor_does_what_all_of_them_are_silent_after_until_now() -> None:
    given = (series("11", location="a"), later(5, series("00", location="b")))
    lines = [
        derive(service(quorum={"locations": 1}), paced(given, CADENCE), Interval(0, now), now)
        for now in (36, 39)
    ]
    assert [[(s.start, s.state) for s in line] for line in lines] == [[(0, UP), (20, UNKNOWN)]] * 2


def test_who_is_left_and_still_tells_decides() -> None:
    found = states(
        service(quorum={"locations": 1}),
        series("11", location="a"),
        later(5, series("000", location="b")),
    )
    assert found == [(0, UP), (20, DOWN), (35, UNKNOWN)]


def test_a_quorum_that_was_changed_needs_no_sample() -> None:
    changed = service(
        quorum={"locations": "all"},
        history=[{"until": "1970-01-01T00:00:00.018Z", "quorum": {"locations": "any"}}],
    )
    found = states(changed, series("11", location="a"), series("00", location="b"))
    assert found == [(0, UP), (18, DOWN), (20, UNKNOWN)]


def test_a_quorum_that_is_changed_inside_the_silence_decides_nothing() -> None:
    changed = service(
        quorum={"locations": 1},
        history=[{"until": "1970-01-01T00:00:00.024Z", "quorum": {"locations": 2}}],
    )
    given = (series("11", location="a"), series("11", location="b"), series("00", location="c"))
    late = [later(by, one) for by, one in zip((0, 6, 8), given, strict=True)]
    assert states(changed, *late) == [(0, UNKNOWN), (6, UP), (20, UNKNOWN)]


def test_a_sample_that_holds_through_a_loss_of_all_makes_no_outage_of_it() -> None:
    given = (
        series("111  1", location="a"),
        series("111  1", location="b"),
        Series({"location": "c"}, np.array([15, 26, 51]), np.array([0, 0, 0])),
    )
    assert states(service(), *given) == [(0, UP), (30, UNKNOWN), (50, UP)]


def test_who_is_back_bears_out_nothing_that_was_before() -> None:
    given = (
        series("11  0", location="a"),
        later(8, series("00", location="b")),
    )
    line = derive(service(quorum={"locations": 1}), paced(given, CADENCE), Interval(0, 42), 42)
    assert [(s.start, s.state) for s in line] == [(0, UP), (20, UNKNOWN), (40, DOWN)]


SECOND, TAIL = 1_000, 300_000
PERIOD_OF_TICKS = Interval(0, 229 * SECOND)
TERMS = (CadenceTerms(10 * SECOND, 25 * SECOND, fixed=True),)


def lost(chance: random.Random) -> list[Series]:
    """Return locations that fail at random about a loss of all, of 20 to 60 seconds."""
    loss, length = 120 * SECOND, chance.randrange(18 * SECOND, 35 * SECOND)
    found = []
    for number in range(chance.choice((2, 3, 4))):
        times = np.arange(chance.randrange(10 * SECOND), 300 * SECOND, 10 * SECOND)
        times = times[(times < loss) | (times >= loss + length)]
        near = (times > loss - 30 * SECOND) & (times < loss + length + 30 * SECOND)
        up = [not (close and chance.random() < 0.5) for close in near.tolist()]
        found.append(Series({"location": str(number)}, times, np.array(up, dtype=float)))
    return found


@pytest.mark.parametrize("need", ["any", "majority", "all", 1, 2])
def test_ticks_at_every_second_about_a_loss_give_what_a_backfill_gives(need: object) -> None:
    book = service(quorum={"locations": need})
    for seed in range(8, 13):
        given, history = lost(random.Random(seed)), History()
        for now in range(100 * SECOND, 230 * SECOND, SECOND):
            ends = [int(np.searchsorted(s.times, now)) for s in given]
            seen = [
                Series(s.labels, s.times[:n], s.values[:n])
                for s, n in zip(given, ends, strict=True)
            ]
            part, paces = Interval(0, now), paced(seen, TERMS)
            line = derive(book, paces, part, now)
            line = preserved(history, line, TAIL, unseen=unseen(paces, part, now))
            history = replaced(history, line)
        whole = derive(book, paced(given, TERMS), PERIOD_OF_TICKS, 300 * SECOND)
        assert timeline_of(history, PERIOD_OF_TICKS) == whole, seed


def test_without_a_series_nothing_is_known() -> None:
    assert derive(service(), (), PERIOD, 60) == (Segment(0, 60, UNKNOWN),)


def test_the_rhythm_is_the_median_in_whole_seconds() -> None:
    times = np.array([0, 15_010, 29_990, 45_003, 200_000], dtype=np.int64)
    assert median_step([Series({}, times, np.ones(5))]) == 15_000
    assert median_step([Series({}, times[:1], np.ones(1))]) is None
