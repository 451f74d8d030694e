"""What a miss of an agreement would cost: the next step of its credits, by worked numbers."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sla_engine.accounting.report import report
from sla_engine.domain.board import board
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import PeriodReport
from sla_engine.ledger import Books, Ledger
from sla_engine.reports import FORMATS
from tests.accounting.test_agreements import UTC, at, books
from tests.accounting.test_agreements import ledger as ledger  # noqa: PLC0414
from tests.catalogues import catalogue
from tests.reports.test_paper import pdftotext

LATE = [{"below": 99.8, "credit": 10}, {"below": 99.5, "credit": 25}]


def told(ledger: Ledger, period: str, *agreements: dict[str, Any]) -> PeriodReport:
    now = at("2026-12-01")
    return report(books(ledger, *agreements), parse_period(period, UTC, now), now)


def stakes(ledger: Ledger, period: str, **agreement: Any) -> Iterator[dict[str, Any]]:
    found = told(ledger, period, {"id": "a"} | agreement)
    yield from json.loads(FORMATS["json"].render(found))["board"]["stakes"]


# September's budget at 99.9 % is 43.2 minutes, at 99.8 % 86.4; shop and till lost 60 on the 10th.
@pytest.mark.parametrize(
    ("day", "terms", "expected", "percents"),
    [
        # 60 of 21,600 minutes: under 99.8 % of both as it stands; the wiki is next.
        ("2026-09-15", {}, ("lost", 0.999), (50, 60, 75)),
        ("2026-09-15", {"rule": "all"}, ("lost", None), (25, 25, 25)),
        ("2026-09-15", {"rule": "worst", "services": ["wiki"]}, ("on_course", 0.999), (0, 10, 25)),
        # 99.583 % as it stands, but the month's budget may still last: nothing is due yet.
        ("2026-09-10", {"rule": "worst", "objective": 99.8, "credits": LATE},
         ("at_risk", 0.998), (0, 10, 25)),
        # Lost, and no step reached: 60 of 43,200 minutes at the most, steps begin under 99 %.
        ("2026-09-15", {"rule": "worst", "credits": [{"below": 99, "credit": 30}]},
         ("lost", 0.99), (0, 30, 30)),
        # The whole fee is due already of the two that lost: the wiki can cost nothing more.
        ("2026-09-15", {"credits": [{"below": 99.9, "credit": 60}]}, ("lost", None),
         (100, 100, 100)),
        # Nothing runs at the month's end: October comes, in which nothing was lost.
        ("2026-09", {}, (None, 0.999), (0, 10, 75)),
        ("2026-09", {"rule": "all"}, (None, 0.999), (0, 10, 25)),
    ],
)  # fmt: skip
def test_the_next_step_of_the_credits_is_told_in_money(
    ledger: Ledger, day: str, terms: dict[str, Any], expected: Any, percents: Any
) -> None:
    [found] = stakes(ledger, day, **terms)
    assert (found["window_state"], found["next_below_ratio"]) == expected
    assert tuple(found[f"{part}_percent"] for part in ("due", "next", "most")) == percents
    amounts = [found[f"{part}_amount"] for part in ("due", "next", "most")]
    assert amounts == [10 * one for one in percents]  # of a fee of 1,000 EUR
    first = "2026-09-01" if expected[0] else "2026-10-01"
    assert found["start"] == f"{first}T00:00:00Z"


def test_whose_step_is_next_is_the_one_nearest_to_it(ledger: Ledger) -> None:
    [found] = stakes(ledger, "2026-09-15", services=["shop", "wiki"])
    assert (found["next_service"], found["next_percent"]) == ("wiki", 25 + 10)
    [found] = stakes(ledger, "2026-09-19", objective=99.5, credits=[{"below": 99.5, "credit": 5}])
    assert (found["window_state"], found["next_service"]) == ("on_course", "shop")


def test_without_a_fee_percents_are_told_and_no_amounts(ledger: Ledger) -> None:
    [found] = stakes(ledger, "2026-09-15", fee=None)
    assert found["next_percent"] == 60
    assert [found[f"{part}_amount"] for part in ("due", "next", "most")] == [None] * 3
    said = FORMATS["text"].render(told(ledger, "2026-09-15", {"id": "a", "fee": None})).decode()
    assert "50 % due as it stands; 60 % if wiki is under 99.9 %; at most 75 %" in said
    assert "= fee not known" in said


@pytest.mark.parametrize("terms", [{"credits": []}, {"window": "30d", "credits": []}])
def test_where_no_credits_are_agreed_nothing_is_invented(
    ledger: Ledger, terms: dict[str, Any]
) -> None:
    assert list(stakes(ledger, "2026-09-15", **terms)) == []
    shown = FORMATS["html"].render(told(ledger, "2026-09-15", {"id": "a"} | terms)).decode()
    assert "What a miss would cost" not in shown


# 60 of 21,600 minutes: 99.722 % on the 15th; the shop's own steps are under 99.9 and 99.5 %.
@pytest.mark.parametrize(
    ("day", "terms", "expected"),
    [
        ("2026-09-15", {}, ("2026-09-01", "lost", 10, 0.995, 25, 25)),
        ("2026-09-15", {"credits": LATE[:1]}, ("2026-09-01", "lost", 10, None, 10, 10)),
        ("2026-09-09", {}, ("2026-09-01", "on_course", 0, 0.999, 10, 25)),
        ("2026-09", {}, ("2026-10-01", None, 0, 0.999, 10, 25)),
        ("2026-09-15", {"window": "30d"}, None),
        ("2026-09-15", {"credits": []}, None),
        ("2026-09", {"until": "2026-10-01"}, None),
    ],
)
def test_a_service_with_credits_of_its_own_has_a_stake(
    ledger: Ledger, day: str, terms: dict[str, Any], expected: Any
) -> None:
    steps = [{"below": 99.9, "credit": 10}, {"below": 99.5, "credit": 25}]
    shop = {"id": "shop", "objective": 99.9, "credits": steps} | terms
    now, book = at("2026-12-01"), catalogue(shop, {"id": "till"})
    found = report(Books(book, ledger), parse_period(day, UTC, now), now)
    listed = json.loads(FORMATS["json"].render(found))["board"]["stakes"]
    if expected is None:
        assert listed == []
        return
    [stake] = listed
    parts = ("due_percent", "next_below_ratio", "next_percent", "most_percent")
    told = (stake["start"][:10], stake["window_state"], *(stake[part] for part in parts))
    assert told == expected
    assert (stake["kind"], stake["service"], stake["agreement"]) == ("service", "shop", None)
    assert (stake["next_amount"], stake["currency"]) == (None, "EUR")


def test_services_and_agreements_stand_together_and_customers_see_their_own(
    ledger: Ledger,
) -> None:
    shop = {"id": "shop", "objective": 99.9, "credits": LATE}
    acme = {
        "id": "a", "customer": "ACME", "services": ["till"], "objective": 99.9, "fee": 1000,
        "credits": LATE,
    }  # fmt: skip
    now = at("2026-12-01")
    books_ = Books(catalogue(shop, {"id": "till"}, agreements=[acme]), ledger)
    period = parse_period("2026-09", UTC, now)
    said = FORMATS["text"].render(report(books_, period, now)).decode()
    assert "What a miss would cost:\nACME: October 2026: " in said
    assert "\nshop: October 2026: 10 % under 99.8 %; at most 25 % = fee not known" in said
    customers = report(books_, period, now, agreement="a")
    assert "shop" not in FORMATS["text"].render(customers).decode()


def test_a_fee_of_nothing_costs_nothing_and_owes_nothing(ledger: Ledger) -> None:
    free = told(ledger, "2026-09", {"id": "a", "fee": 0, "rule": "worst"})
    page = board(free)
    assert (page.stakes, page.owed) == ((), ())
    assert [one.credit for one in free.agreements[0].closed] == [10]


def test_page_paper_and_message_say_what_the_json_does(ledger: Ledger) -> None:
    late = {"id": "b", "customer": "Büro", "rule": "worst", "currency": "CHF", "fee": 12.5}
    found = told(ledger, "2026-09", {"id": "a"}, late)
    listed = json.loads(FORMATS["json"].render(found))["board"]["stakes"]
    assert [(one["next_amount"], one["currency"]) for one in listed] == [
        (100, "EUR"), (1.25, "CHF"),
    ]  # fmt: skip
    paper = " ".join(pdftotext(FORMATS["pdf"].render(found), "-raw").split())
    for row in (
        "ACME October 2026: 10 % of 1,000 EUR under 99.9 %; at most 750 EUR 100.00 EUR",
        "1.25 CHF",
    ):
        assert row in paper
    message = FORMATS["slack"].render(found).decode()
    assert "What a miss would cost: ACME 100.00 EUR; Büro 1.25 CHF" in message
