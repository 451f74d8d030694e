"""Good and total events: counters that restart, series that come and go."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from service_catalogue.counters import Counters
from sla_engine.accounting.figures import account
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.measurement.increases import Grid
from sla_engine.measurement.ingest import ingest
from sla_engine.measurement.request_counters import EventCounters, counted
from sla_engine.prometheus import Client, Series
from tests.catalogues import catalogue
from tests.programs.prometheus import running_prometheus

MINUTE = 60_000
GRID = Grid(0, 4, 10 * MINUTE)
GOOD_OF_ALL = EventCounters(Counters(("total",)), Counters(("good",)), failed=False)


def counter(*values: float, every: int = 30_000) -> Series:
    times = np.arange(len(values), dtype=np.int64) * every
    return Series({}, times, np.array(values, dtype=np.float64))


def minutes_of(good: list[Series], total: list[Series], grid: Grid = GRID) -> tuple[Minute, ...]:
    return counted(GOOD_OF_ALL, {"good": good, "total": total}, grid)


@pytest.mark.parametrize(
    ("good", "total", "expected"),
    [
        ([counter(0, 10, 20, 30, 40)], [counter(0, 10, 20, 30, 40)], [10, 20, 10]),
        ([counter(0, 10, 20, 20, 20)], [counter(0, 10, 20, 30, 40)], [10, 10, 0]),
        # both restart: what they count anew counts
        ([counter(90, 100, 10, 20)], [counter(90, 100, 10, 20)], [10, 20]),
        # one of two instances fails every request
        (
            [counter(0, 10, 20), counter(0, 0, 0)],
            [counter(0, 10, 20), counter(0, 10, 20)],
            [10, 10],
        ),
        # good events that no total shows are none
        ([counter(0, 30, 60)], [counter(0, 10, 20)], [10, 10]),
    ],
    ids=["fine", "failing", "restarted", "instances", "more-good-than-all"],
)
def test_good_events_are_counted_by_the_minute(
    good: list[Series], total: list[Series], expected: list[float]
) -> None:
    assert [m.good for m in minutes_of(good, total)] == expected


def test_minutes_without_an_event_are_left_out() -> None:
    assert minutes_of([counter(5, 5, 5, 5)], [counter(7, 7, 7, 7)]) == ()


def test_failed_events_are_taken_off_all() -> None:
    failed = GOOD_OF_ALL._replace(failed=True)
    read = {"good": [counter(0, 1, 3, 60)], "total": [counter(0, 10, 20, 30)]}
    assert counted(failed, read, GRID) == (Minute(0, 9.0, 10.0), Minute(MINUTE, 0.0, 20.0))


def test_counters_are_added_and_taken_off_and_never_less_than_nothing() -> None:
    slow = Counters(("all",), ("fast",))
    both = EventCounters(Counters(("all", "more")), slow, failed=True)
    read = {
        "all": [counter(0, 10, 20, 30)],
        "more": [counter(0, 1, 2, 3)],
        "fast": [counter(0, 8, 40, 40)],
    }
    assert counted(both, read, GRID) == (Minute(0, 9.0, 11.0), Minute(MINUTE, 22.0, 22.0))


def test_a_minute_over_the_edge_of_a_period_counts_in_the_one_where_it_ends(tmp_path: Path) -> None:
    book = catalogue({"id": "api", "sli": {"good": "g", "total": "t"}})
    line = (Segment(0, 10 * MINUTE, State.UP),)
    minutes = tuple(Minute(i * MINUTE, 1, 1) for i in range(10))
    periods = [Interval(0, 150_500), Interval(150_500, 600_000)]
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.apply([Derived("api", line, 0, 0, minutes)])
        found = [
            account(Books(book, ledger), period, 10 * MINUTE)["api"].events for period in periods
        ]
    assert [one and one.total for one in found] == [2, 8]


START = 1_790_812_800_000
DAY = Interval(START, START + 6 * 3_600_000)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Serve requests, three in ten failing from 02:00 to 02:05, a restart, a hole of 10 min."""
    lines = ["# TYPE requests counter"]
    good = bad = 0
    for second in range(0, 6 * 3600, 15):
        if second == 3 * 3600:
            good = bad = 0
        failing = 2 * 3600 <= second < 2 * 3600 + 300
        good, bad = good + (7 if failing else 10), bad + (3 if failing else 0)
        if not 4 * 3600 <= second < 4 * 3600 + 600:
            time = START // 1000 + second + 3
            lines.append(f'requests_total{{code="200"}} {good} {time}')
            lines.append(f'requests_total{{code="500"}} {bad} {time}')
    lines.sort(key=lambda line: ("TYPE" not in line, line.partition(" ")[0]))
    text = "\n".join([*lines, "# EOF", ""])
    with running_prometheus(tmp_path / "prometheus", openmetrics=text) as prometheus:
        yield prometheus.url


