"""A customer's report says one thing in every format, in each state of its period and language."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from sla_engine.accounting.corrections import correct
from sla_engine.accounting.past import noted
from sla_engine.accounting.report import make_report
from sla_engine.domain.actor import Actor
from sla_engine.domain.outage import outage_id
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS, finality, to_html, whose
from sla_engine.reports.language import language
from sla_engine.reports.papers import PAPERS
from sla_engine.reports.sheets import Sheets
from tests.accounting.test_agreements import DOWN, END, FIRST, MINUTE, STEPS, UTC, at
from tests.accounting.test_customers_report import SHOWN, books_of
from tests.reports.test_xlsx import read

DAY = 86_400_000
OVER = at("2026-10-02")
STATES = {
    "not_begun": at("2026-08-20"), "running": at("2026-09-12"), "preliminary": OVER,
    "final": OVER, "recomputed": OVER + DAY,
}  # fmt: skip
LANGUAGES = ("en", "de", "es", "fr")


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger.open("sqlite://") as found:
        noted(of(found), FIRST)
        for name, (start, minutes) in DOWN.items():
            end = start + minutes * MINUTE
            line = (Segment(start, end, State.DOWN), Segment(end, END, State.UP))
            found.apply([Derived(name, (Segment(FIRST, start, State.UP), *line), FIRST)])
        yield found


def of(ledger: Ledger) -> Books:
    return books_of(ledger, rule="worst", credits=STEPS, fee=1234.5)


def made(ledger: Ledger, status: str, spoken: str) -> PeriodReport:
    books, period = noted(of(ledger), FIRST), parse_period("2026-09", UTC, OVER)
    every: Any = list(FORMATS.values())

    def at_(now: int, *, frozen: bool = False) -> PeriodReport:
        return make_report(
            books, period, now, every, agreement="acme", language=spoken, frozen=frozen
        )

    if status == "recomputed":
        at_(OVER, frozen=True)
        by, outage = Actor("zoe", "login:zoe"), outage_id("shop", DOWN["shop"][0])
        correct(ledger, outage, {"class": "planned"}, by=by, reason="with you", now=OVER + 1)
    found = at_(STATES[status], frozen=status == "final")
    assert found.status == status
    return found


def plain(text: str) -> str:
    """Return a document's words without markup, and without any white space."""
    text = unescape(re.sub(r"<(style|svg).*?</\1>|<[^>]+>", " ", text, flags=re.DOTALL))
    return "".join(re.sub(r"[\u2068\u2069]", "", text).split())


def wanted(report: PeriodReport) -> list[str]:
    """Return what whoever reads a report has to find in it: verdict, figure, credit, sums."""
    say, [one] = language(report), report.agreements
    down = sum(service.figures.unplanned for service in report.services)
    found = [whose.title(report), whose.verdict(report, say), say.service_time(down)]
    found += [service.name for service in report.services]
    found += [say.amount(money, currency) for currency, money in one.due.items() if money]
    if report.status != "not_begun":
        found += [say.percent(service.figures.availability) for service in report.services]
        found += whose.figure(report, say)[:1]
    return found


def typeset(report: PeriodReport) -> str:
    """Return what WeasyPrint is given of a report: setting it in type takes a second."""
    return to_html.page(report, Sheets(PAPERS[report.paper]))


# Each state and each language on paper; of the other pairs, the page that is set.
ON_PAPER = {*zip(STATES, (*LANGUAGES, "de"), strict=True)}


@pytest.mark.parametrize("status", STATES)
@pytest.mark.parametrize("spoken", LANGUAGES)
def test_whoever_reads_it_finds_the_same(ledger: Ledger, status: str, spoken: str) -> None:
    report = made(ledger, status, spoken)
    say = language(report)
    for form in ("text", "html", "pdf", "mail", "slack"):
        paged = form == "pdf" and (status, spoken) not in ON_PAPER
        shown = typeset(report) if paged else SHOWN[form](report)
        if form == "slack":
            shown = json.dumps(json.loads(shown), ensure_ascii=False)
        text = plain(shown)
        assert [one for one in wanted(report) if plain(one) not in text] == [], form
        if form != "slack" or status in {"running", "not_begun", "recomputed"}:
            assert plain(finality.status(report, say)) in text, form


@pytest.mark.parametrize("status", STATES)
def test_whatever_reads_it_finds_the_same(ledger: Ledger, status: str) -> None:
    report = made(ledger, status, "de")
    data, [one] = json.loads(FORMATS["json"].render(report)), report.agreements
    text = FORMATS["csv"].render(report).decode()
    table, book = list(csv.DictReader(io.StringIO(text, newline=""))), read(report)
    assert {row["status"] for row in table} == {data["status"]} == {status}
    assert book["About"][0]["status"] == status
    services = [row for row in table if row["record"] == "service"]
    windows = [row for row in table if row["record"] == "agreement"]
    down = 0
    rows = zip(data["services"], services, book["Services"], report.services, strict=True)
    for told, row, cells, service in rows:
        down += told["downtime_seconds"]["unplanned"]
        assert float(row["unplanned_seconds"]) == cells["unplanned_seconds"]
        assert cells["unplanned_seconds"] == service.figures.unplanned / 1000
        assert row["availability_ratio"] == str(told["availability_ratio"] or "")
        assert cells.get("availability_ratio") == told["availability_ratio"]
        assert row["met"] == {True: "true", False: "false", None: ""}[told["met"]]
    board = data["board"]
    assert board["unplanned_seconds"] == down
    if status != "not_begun":
        assert board["trend"][-1]["unplanned_seconds"] == down
    closed = data["agreements"][0]["closed"]
    assert sum(window["credit_amount"] or 0 for window in closed) == (one.money or 0)
    owed = [row.get("credit_amount") for row in book["Agreements"] if "credit_amount" in row]
    assert sum(float(amount) for amount in owed if amount) == (one.money or 0)
    assert sum(float(row["credit_amount"] or 0) for row in windows) == (one.money or 0)
    assert sum(board["money"]["owed_amounts"].values()) == (one.money or 0)
    assert sum(float(row["amount"]) for row in book["Owed"]) == (one.money or 0)
