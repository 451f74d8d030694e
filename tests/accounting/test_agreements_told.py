"""What people are told of agreements: budgets left, terms in force, sums by currency, why."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from sla_engine.accounting.past import noted, remembered
from sla_engine.accounting.report import frozen_report, report
from sla_engine.domain.outage import Correction
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS
from tests.accounting.test_agreements import (
    DOWN,
    END,
    FIRST,
    MINUTE,
    UTC,
    at,
    books,
    ledger,
    made,
)
from tests.catalogues import catalogue
from tests.reports.test_xlsx import read as sheets

__all__ = ["ledger"]


@pytest.mark.parametrize(
    ("rule", "allowed", "used", "service"),
    [
        ("each", 43.2, 60, "shop"),
        ("worst", 43.2, 60, "shop"),
        ("weighted", 43.2, (2 * 60 + 60 + 20) / 4, None),
        ("all", 43.2, 90 + 20, None),
    ],
)
def test_a_window_that_runs_says_what_is_left_of_its_budget(
    ledger: Ledger, rule: str, allowed: float, used: float, service: str | None
) -> None:
    weights = {"weights": {"shop": 2, "till": 1, "wiki": 1}} if rule == "weighted" else {}
    [found] = made(ledger, "2026-09-25", {"id": "a", "rule": rule} | weights)
    budget = found["running"]["error_budget"]
    assert budget["unit"] == "seconds"
    assert budget["allowed"] / 60 == pytest.approx(allowed)
    assert budget["used"] / 60 == pytest.approx(used)
    assert budget["left"] == pytest.approx(budget["allowed"] - budget["used"])
    assert budget["service"] == service
    assert found["running"]["error_budget_absent"] is None
    assert found["running"]["window_state"] == "lost"


@pytest.mark.parametrize("rule", ["each", "worst", "weighted", "all"])
def test_a_running_window_of_which_nothing_is_known_says_that_it_has_no_budget_yet(
    rule: str,
) -> None:
    given = {"id": "a", "rule": rule} | ({"weights": {"shop": 2}} if rule == "weighted" else {})
    with Ledger.open("sqlite://") as empty:
        [found] = made(empty, "2026-09-25", given)
        shown = made(empty, "2026-09-25", given, style="text")
    assert found["running"]["error_budget"] is None
    assert found["running"]["error_budget_absent"] == "nothing_known"
    assert "no budget yet: nothing is known" in " ".join(shown.split())


def test_services_without_objectives_in_an_agreement_without_one_say_that_there_is_no_budget(
    ledger: Ledger,
) -> None:
    agreement = {"id": "a", "customer": "ACME", "services": list(DOWN)}
    book = catalogue(*({"id": name, "objective": None} for name in DOWN), agreements=[agreement])
    now = at("2026-12-01")
    found = report(Books(book, ledger), parse_period("2026-09-25", UTC, now), now, strips=False)
    [told] = json.loads(FORMATS["json"].render(found))["agreements"]
    assert told["running"]["error_budget_absent"] == "nothing_promised"
    assert "no budget: no objective is promised" in FORMATS["text"].render(found).decode()


def test_the_budget_of_all_is_of_the_time_that_is_agreed_for_all(ledger: Ledger) -> None:
    """The till has office hours: of the shop's whole month only these are agreed for both."""
    office = {"weekly": [{"days": "mon-sun", "hours": ["00:00-06:00"]}]}
    book = catalogue(
        {"id": "shop"},
        {"id": "till", "calendar": "night"},
        calendars={"night": office},
        agreements=[
            {"id": "a", "customer": "ACME", "services": ["shop", "till"], "objective": 99}
            | {"rule": "all"}
        ],
    )
    now = at("2026-12-01")
    found = report(Books(book, ledger), parse_period("2026-09-25", UTC, now), now, strips=False)
    [told] = json.loads(FORMATS["json"].render(found))["agreements"]
    budget = told["running"]["error_budget"]
    assert budget["allowed"] == pytest.approx(30 * 6 * 3600 / 100)
    assert budget["used"] == 90 * 60