@pytest.mark.integration
def test_events_make_outages_and_holes(url: str, tmp_path: Path) -> None:
    sli = {"good": 'requests_total{code="200"}', "total": "requests_total"}
    book = catalogue({"id": "api", "objective": 99, "sli": sli}, url=url)
    with (
        Client(book.prometheus) as client,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        backfill(Books(book, ledger), client, DAY, DAY.end)
        history = ledger.histories(DAY)["api"]
        minutes = ledger.events(DAY)["api"]
        backfill(Books(book, ledger), client, DAY, DAY.end)
        assert ledger.events(DAY)["api"] == minutes
        accounts = account(Books(book, ledger), DAY, DAY.end)
    two = START + 2 * 3_600_000
    assert history.outages == (OutageSpan(two, two + 5 * MINUTE),)
    hole = START + 4 * 3_600_000
    assert history.gaps == (
        Interval(START, START + 3_000),
        Interval(hole - 12_000 + 15_000, hole + 603_000),
    )
    # Three of ten requests fail at each of 20 samples.
    found = accounts["api"].events
    assert found is not None
    assert (sum(m.good for m in minutes), sum(m.total for m in minutes)) == tuple(found)
    assert found.total - found.good == 20 * 3
    assert accounts["api"].availability == found.good / found.total
    assert accounts["api"].met is True


@pytest.mark.integration
def test_a_minute_is_held_against_the_objective_of_its_time(url: str, tmp_path: Path) -> None:
    """Three in ten fail at two o'clock: too many until 02:02, and few enough from then on."""
    sli = {"good": 'requests_total{code="200"}', "total": "requests_total"}
    change = {"until": "2026-10-01T02:02:00Z", "objective": 99}
    entry = {"id": "api", "objective": 40, "sli": sli, "history": [change]}
    with (
        Client(catalogue(entry, url=url).prometheus) as client,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        backfill(Books(catalogue(entry, url=url), ledger), client, DAY, DAY.end)
        outages = ledger.histories(DAY)["api"].outages
    two = START + 2 * 3_600_000
    assert outages == (OutageSpan(two, two + 2 * MINUTE),)


@pytest.mark.integration
def test_events_of_a_service_that_ended_can_be_derived_again(url: str, tmp_path: Path) -> None:
    sli = {"good": 'requests_total{code="200"}', "total": "requests_total"}
    ended = {"id": "api", "sli": sli, "until": "2026-10-01T01:30:00Z"}
    book = catalogue(ended, url=url)
    with (
        Client(book.prometheus) as client,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        for _ in range(2):
            ingest(Books(book, ledger), client, DAY, DAY.end)
            assert ledger.events(DAY)["api"][-1].start == START + 89 * MINUTE


@pytest.mark.integration
@pytest.mark.parametrize("cut", [10, 4 * 3_600_000 + 601_000])
def test_events_derived_in_pieces_are_those_derived_at_once(
    url: str, tmp_path: Path, cut: int
) -> None:
    """The hole of ten minutes is longer than what a piece reads before it begins."""
    sli = {"good": 'requests_total{code="200"}', "total": "requests_total"}
    book = catalogue({"id": "api", "objective": 99, "max_gap": "15m", "sli": sli}, url=url)
    with (
        Client(book.prometheus) as client,
        Ledger.open(f"sqlite:///{tmp_path}/whole.db") as whole,
        Ledger.open(f"sqlite:///{tmp_path}/pieces.db") as pieces,
    ):
        backfill(Books(book, whole), client, DAY, DAY.end)
        for piece in (Interval(DAY.start + cut, DAY.end), Interval(DAY.start, DAY.start + cut)):
            backfill(Books(book, pieces), client, piece, DAY.end)
        assert pieces.events(DAY) == whole.events(DAY)
        assert pieces.histories(DAY) == whole.histories(DAY)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((-1, 0), [0]),
        ((0, MINUTE - 1), [0]),
        ((0, MINUTE), [MINUTE]),
        ((3 * MINUTE, 4 * MINUTE - 1), [3 * MINUTE]),
        ((3 * MINUTE, 4 * MINUTE), []),
        ((-2, -1), []),
        ((0, 2 * MINUTE), [2 * MINUTE]),
        ((0, 2 * MINUTE + 1), []),
    ],
)
def test_an_increase_belongs_to_the_minute_of_the_sample_that_shows_it(
    times: tuple[int, int], expected: list[int]
) -> None:
    one = Series({}, np.array(times, np.int64), np.array([5.0, 8.0]))
    found = minutes_of([one], [one], Grid(0, 4, 2 * MINUTE))
    assert found == tuple(Minute(start, 3.0, 3.0) for start in expected)
