from pathlib import Path

import pytest

from service_catalogue import Catalogue
from sla_engine.domain.interval import Interval
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.past import Past, past, write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

OCTOBER = Interval(1_790_812_800_000, 1_793_491_200_000)  # 2026-10-01 to 2026-11-01
STEP = 120_000
KINDS = ("steady", "outages", "flapping", "gaps", "both")


def _load(folder: Path, pasts: dict[str, Past]) -> None:
    folder.mkdir(parents=True)
    series = {f'service_up{{service="{name}"}}': p.samples for name, p in pasts.items()}
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    create_blocks(folder, folder / "past.om", block="500h")


def _pasts(count: int, jitter: int) -> dict[str, Past]:
    return {f"s{i}": past(OCTOBER, STEP, KINDS[i % len(KINDS)], i, jitter) for i in range(count)}


def _check(ledger: Ledger, pasts: dict[str, Past]) -> None:
    histories = ledger.histories(OCTOBER)
    assert sum(len(p.outages) for p in pasts.values()) > 1000
    for name, expected in pasts.items():
        assert histories[name].outages == expected.outages, name
        assert histories[name].gaps == expected.gaps, name
        assert histories[name].covered == (OCTOBER,)


def _catalogue(pasts: dict[str, Past], url: str) -> Catalogue:
    return catalogue(*pasts, url=url, prometheus={"scrape_interval": "120s"})


def test_a_month_of_50_services_is_exact_to_the_sample(tmp_path: Path) -> None:
    pasts = _pasts(50, jitter=0)
    _load(tmp_path / "prometheus", pasts)
    with (
        running_prometheus(tmp_path / "prometheus") as prometheus,
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
    ):
        known = _catalogue(pasts, prometheus.url)
        with Client(known.prometheus) as client:
            assert backfill(Books(known, ledger), client, OCTOBER, OCTOBER.end) == 8
            assert backfill(Books(known, ledger), client, OCTOBER, OCTOBER.end) == 0
        _check(ledger, pasts)
