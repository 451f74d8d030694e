"""What measures a service is edited, or its time ends, while it is down: real samples, ticks."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sla_engine.accounting.past import noted, unwatched
from sla_engine.domain.events import MINUTE
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage_changes import Change
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.failing import FailingServices
from sla_engine.measurement.late import LateSamples
from sla_engine.measurement.recompute import recompute
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.past import write_openmetrics
from tests.programs.prometheus import Prometheus, create_blocks, running_prometheus

BEGIN = 1_790_812_800_000
STEP = 15_000
DOWN, EDIT, END = (BEGIN + n * MINUTE for n in (60, 100, 180))
FEW = Interval(BEGIN + 80 * MINUTE, BEGIN + 85 * MINUTE)  # the new source is down then, too


def _samples() -> dict[str, list[tuple[int, int]]]:
    times = range(BEGIN, END, STEP)
    old = [(t, int(t < DOWN)) for t in times]
    new = [(t, int(not FEW.start <= t < FEW.end)) for t in times]
    counts = {"old_good": old, "new_good": new, "all": [(t, 1) for t in times]}
    found = {'state{v="old"}': old, 'state{v="new"}': new}
    for name, states in counts.items():
        total = 0
        found[f'{name}{{job="x"}}'] = [(t, total := total + 10 * up) for t, up in states]
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    folder = tmp_path_factory.mktemp("prometheus")
    with (folder / "past.om").open("w", encoding="utf-8") as out:
        write_openmetrics(out, _samples())
    create_blocks(folder / "data", folder / "past.om", block="500h")
    with running_prometheus(folder / "data") as running:
        yield running


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger.open("sqlite://") as opened:
        yield opened


def _state(version: str) -> dict[str, Any]:
    return {"id": "shop", "sli": {"promql": f'state{{v="{version}"}}'}}


def _events(version: str) -> dict[str, Any]:
    sli = {"good": f'{version}_good{{job="x"}}', "total": 'all{job="x"}'}
    return {"id": "shop", "objective": 99, "sli": sli}


def _parts(version: str) -> list[dict[str, Any]]:
    both = [{**_state(name), "id": name} for name in ("old", "new")]
    return [*both, {"id": "shop", "components": [version]}]


def _ticks(
    books: Books, start: int, end: int, told: list[Change] | None = None, late: bool = False
) -> Books:
    """Let an engine that starts with these books tick each two minutes."""
    found = FailingServices()
    books = noted(books, start)
    search = LateSamples()
    with Client(books.catalogue.prometheus) as client:
        for at in range(start, end, 2 * MINUTE):
            changes = [*found.catch_up(books, client, at, lambda _: ())]
            if late:
                changes += search.find(books, client, at, lambda _: ())
            if told is not None:
                told += changes
    assert not found.known
    return books


def _history(ledger: Ledger) -> History:
    return ledger.histories(Interval(BEGIN, END)).get("shop", History())


@pytest.mark.integration
@pytest.mark.parametrize("made", [_state, _events, _parts])
@pytest.mark.parametrize("away", [0, 20])
def test_what_was_recorded_before_another_source_was_named_stays_until_it_is_recomputed(
    server: Prometheus, ledger: Ledger, made: Callable[[str], Any], away: int
) -> None:
    told: list[Change] = []

    def books(version: str) -> Books:
        given = made(version)
        services = given if isinstance(given, list) else [given]
        return Books(catalogue(*services, url=server.url), ledger)

    _ticks(books("old"), BEGIN + 20 * MINUTE, EDIT, told)
    [before] = _history(ledger).outages
    assert before.start == DOWN
    last = ledger.covered_until()["shop"]
    known = _ticks(books("new"), EDIT + away * MINUTE, END, told, late=True)
    found = _history(ledger)
    [outage] = found.outages
    assert outage.start == DOWN
    assert outage.end is not None
    assert last - MINUTE <= outage.end <= last + MINUTE
    assert [i.end > END - 3 * MINUTE for i in found.covered] == [True]
    assert not [gap for gap in found.gaps if gap.end > DOWN]
    of_shop = [one.kind for one in told if one.service == "shop"]
    assert of_shop == ["opened", "resolved"]
    with Client(known.catalogue.prometheus) as client:
        recompute(known, client, Interval(BEGIN + 20 * MINUTE, END), END)
    assert [(o.start, o.end) for o in _history(ledger).outages] == [FEW]


@pytest.mark.integration
@pytest.mark.parametrize("made", [_state, _events, _parts])
def test_an_outage_ends_where_the_time_of_its_service_does(
    server: Prometheus, ledger: Ledger, made: Callable[[str], Any]
) -> None:
    until = {"until": "2026-10-01T01:30:00Z"}
    ends = BEGIN + 90 * MINUTE
    given = made("old")
    services = [{**one, **until} for one in (given if isinstance(given, list) else [given])]
    services.append({**_state("new"), "id": "other"})
    told: list[Change] = []
    books = Books(catalogue(*services, url=server.url), ledger)
    known = _ticks(books, BEGIN + 20 * MINUTE, END, told, late=True)
    assert [tuple(o) for o in _history(ledger).outages] == [(DOWN, ends)]
    assert [one.kind for one in told if one.service == "shop"] == ["opened", "unwatched"]
    _ticks(books, END, END + MINUTE, told, late=True)
    with Client(known.catalogue.prometheus) as client:
        recompute(known, client, Interval(BEGIN + 20 * MINUTE, END), END)
    assert [tuple(o) for o in _history(ledger).outages] == [(DOWN, ends)]
    assert "shop" not in ledger.open_outages()
    assert unwatched(known, END) == {}
