"""A service that counts events, on every surface of a report: all of them speak of events."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sla_engine.accounting.report import report
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.event_outages import EventOutages
from sla_engine.reports import plots, to_csv, to_html, to_json, to_slack, to_text
from tests.catalogues import catalogue
from tests.reports.test_xlsx import read as sheets

M = 60_000
START = 1_790_812_800_000
DAY = Interval(START, START + 1440 * M)
SLI = {"good": "g", "total": "t"}


def minutes() -> Iterator[Minute]:
    """Yield 100 requests a minute, of which one fails now and then, and for ten minutes a fifth."""
    for at in range(1440):
        failed = 20 if 600 <= at < 610 else 1 if at % 40 == 0 else 0
        yield Minute(START + at * M, 100 - failed, 100)


def made(**more: Any) -> PeriodReport:
    entry = {"id": "api", "objective": 99, "window": "day", "cost_per_hour": 600, "sli": SLI | more}
    book = catalogue(entry)
    with Ledger.open("sqlite://") as ledger:
        books = Books(book, ledger)
        item = Derived("api", (Segment(*DAY, State.UP),), START, 0, tuple(minutes()))
        ledger.apply([EventOutages(books, DAY).judged(item)])
        return report(books, parse_period("2026-10-01", book.timezone, DAY.end), DAY.end)


@pytest.fixture(scope="module")
def day() -> PeriodReport:
    return made()


FAILED = 20 * 10 + 36 - 1  # 600 is among the forties
BUDGET_LEFT = 1 - FAILED / 1440


def test_the_chart_ends_where_the_card_says(day: PeriodReport) -> None:
    (line,) = plots.budgets(day)
    assert line.left[0] == 100
    assert line.left[-1] == pytest.approx(100 * BUDGET_LEFT)
    assert day.services[0].figures.budget_remaining == pytest.approx(BUDGET_LEFT)
    assert list(line.left) == sorted(line.left, reverse=True)


def test_the_outage_is_the_ten_minutes_that_a_person_would_name(day: PeriodReport) -> None:
    figures = day.services[0].figures
    assert [share.down for share in figures.shares] == [10 * M]
    assert (figures.met, figures.unplanned, figures.budget) == (True, 10 * M, None)


def test_the_cost_is_of_the_failed_events(day: PeriodReport) -> None:
    """Ten minutes in which a fifth failed, and 35 that lost a hundredth, at 10 a minute."""
    assert day.services[0].impact == pytest.approx(10 * (10 * 0.2 + 35 * 0.01))


def test_cards_tables_and_messages_speak_of_events(day: PeriodReport) -> None:
    assert f"{FAILED} of 144,000 events failed" in to_html.render(day).decode()
    assert f"{FAILED} of 144,000 events failed" in to_slack.render(day).decode()
    assert f"{FAILED} of 144,000" in to_text.render(day).decode()


def test_json_says_how_it_was_judged(day: PeriodReport) -> None:
    (service,) = json.loads(to_json.render(day))["services"]
    assert service["method"] == "events"
    assert service["events"] == {"good": 144_000 - FAILED, "total": 144_000}
    assert service["error_budget_seconds"] is None
    assert service["error_budget_events"] == pytest.approx(1440)


def test_windows_and_spreadsheets_say_how_many_events_there_were_and_may_fail(
    day: PeriodReport,
) -> None:
    counts = {"good": 144_000 - FAILED, "total": 144_000}
    [window] = json.loads(to_json.render(day))["services"][0]["contract"]["closed"]
    assert (window["events"], window["error_budget_events"]) == (counts, pytest.approx(1440))
    columns = {"events_good": counts["good"], "events_total": 144_000, "error_budget_events": 1440}
    found = sheets(day)
    for sheet in ("Services", "Windows"):
        [row] = found[sheet]
        assert {name: row[name] for name in columns} == pytest.approx(columns), sheet
    lines = list(csv.DictReader(io.StringIO(to_csv.render(day).decode())))
    for record in ("service", "window"):
        [line] = [one for one in lines if one["record"] == record]
        assert {name: float(line[name]) for name in columns} == pytest.approx(columns), record
    assert lines[0]["method"] == "events"


@pytest.mark.parametrize("rule", ["each", "worst"])
def test_what_an_agreement_owes_for_failed_events_says_so_without_an_outage(rule: str) -> None:
    """One request in fifty fails all day: no outage, and a credit of which events are why."""
    some = tuple(Minute(START + at * M, 98, 100) for at in range(1440))
    given = {"id": "a", "customer": "ACME", "services": ["api"], "objective": 99, "rule": rule}
    owed = {"window": "day", "fee": 100, "credits": [{"below": 99, "credit": 10}]}
    book = catalogue({"id": "api", "objective": 99, "sli": SLI}, agreements=[given | owed])
    with Ledger.open("sqlite://") as ledger:
        books = Books(book, ledger)
        item = Derived("api", (Segment(*DAY, State.UP),), START, 0, some)
        ledger.apply([EventOutages(books, DAY).judged(item)])
        found = report(books, parse_period("2026-10-01", book.timezone, DAY.end), DAY.end)
    told = json.loads(to_json.render(found))
    counts = {"good": 141_120, "total": 144_000}
    assert found.services[0].figures.shares == ()
    assert told["agreements"][0]["closed"][0]["services"][0]["events"] == counts
    [due] = told["board"]["money"]["owed"]
    assert (due["amount"], due["why"][0]["events"]) == (10, counts)
    assert told["board"]["verdicts"][0]["events"] == counts
    for body in (to_text.render(found), to_html.render(found)):
        words = " ".join(body.decode().split())
        assert "2,880 of 144,000 events failed" in words
        assert "api 0s" not in words
    assert "lost 2,880 of 144,000 events" in to_text.render(found).decode()


@pytest.mark.parametrize(
    ("timeslice", "method", "ratio", "words"),
    [
        (
            {"length": "5m", "target": 0.95},
            "timeslices",
            286 / 288,
            "2 of 288 slices of 5m lost",
        ),
        ({"length": "1h"}, "ratio_timeslices", 1 - FAILED / 144_000, "of 24 slices of 1h lost"),
    ],
)
def test_slices_are_told_as_such(
    timeslice: dict[str, Any], method: str, ratio: float, words: str
) -> None:
    found = made(timeslice=timeslice)
    (service,) = json.loads(to_json.render(found))["services"]
    assert (service["method"], service["met"]) == (method, True)
    assert service["availability_ratio"] == pytest.approx(ratio)
    assert words in to_slack.render(found).decode()
    (line,) = plots.budgets(found)
    assert line.left[-1] == pytest.approx(100 * service["error_budget_remaining_ratio"])
