"""What is published of closed months and of agreements is what reports say of them."""

from itertools import chain, repeat

import pytest

from sla_engine.accounting import promises
from sla_engine.accounting.past import noted, remembered
from sla_engine.accounting.promises import PromiseWatch, closed_months
from sla_engine.accounting.report import report
from sla_engine.accounting.trend import with_trend
from sla_engine.domain.outage import Correction
from sla_engine.domain.period import parse_period
from sla_engine.domain.promises import MonthOfOwner
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from tests.accounting.test_agreements import DOWN, FIRST, UTC, at, books, ledger
from tests.catalogues import catalogue

__all__ = ["ledger"]
HOUR = 3_600_000
NOW = at("2026-11-11")


def _always() -> bool:
    return True


def test_months_are_closed_and_thirteen(ledger: Ledger) -> None:
    months = closed_months(books(ledger).catalogue, NOW)
    assert [months[0].name, months[-1].name, len(months)] == ["2025-10", "2026-10", 13]


def test_months_by_owner_are_the_reports_figures(ledger: Ledger) -> None:
    several = (
        {"id": "shop", "owner": "sales", "objective": 99, "cost_per_hour": 100},
        {"id": "till", "owner": "sales", "objective": 99.99},
        {"id": "wiki", "owner": "office", "objective": 99},
    )
    kept = Books(catalogue(*several), ledger)
    found = PromiseWatch().step(kept, NOW, _always).months
    assert found is not None
    assert [(row.owner, row.month) for row in found] == [
        *(("office", "2026-09"), ("sales", "2026-09")),
        *(("office", "2026-10"), ("sales", "2026-10")),
    ]
    told = {one.id: one for one in report(kept, parse_period("2026-09", UTC, NOW), NOW).services}
    assert told["till"].figures.met is False
    assert found[1] == MonthOfOwner(
        owner="sales",
        month="2026-09",
        met=1,
        missed=1,
        unjudged=0,
        planned=0,
        unplanned=told["shop"].figures.unplanned + told["till"].figures.unplanned,
        cost=told["shop"].impact,
        currency="EUR",
    )


def test_a_month_cost_what_it_did_in_the_currency_of_that_time(ledger: Ledger) -> None:
    """The organisation changed from euros to dollars in the middle of October."""
    shop = {"id": "shop", "owner": "sales", "objective": 99, "cost_per_hour": 100}
    for day, currency in (("2026-09-01", "EUR"), ("2026-10-15", "USD")):
        noted(Books(catalogue(shop, currency=currency), ledger), at(day))
    kept = remembered(Books(catalogue(shop, currency="USD"), ledger), at("2026-12-03"))
    found = PromiseWatch().step(kept, at("2026-12-03"), _always).months
    assert found is not None
    assert [(row.month, row.currency) for row in found] == [
        ("2026-09", "EUR"), ("2026-10", "EUR"), ("2026-11", "USD"),
    ]  # fmt: skip
    november = parse_period("2026-11", UTC, at("2026-12-03"))
    made = report(kept, november, at("2026-12-03"), strips=False)
    shown = with_trend(made, kept, november, at("2026-12-03"))
    known = {one.span.start: one.cost for one in shown.trend}
    assert made.currency == "USD"
    assert [known[at(day)] for day in ("2026-09-01", "2026-10-01")] == [None, None]
    assert known[at("2026-11-01")] is not None
    assert shown.year is not None
    assert shown.year.cost is None


def test_an_agreement_is_published_as_its_report_says(ledger: Ledger) -> None:
    kept = books(ledger, {"id": "x", "rule": "worst"})
    [found] = PromiseWatch().step(kept, NOW, _always).agreements
    year = report(kept, parse_period("2026", UTC, NOW), NOW).agreements[0]
    assert found.closed == year.closed
    assert found.running == year.running
    assert [w.money for w in found.closed] == [100, 0]


def test_agreements_are_brought_up_to_date_by_their_last_day(ledger: Ledger) -> None:
    kept = books(ledger, {"id": "x", "rule": "worst", "window": "day"})
    watch = PromiseWatch()
    watch.step(kept, NOW, _always)
    [found] = watch.step(kept, NOW + 301_000, _always).agreements
    [fresh] = PromiseWatch().step(kept, NOW + 301_000, _always).agreements
    assert found == fresh
    assert len(found.closed) == 13


def test_a_tick_does_a_part_and_what_is_not_whole_is_not_published(ledger: Ledger) -> None:
    kept = Books(catalogue(*(f"s{number}" for number in range(50))), ledger)
    watch = PromiseWatch()
    steps = [watch.step(kept, NOW, lambda: False).months for _ in range(3)]
    assert [one is None for one in steps] == [True, True, False]
    calls = chain([True], repeat(False))
    assert PromiseWatch().step(kept, NOW, lambda: next(calls)).months is None


def test_a_decision_on_a_closed_month_shows() -> None:
    with Ledger.open("sqlite://") as own:
        line = (Segment(FIRST, FIRST + HOUR, State.DOWN), Segment(FIRST + HOUR, NOW, State.UP))
        own.apply([Derived("shop", line, FIRST)])
        kept = Books(catalogue("shop"), own)
        watch = PromiseWatch()
        before = watch.step(kept, NOW, _always).months
        own.corrections.add(
            "shop", FIRST, Correction(NOW, "ann", "class", "unplanned", "planned", "log")
        )
        after = watch.step(kept, NOW, _always).months
        assert before is not None
        assert after is not None
        assert [(row[0].planned, row[0].unplanned) for row in (before, after)] == [
            (0, HOUR),
            (HOUR, 0),
        ]


def test_the_fault_of_one_agreement_stays_its_own(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = promises._kept

    def kept(*args: object) -> object:
        if args[1].id == "bad":  # type: ignore[attr-defined]
            raise ValueError("no such thing")
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(promises, "_kept", kept)
    watch = PromiseWatch()
    found = watch.step(books(ledger, {"id": "bad"}, {"id": "good"}), NOW, _always)
    assert [one.id for one in found.agreements] == ["good"]
    assert {name: fault.reason for name, fault in watch.faults.items()} == {"bad": "accounting"}
    assert found.months is not None


def test_the_last_window_of_an_agreement_that_left_is_published_once_and_for_a_month() -> None:
    one, other = {"id": "a", "rule": "worst"}, {"id": "b", "rule": "worst"}
    with Ledger.open("sqlite://") as found:
        found.apply(
            [Derived(n, (Segment(FIRST, at("2026-12-31"), State.UP),), FIRST) for n in DOWN]
        )
        noted(books(found, one, other), at("2026-09-01"))
        noted(books(found, other), at("2026-10-05"))
        watch, told = PromiseWatch(), {}
        for day in ("2026-10-20", "2026-11-01", "2026-11-02", "2026-11-30", "2026-12-03"):
            kept = remembered(books(found, other), at(day))
            published = watch.step(kept, at(day) + HOUR, _always)
            told[day] = {r.id: (len(r.closed), r.running is not None) for r in published.agreements}
            assert {name for name, _ in published.parts} == told[day].keys()
    assert [one.get("a") for one in told.values()] == [
        (1, True), (2, False), (2, False), (2, False), None,
    ]  # fmt: skip
    assert told["2026-12-03"]["b"] == (3, True)
