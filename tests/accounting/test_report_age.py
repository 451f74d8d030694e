"""Until when the data of a report reach, and what it says where that is too early."""

import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from sla_engine.accounting.report import report
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue

NOW = 1_794_312_000_000  # 2026-11-10T12:00:00Z
BEGIN = NOW - 3_600_000
STALE = 120_000 + 2 * 37_500
SERVICES = ("shop", "mail", {"id": "gone", "until": "2026-11-10T11:30:00Z"}, "never")


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ends = {"shop": NOW, "mail": NOW, "gone": NOW - 1_800_000}
        ledger.apply(
            [Derived(s, (Segment(BEGIN, end, State.UP),), BEGIN) for s, end in ends.items()],
            at=NOW,
        )
        yield Books(catalogue(*SERVICES), ledger)


def made(books: Books, now: int, period: str = "this-month") -> PeriodReport:
    return report(books, parse_period(period, UTC, now), now)


def text(found: PeriodReport) -> str:
    return FORMATS["text"].render(found).decode()


def test_a_report_says_until_when_its_data_reach(books: Books) -> None:
    found = made(books, NOW + STALE)
    assert "Data until 2026-11-10 11:30:00 UTC" in " ".join(text(found).split())
    assert "stale" not in text(found)
    told = json.loads(FORMATS["json"].render(found))
    assert told["data_until"] == "2026-11-10T11:30:00Z"
    assert {s["id"]: (s["data_until"], s["stale"]) for s in told["services"]} == {
        "shop": ("2026-11-10T12:00:00Z", False),
        "mail": ("2026-11-10T12:00:00Z", False),
        "gone": ("2026-11-10T11:30:00Z", False),
        "never": (None, False),
    }


@pytest.mark.parametrize("form", ["text", "html", "slack"])
def test_a_report_whose_data_end_too_early_warns(books: Books, form: str) -> None:
    for service, end in (("shop", NOW + 600_000), ("gone", NOW - 1_800_000)):
        books.ledger.apply([Derived(service, (Segment(NOW - 1, end, State.UP),), None)], at=end)
    said = FORMATS[form].render(made(books, NOW + 600_000)).decode()
    assert "Figures are stale: the data end early of mail (2026-11-10 12:00:00 UTC)." in said


def test_where_all_stand_still_the_oldest_is_told(books: Books) -> None:
    found = made(books, NOW + STALE + 1)
    assert {s.id for s in found.services if s.is_stale} == {"shop", "mail"}
    assert "shop (2026-11-10 12:00:00 UTC), mail (2026-11-10 12:00:00 UTC)" in text(found)


def test_a_gap_that_began_long_ago_counts_from_its_beginning(books: Books) -> None:
    later = NOW + 3_600_000
    line = (Segment(NOW - 1, NOW, State.UP), Segment(NOW, later, State.UNKNOWN))
    books.ledger.apply([Derived(s, line, None) for s in ("shop", "mail")], at=later)
    found = made(books, later)
    assert {s.id: s.data_until for s in found.services if s.is_stale} == {"shop": NOW, "mail": NOW}


def test_a_period_that_is_over_and_known_to_its_end_is_not_stale(books: Books) -> None:
    found = made(books, NOW + 86_400_000 * 40, "2026-11-10")
    assert {s.id for s in found.services if s.is_stale} == {"shop", "mail"}
    end = found.period.end
    line = (Segment(NOW - 1, end + 1, State.UP),)
    books.ledger.apply([Derived(s, line, None) for s in ("shop", "mail")], at=end)
    found = made(books, NOW + 86_400_000 * 40, "2026-11-10")
    assert not any(s.is_stale for s in found.services)


def test_an_open_outage_is_doubted_as_early_as_the_status_page_doubts_it(books: Books) -> None:
    line = (Segment(NOW - 600_000, NOW, State.DOWN),)
    books.ledger.apply([Derived("shop", line, None)], at=NOW)
    page = ServiceLevel("shop", None, False, NOW - 600_000, known_until=NOW, max_gap=37_500)
    for late in (0, 75_000, 75_001, STALE):
        doubted = {s.id for s in made(books, NOW + late).services if s.is_stale}
        assert ("shop" in doubted) is (page.state(NOW + late) == "unknown")
        assert "mail" not in doubted
