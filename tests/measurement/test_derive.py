"""Many series, one service."""

import numpy as np
import pytest

from service_catalogue import Service
from sla_engine.domain.cadence import CadenceTerms
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.measurement.derive import derive, median_step, paced
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


def test_without_a_series_nothing_is_known() -> None:
    assert derive(service(), (), PERIOD, 60) == (Segment(0, 60, UNKNOWN),)


def test_the_rhythm_is_the_median_in_whole_seconds() -> None:
    times = np.array([0, 15_010, 29_990, 45_003, 200_000], dtype=np.int64)
    assert median_step([Series({}, times, np.ones(5))]) == 15_000
    assert median_step([Series({}, times[:1], np.ones(1))]) is None
