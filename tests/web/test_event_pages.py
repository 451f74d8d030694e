"""The pages of services that are judged by events: they speak of these, not of time alone."""

import html
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.app.outage_view import outage_page
from sla_engine.app.service_view import service_page
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import rfc3339
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger
from sla_engine.measurement.event_outages import EventOutages
from sla_engine.web.detail import Detail
from tests.catalogues import catalogue
from tests.web.estate import HOUR, MINUTE, NOW, Estate

OCTOBER = 1_790_812_800_000
BEGAN = NOW - 2 * HOUR
SLI = {"errors": "failed_total", "total": "all_total"}
TERMS = {"objective": 99.5, "cost_per_hour": 1000, "credits": [{"below": 99.5, "credit": 10}]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """A hundred requests a minute since October began; for ten minutes sixty of them failed."""
    book = catalogue(
        {"id": "pay", "name": "Pay", "sli": SLI, **TERMS},
        {"id": "sliced", "sli": SLI | {"timeslice": {"length": "5m", "target": 0.95}}, **TERMS},
    )
    minutes = tuple(
        Minute(at, 40 if BEGAN <= at < BEGAN + 10 * MINUTE else 100, 100)
        for at in range(OCTOBER, NOW, MINUTE)
    )
    period = Interval(OCTOBER, NOW)
    folder: Path = tmp_path_factory.mktemp("estate")
    with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
        found = Estate(ledger, book)
        for name in ("pay", "sliced"):
            line = (Segment(*period, State.UP),)
            item = Derived(name, line, OCTOBER, events=minutes)
            ledger.apply([EventOutages(found.books, period).judged(item)], at=NOW)
        yield found


def _service(made: Estate, name: str) -> tuple[dict[str, object], dict[object, object]]:
    page = service_page(made.published(), name, NOW)
    assert page is not None
    [terms] = [grid for grid in page.grids if grid.title == "Terms in force"]
    return dict(page.facts), {row[0]: row[1] for row in terms.rows}


def test_the_page_of_a_service_says_how_many_events_failed_and_how_many_may(made: Estate) -> None:
    facts, terms = _service(made, "pay")
    assert facts["Lost"] == "600 of 325,500 events failed"
    left = "97.3 %: 21,720 of a budget of 22,320 events left, on course"
    assert facts["Error budget left"] == left
    assert terms["Judged by"] == "events"
    assert terms["A minute of outage"] == "7.2 % of its events failed"
    assert terms["An outage"] == "5 failed in all, or more"
    assert terms["Credit"] == "10 % below 99.5 %"
    assert terms["Cost of an hour down"] == "1,000.00 EUR"


def test_the_page_of_a_service_of_timeslices_says_how_many_were_lost(made: Estate) -> None:
    facts, terms = _service(made, "sliced")
    assert facts["Lost"] == "2 of 651 slices of 5m lost"
    assert facts["Error budget left"] == "95.5 %: 43 of a budget of 45 slices left, at risk"
    assert terms["Judged by"] == "slices of 5m: good with 95 % of events good"


def test_the_page_of_an_outage_says_how_many_events_failed_while_it_lasted(made: Estate) -> None:
    page = outage_page(made.published(), "pay", rfc3339(BEGAN), NOW)
    assert isinstance(page, Detail)
    assert dict(page.facts)["Lost"] == "600 of 1,000 events failed"


def test_the_status_page_says_how_many_events_failed_and_how_many_may(made: Estate) -> None:
    text = html.unescape(made.pages().status())
    assert "<small>600 of 325,500 events failed</small>" in text
    assert "<small>21,720 of a budget of 22,320 events left</small>" in text
    assert "<small>2 of 651 slices of 5m lost</small>" in text
