"""Every way in which samples were seen to mislead others, in one real Prometheus."""

from collections.abc import Iterator

import pytest

from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.past import gaps_of, outages_of, write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus
from tests.traps.samples import CASES, HOUR, PERIOD, START, STEP

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module", params=[None, "15s"], ids=["measured", "set"])
def histories(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, History]]:
    folder = tmp_path_factory.mktemp("traps")
    series = {f'service_up{{service="{name}"}}': samples for name, samples in CASES.items()}
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, series)
    create_blocks(folder, folder / "past.om")
    with (
        running_prometheus(folder) as prometheus,
        Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger,
    ):
        known = catalogue(*CASES, url=prometheus.url, prometheus={"scrape_interval": request.param})
        with Client(known.prometheus) as client:
            backfill(Books(known, ledger), client, PERIOD, PERIOD.end + HOUR)
        yield dict(ledger.histories(PERIOD))


@pytest.mark.parametrize("name", CASES)
def test_the_ledger_is_what_all_samples_say(histories: dict[str, History], name: str) -> None:
    samples, found = CASES[name], histories[name]
    wide = Interval(START - 2 * HOUR, PERIOD.end + 2 * HOUR)
    expected = [o for o in outages_of(samples) if _inside(o)]
    assert list(found.outages) == [_cut(o) for o in expected]
    holes = (
        Interval(max(g.start, START), min(g.end, PERIOD.end)) for g in gaps_of(samples, wide, STEP)
    )
    assert list(found.gaps) == [g for g in holes if g.length]


def _inside(outage: OutageSpan) -> bool:
    return outage.start < PERIOD.end and (outage.end is None or outage.end > START)


def _cut(outage: OutageSpan) -> OutageSpan:
    end = None if outage.end is None or outage.end >= PERIOD.end else outage.end
    return OutageSpan(max(outage.start, START), end)
