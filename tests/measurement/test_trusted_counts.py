"""A count that is as it should be says nothing where samples come otherwise than is said."""

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import State
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.fetch import timelines
from sla_engine.measurement.ingest import ingest, tick_periods
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.measurement.test_sums import Memory

HOUR, MINUTE, START = 3_600_000, 60_000, 1_790_812_800_000
NOW = START + 10 * HOUR
BACK = START + 8 * HOUR + 30 * MINUTE
HOLE = Interval(START + 6 * HOUR + 30 * MINUTE, BACK)
BOOK = catalogue("s", prometheus={"scrape_interval": "60s"})


def _client(times: NDArray[np.int64]) -> Client:
    return cast(Client, Memory({"s": [(times, np.ones(times.size))]}))


def _said_slower() -> NDArray[np.int64]:
    """Return samples every 30 s, where the catalogue says 60 s."""
    return np.arange(START + 5_000, NOW, MINUTE // 2, dtype=np.int64)


def _doubled() -> NDArray[np.int64]:
    """Return samples every 60 s; after a hole two writers write them, for half an hour."""
    one = np.arange(START + 5_000, NOW, MINUTE, dtype=np.int64)
    twice = one[(one >= BACK) & (one < BACK + 30 * MINUTE)] + MINUTE // 2
    return np.sort(np.append(one, twice))


@pytest.mark.parametrize("times", [_said_slower(), _doubled()], ids=["said slower", "doubled"])
def test_a_hole_into_the_period_is_unknown_where_an_hour_counts_as_full(
    times: NDArray[np.int64],
) -> None:
    times = times[(times < HOLE.start) | (times >= HOLE.end)]
    period = Interval(START + 8 * HOUR + 12 * MINUTE, NOW)  # the hour before has long ended
    line = timelines(BOOK, _client(times), BOOK.services, period, NOW)["s"]
    assert [(s.start, s.end, s.state) for s in line] == [
        (period.start, BACK + 5_000, State.UNKNOWN),
        (BACK + 5_000, NOW, State.UP),
    ]


@pytest.mark.parametrize("faster", [2, 4])
def test_a_gap_is_whole_although_samples_come_more_often_than_is_said(faster: int) -> None:
    times = np.arange(START + 7_000, START + 6 * HOUR, MINUTE // faster, dtype=np.int64)
    times = times[(times < START + 4 * HOUR) | (times >= START + 5 * HOUR)]
    with Ledger.open("sqlite://") as ledger:
        books = Books(BOOK, ledger)
        ingest(books, _client(times), Interval(START + HOUR, START + 3 * HOUR), START + 3 * HOUR)
        for now in range(START + 3 * HOUR, START + 6 * HOUR, MINUTE):
            for period in tick_periods(books, now):
                ingest(books, _client(times[times <= now]), period, now, keep_past=True)
        gaps = ledger.histories(Interval(START, START + 6 * HOUR))["s"].gaps
    last = int(times[times < START + 4 * HOUR][-1])
    assert gaps == (Interval(last + MINUTE // faster, START + 5 * HOUR + 7_000),)