@pytest.mark.parametrize("style", ["text", "html", "slack"])
def test_people_read_what_is_left_of_an_agreements_budget(ledger: Ledger, style: str) -> None:
    wiki = {"services": ["wiki"], "rule": "worst"}
    shown = made(ledger, "2026-W39", {"id": "a"} | wiki, style=style)
    assert "23m 12s of a budget of 43m 12s left (wiki has least)" in " ".join(shown.split())
    over = made(ledger, "2026-W39", {"id": "a", "rule": "all"}, style=style)
    assert "budget of 43m 12s exceeded by 1h 6m 48s" in " ".join(over.split())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("en", "23m 12s of a budget of 43m 12s left (wiki has least)"),
        ("de", "wiki hat am wenigsten"),
        ("es", "wiki es el que menos tiene"),
        ("fr", "wiki en a le moins"),
    ],
)
def test_a_workbook_has_an_agreements_budget_in_numbers_and_in_words(
    ledger: Ledger, name: str, words: str
) -> None:
    now, agreement = at("2026-12-01"), {"id": "a", "services": ["wiki"], "rule": "worst"}
    period = parse_period("2026-W39", UTC, now)
    found = report(books(ledger, agreement), period, now, strips=False)
    [row] = sheets(replace(found, language=name))["Agreements"]
    assert row["error_budget_unit"] == "seconds"
    assert row["error_budget_allowed"] == pytest.approx(43.2 * 60)
    assert row["error_budget_used"] == pytest.approx(20 * 60)
    assert row["error_budget_left"] == pytest.approx(23.2 * 60)
    assert row["error_budget_left_ratio"] == pytest.approx(23.2 / 43.2)
    assert row["error_budget_service"] == "wiki"
    assert words in str(row["error_budget"])


def test_what_is_restated_of_two_currencies_is_a_line_for_each() -> None:
    """The agreement is paid by the week, from the twelfth of October on in dollars."""
    old = {"id": "a", "rule": "worst", "services": ["shop"], "window": "week"}
    new = old | {"currency": "USD", "fee": 500}
    broken = [at("2026-10-06"), at("2026-10-20")]
    edges = [FIRST, *(moment for start in broken for moment in (start, start + 600 * MINUTE)), END]
    line = tuple(
        Segment(start, end, State.DOWN if number % 2 else State.UP)
        for number, (start, end) in enumerate(pairwise(edges))
    )
    period, now = parse_period("2026-10", UTC, 0), at("2026-12-01")
    with Ledger.open("sqlite://") as found:
        found.apply([Derived(name, line, FIRST) for name in DOWN])
        noted(books(found, old), at("2026-09-01"))
        noted(books(found, new), at("2026-10-10"))
        book = remembered(books(found, new), now)
        frozen_report(book, period, at("2026-11-02"), strips=False)
        for start in broken:
            said = Correction(at("2026-11-03"), "bob", "class", None, "planned", "it was agreed")
            found.corrections.add("shop", start, said)
        told = report(book, period, now, strips=False).restatements
    customer = [one.money for one in told if one.service == "ACME"]
    assert customer == [(125, 0, "USD"), (250, 0, "EUR")]


def test_the_terms_of_an_agreement_are_in_force_piece_by_piece() -> None:
    old = {"id": "a", "rule": "worst"}
    with Ledger.open("sqlite://") as found:
        found.apply([Derived(n, (Segment(FIRST, END, State.UP),), FIRST) for n in DOWN])
        noted(books(found, old), at("2026-09-01"))
        noted(books(found, {"id": "a", "objective": 99.5}), at("2026-10-10"))
        noted(books(found, {"id": "b"}), at("2026-10-20"))
        now = at("2026-12-01")
        book = remembered(books(found, {"id": "b"}), now)
        made = report(book, parse_period("2026-10", UTC, now), now, strips=False)
    rows = json.loads(FORMATS["json"].render(made))["terms"]
    told = [
        (row["start"][:10], row["end"][:10], row["values"]["rule"], row["values"]["objective"])
        for row in rows
        if row.get("agreement") == "a"
    ]
    assert told == [
        ("2026-10-01", "2026-10-10", "worst", "99.9"),
        ("2026-10-10", "2026-10-20", "each", "99.5"),
    ]
    shown = FORMATS["text"].render(made).decode()
    assert "ACME (a), 2026-10-01 00:00:00 to 2026-10-10" in " ".join(shown.split())


def test_what_is_owed_says_how_many_outages_there_were_beside_the_longest() -> None:
    starts = [at("2026-09-03"), at("2026-09-10"), at("2026-09-17")]
    ends = [start + (120 - 10 * number) * MINUTE for number, start in enumerate(starts)]
    edges = [FIRST, *(one for pair in zip(starts, ends, strict=True) for one in pair), END]
    line = tuple(
        Segment(start, end, State.DOWN if number % 2 else State.UP)
        for number, (start, end) in enumerate(pairwise(edges))
    )
    with Ledger.open("sqlite://") as found:
        found.apply([Derived(name, line, FIRST) for name in DOWN])
        shown = made(found, "2026-09", {"id": "a", "services": ["shop"]}, style="text")
    [owed] = [line for line in shown.split("\n\n") if line.startswith("Owed to customers")]
    told = " ".join(owed.split())
    assert "shop 5h 30m, 2026-09-03 00:00:00 to 02:00:00 UTC and 2 more in the list" in told


def test_a_slack_report_in_which_an_agreement_was_missed_is_not_good_news(ledger: Ledger) -> None:
    """The services have kept their own objective of 99 %, and their customer was promised more."""
    shown = made(ledger, "2026-09", {"id": "a"}, style="slack")
    assert json.loads(shown)["text"].startswith("\N{WARNING SIGN}")
