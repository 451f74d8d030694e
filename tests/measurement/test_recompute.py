from collections.abc import Iterator
from pathlib import Path

import pytest

from service_catalogue import Catalogue
from sla_engine.accounting.corrections import find_outage
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Correction, OutageSpan, outage_id
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.measurement.explain import explain
from sla_engine.measurement.recompute import recompute
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.past import write_openmetrics
from tests.programs.prometheus import create_blocks, running_prometheus

pytestmark = pytest.mark.integration

HOUR = 3_600_000
START = 1_790_812_800_000
DAY = Interval(START, START + 24 * HOUR)
FIRST = START + 6 * HOUR + 5_000  # what Prometheus still keeps begins here
DOWN = OutageSpan(START + 10 * HOUR + 5_000, START + 10 * HOUR + 65_000)
OLD = OutageSpan(START + HOUR, START + 2 * HOUR)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("prometheus")
    times = range(FIRST, DAY.end, 15_000)
    samples = [(t, int(not DOWN.start <= t < (DOWN.end or 0))) for t in times]
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, {'service_up{service="shop",location="eu"}': samples})
    create_blocks(folder, folder / "past.om")
    with running_prometheus(folder) as prometheus:
        yield prometheus.url


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


@pytest.fixture
def book(url: str) -> Catalogue:
    return catalogue("shop", {"id": "all", "components": ["shop"]}, url=url)


@pytest.fixture
def client(book: Catalogue) -> Iterator[Client]:
    with Client(book.prometheus) as opened:
        yield opened


def test_what_was_wrong_is_set_right_and_told(
    book: Catalogue, client: Client, ledger: Ledger
) -> None:
    backfill(Books(book, ledger), client, DAY, DAY.end)
    right = list(ledger.export())
    wrong = (Segment(DOWN.start - 10, DOWN.start + 20_000, State.DOWN),)
    ledger.apply([Derived("shop", wrong, None)])
    ledger.corrections.add("shop", DOWN.start - 10, Correction(1, "ann", "cause", None, "x", "y"))
    done = recompute(Books(book, ledger), client, DAY, DAY.end)
    moved = OutageSpan(DOWN.start - 10, DOWN.end)
    assert done.changes == (Change("changed", "shop", moved, DOWN),)
    facts = (b'"coverage"', b'"gap"', b'"outage"', b'"service_state"')
    kept = [line for line in ledger.export() if any(name in line[:20] for name in facts)]
    assert kept == [line for line in right if any(name in line[:20] for name in facts)]
    assert ledger.verify() == []


def test_a_correction_stays_with_its_outage(
    book: Catalogue, client: Client, ledger: Ledger
) -> None:
    late = (Segment(DOWN.start + 15_000, DOWN.start + 60_000, State.DOWN),)
    ledger.apply([Derived("shop", late, None)])
    said = Correction(1, "ann", "cause", None, "disk", "log")
    ledger.corrections.add("shop", DOWN.start + 15_000, said)
    recompute(Books(book, ledger), client, DAY, DAY.end)
    assert find_outage(ledger, outage_id("shop", DOWN.start)).cause == "disk"


def test_what_prometheus_no_longer_keeps_is_not_forgotten(
    book: Catalogue, client: Client, ledger: Ledger
) -> None:
    old = (
        Segment(START, OLD.start, State.UP),
        Segment(OLD.start, START + 2 * HOUR, State.DOWN),
        Segment(START + 2 * HOUR, FIRST, State.UP),
    )
    ledger.apply([Derived("shop", old, START), Derived("all", old, START)])
    done = recompute(Books(book, ledger), client, DAY, DAY.end)
    assert done.since == {"shop": FIRST, "all": START}
    for service in ("shop", "all"):
        history = ledger.histories(DAY)[service]
        assert (history.outages, history.gaps) == ((OLD, DOWN), ())


def test_a_record_is_explained(book: Catalogue, client: Client, ledger: Ledger) -> None:
    backfill(Books(book, ledger), client, DAY, DAY.end)
    identifier = outage_id("shop", DOWN.start)
    lines = list(explain(Books(book, ledger), client, identifier, DAY.end))
    text = "\n".join(lines)
    assert "start  2026-10-01T10:00:05Z  the first failed sample" in text
    assert "end    2026-10-01T10:01:05Z  the first good sample" in text
    assert 'service_up{service=~"shop"}[150000ms] at ' in text
    assert "    2026-10-01T10:00:05Z  0  <" in lines
    assert "    2026-10-01T10:01:05Z  1  <" in lines
    composite = outage_id("all", DOWN.start)
    assert "derived from: all of shop" in list(
        explain(Books(book, ledger), client, composite, DAY.end)
    )


def test_samples_that_are_gone_are_said_to_be_gone(
    book: Catalogue, client: Client, ledger: Ledger
) -> None:
    ledger.apply([Derived("shop", (Segment(OLD.start, START + 2 * HOUR, State.DOWN),), None)])
    lines = list(explain(Books(book, ledger), client, outage_id("shop", OLD.start), DAY.end))
    assert "  gone: older than what Prometheus keeps; the ledger stands alone" in lines
