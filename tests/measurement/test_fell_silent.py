"""A cadence that nobody set is measured where the samples are, however long ago they ended."""

from pathlib import Path

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.past import write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

HOUR = 3_600_000
STEP = 60_000  # four times the interval that is taken where nothing can be measured
START = 1_790_812_800_000  # 2026-10-01, a full hour
PERIOD = Interval(START, START + 8 * HOUR)
SILENT = {"for-half-an-hour": HOUR // 2, "for-hours": 5 * HOUR}


def test_two_samples_with_a_loss_between_are_no_rhythm(tmp_path: Path) -> None:
    """In the last three minutes there are two samples, twice as far apart as the others."""
    step, times = 15_000, range(START, PERIOD.end - 170_000, 15_000)
    samples = [(t, 1) for t in (*times, PERIOD.end - 170_000, PERIOD.end - 140_000)]
    with (tmp_path / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, {'service_up{service="x"}': samples})
    create_blocks(tmp_path, tmp_path / "past.om")
    with (
        running_prometheus(tmp_path) as prometheus,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        book = catalogue("x", url=prometheus.url, prometheus={"scrape_interval": None})
        with Client(book.prometheus) as client:
            backfill(Books(book, ledger), client, PERIOD, PERIOD.end + HOUR)
        gaps = ledger.histories(PERIOD)["x"].gaps
    assert gaps == (Interval(PERIOD.end - 140_000 + step, PERIOD.end),)


def test_what_is_silent_at_the_end_was_known_before(tmp_path: Path) -> None:
    series = {
        f'service_up{{service="{name}"}}': [(t, 1) for t in range(START, PERIOD.end - long, STEP)]
        for name, long in SILENT.items()
    }
    with (tmp_path / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    create_blocks(tmp_path, tmp_path / "past.om")
    with (
        running_prometheus(tmp_path) as prometheus,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        known = catalogue(*SILENT, url=prometheus.url, prometheus={"scrape_interval": None})
        with Client(known.prometheus) as client:
            backfill(Books(known, ledger), client, PERIOD, PERIOD.end + HOUR)
        gaps = {name: list(found.gaps) for name, found in ledger.histories(PERIOD).items()}
    assert gaps == {n: [Interval(PERIOD.end - long, PERIOD.end)] for n, long in SILENT.items()}
