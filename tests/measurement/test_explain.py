"""What makes an outage, from the ledger alone: nobody answers at the Prometheus of these tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_engine.domain.events import Minute
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.outage import Correction, outage_id
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.measurement.explain import explain
from sla_engine.prometheus import Client
from tests.catalogues import catalogue
from tests.programs.ports import free_port

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 20_000 * DAY  # 2024-10-04
DOWN = START + 10 * HOUR
NOW = START + DAY
UP, FAILS, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
SERVICES: tuple[dict[str, Any], ...] = (
    {
        "id": "shop",
        "objective": 99.9,
        "min_outage": "10s",
        "quorum": {"locations": "any"},
        "accounting": {"maintenance": "count_up", "unknown": "count_down"},
        "history": [
            {
                "until": "2024-10-05T00:00:00Z",
                "objective": 99,
                "quorum": {"probes": "any", "locations": 2},
            }
        ],
    },
    {"id": "step", "sli": {"promql": "max(up) > 0"}},
    {"id": "calls", "objective": 99, "sli": {"good": "good_total", "total": "all_total"}},
    {"id": "farm", "components": ["shop", "step"], "need": 1},
)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    line = (
        Segment(START, DOWN, UP),
        Segment(DOWN, DOWN + 10 * MINUTE, FAILS),
        Segment(DOWN + 10 * MINUTE, DOWN + 20 * MINUTE, UNKNOWN),
        Segment(DOWN + 20 * MINUTE, DOWN + 30 * MINUTE, FAILS),
        Segment(DOWN + 30 * MINUTE, NOW, UP),
    )
    counted = tuple(Minute(DOWN + n * MINUTE, 3, 10) for n in range(100))
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.apply([Derived(s, line, START) for s in ("shop", "step", "farm", "gone")])
        ledger.apply([Derived("calls", line, START, events=counted)])
        asked = Request("w", "cli", "Disks", Scope(("shop",)), DOWN, DOWN + 5 * MINUTE, "UTC")
        ledger.windows.add(asked, WindowEvent(START, "requested", "ann", "worn", "login:ann"))
        ledger.windows.append("w", WindowEvent(DOWN + 9, "approved", "bob", "late", "slack:U9"))
        said = Correction(NOW, "ann", "cause", None, "disk", "seen in the log", "login:root")
        ledger.corrections.add("shop", DOWN, said)
        port = free_port()
        yield Books(catalogue(*SERVICES, url=f"http://127.0.0.1:{port}"), ledger)


def told(books: Books, service: str) -> list[str]:
    client = Client(books.catalogue.prometheus)
    try:
        return list(explain(books, client, outage_id(service, DOWN), NOW))
    finally:
        client.close()


def test_a_record_tells_its_class_its_terms_and_who_decided_what(books: Books) -> None:
    lines = told(books, "shop")
    assert lines[:12] == [
        f"{outage_id('shop', DOWN)}  shop (shop)",
        "  start  2024-10-04T10:00:00Z  the first failed sample",
        "  end    2024-10-04T10:30:00Z  the first good sample",
        "  length 30m, of which 10m unknown",
        "  nothing known from 2024-10-04T10:10:00Z to 2024-10-04T10:20:00Z",
        "class overrun: 5m planned, 15m unplanned, 10m unknown",
        "  in the agreed service time: 5m planned, 15m unplanned, 10m unknown",
        "terms at its start: objective 99 % per month",
        "  calendar none: owed at any time, zone UTC",
        "  maintenance count_up, unknown count_down",
        "  outages under 10s are not counted",
        "  quorum: probes any, locations 2",
    ]
    assert lines[12].startswith("  cadence: a sample every 15s (of the catalogue), no hole up to ")
    assert lines[13].startswith('samples around the start: service_up{service=~"shop"}[')
    assert "the ledger stands alone" in lines[14]
    assert lines[-5:] == [
        "window w (cli): Disks: completed, approved after it had begun",
        "  2024-10-04T00:00:00Z requested by ann (login:ann) worn",
        "  2024-10-04T10:00:00.009Z approved by bob (slack:U9) late",
        "  plans 2024-10-04T10:00:00Z to 2024-10-04T10:05:00Z",
        "correction 2024-10-05T00:00:00Z by ann (login:root): cause: - -> disk (seen in the log)",
    ]


def test_an_expression_is_asked_for_as_it_is_pasted(books: Books) -> None:
    [start, end] = [line for line in told(books, "step") if line.startswith("samples around")]
    assert start == "samples around the start: (max(up) > 0)[150000ms:15000ms] @ 1728036074.999"
    assert end.endswith("@ 1728037874.999")


def test_minutes_of_events_are_told_with_their_counts(books: Books) -> None:
    lines = told(books, "calls")
    assert "derived from: good_total over all_total, by the minute" in lines
    minutes = [line for line in lines if "of 10 failed" in line]
    assert minutes[0] == "  2024-10-04T10:00:00Z  7 of 10 failed"
    assert minutes[-1] == "  2024-10-04T10:30:00Z  7 of 10 failed  around it"
    assert len(minutes) == 31
    assert "query: (good_total)[1920000ms:60000ms] @ 1728037859.999" in lines


def test_components_are_told_as_the_ledger_has_them(books: Books) -> None:
    lines = told(books, "farm")
    at = lines.index("derived from: 1 of shop, step")
    assert lines[at + 1 : at + 5] == [
        "  shop",
        "    2024-10-04T10:00:00Z  down for 10m",
        "    2024-10-04T10:10:00Z  unknown for 10m",
        "    2024-10-04T10:20:00Z  down for 10m",
    ]


def test_a_service_that_left_the_catalogue_is_told_from_the_ledger(books: Books) -> None:
    lines = told(books, "gone")
    assert lines[0].endswith("no longer in the catalogue (gone)")
    assert lines[-2:] == [
        "terms, windows and queries stood in the catalogue's entry, which is gone",
        "no corrections",
    ]


def test_the_cadence_is_that_of_its_time(books: Books) -> None:
    past = [{"until": "2024-11-01T00:00:00Z", "scrape_interval": "30s"}]
    changed = {**SERVICES[0], "scrape_interval": "60s", "history": past}
    book = catalogue(changed, *SERVICES[1:], url=books.catalogue.prometheus.url)
    lines = told(books._replace(catalogue=book), "shop")
    assert any(line.startswith("  cadence: a sample every 30s (of the cat") for line in lines)
