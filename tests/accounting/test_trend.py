"""The periods before a report's: each sum is what the report of that period says."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sla_engine.accounting import trend as module
from sla_engine.accounting.figures import figures_in
from sla_engine.accounting.report import make_report
from sla_engine.domain.board import board
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.summary import summarize
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.event_outages import EventOutages
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue

UTC = ZoneInfo("UTC")
MINUTE = 60_000
STEPS = [{"below": 99.9, "credit": 10}]


def at(day: str) -> int:
    return parse_period(day, UTC, 0).start


FIRST, END = at("2026-02-01"), at("2026-11-10")
DOWN = {
    "shop": [("2026-03-05", 90), ("2026-05-31", 1_441), ("2026-09-10", 60)],
    "till": [("2026-09-10", 30)],
    "wiki": [("2026-04-01", 10)],
}


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """Shop is down over the end of May: from the 31st to a minute after midnight of 1 June."""
    with Ledger.open("sqlite://") as found:
        for name, outages in DOWN.items():
            line, cursor = [], FIRST
            for day, minutes in outages:
                end = at(day) + minutes * MINUTE
                line += [
                    Segment(cursor, at(day), State.UP), Segment(at(day), end, State.DOWN),
                ]  # fmt: skip
                cursor = end
            found.apply([Derived(name, (*line, Segment(cursor, END, State.UP)), FIRST)])
        yield found


def books(ledger: Ledger, **shop: Any) -> Books:
    services: list[dict[str, Any]] = [
        {"id": "shop", "objective": 99.9, "cost_per_hour": 600} | shop,
        {"id": "till", "objective": 99.9, "cost_per_hour": 60},
        {"id": "wiki"},
    ]
    agreement = {"id": "a", "customer": "ACME", "services": ["shop"], "objective": 99.9}
    promised = agreement | {"fee": 1_000, "credits": STEPS}
    return Books(catalogue(*services, agreements=[promised]), ledger)


def made(ledger: Ledger, name: str, now: int = END, **shop: Any) -> PeriodReport:
    period = parse_period(name, UTC, now)
    return make_report(books(ledger, **shop), period, now, [FORMATS["json"]])


def test_every_month_says_what_the_report_of_that_month_says(ledger: Ledger) -> None:
    found = made(ledger, "2026-10").trend
    assert len(found) == 13
    for number, one in enumerate(found[4:], 2):
        own = made(ledger, f"2026-{number:02}")
        summary, page = summarize(own.services), board(own)
        assert one == own.trend[-1], number
        assert (one.planned, one.unplanned, one.outages) == (
            summary.planned, summary.unplanned, summary.outages,
        )  # fmt: skip
        assert (one.met, one.judged) == (
            len(summary.met), len(summary.met) + len(summary.missed),
        )  # fmt: skip
        assert one.cost == (page.loss or 0)
        assert one.owed == page.debts


def test_the_months_are_those_of_a_hand_calculation(ledger: Ledger) -> None:
    found = {one.span.start: one for one in made(ledger, "2026-10").trend}
    march, may, june = (found[at(f"2026-{month}-01")] for month in ("03", "05", "06"))
    assert (march.met, march.judged, march.unplanned, march.cost) == (1, 2, 90 * MINUTE, 900)
    assert march.owed == {"EUR": 100.0}
    assert (may.unplanned, june.unplanned) == (1_440 * MINUTE, MINUTE)
    assert (june.met, june.judged, june.owed) == (2, 2, {})
    before = found[at("2025-10-01")]
    assert (before.agreed, before.judged, before.coverage) == (0, 0, None)


def test_the_year_counts_an_outage_over_the_end_of_a_month_once(ledger: Ledger) -> None:
    year = made(ledger, "2026-10").year
    assert year is not None
    assert year.span.start == at("2026-01-01")
    assert year.outages == 5
    assert year.unplanned == (90 + 1_441 + 60 + 30 + 10) * MINUTE
    assert year.cost == pytest.approx((90 + 1_441 + 60) * 10 + 30)
    assert sum(year.owed.values()) == 300  # March, May and September
    january = made(ledger, "2026-03").year
    assert january is not None
    assert january.outages == 1


def test_months_owed_before_the_first_sample_are_unknown_and_not_left_out(ledger: Ledger) -> None:
    found = made(ledger, "2026-10", since="2026-01-01").trend
    december, january = found[2], found[3]
    assert (december.agreed, december.unknown) == (0, 0)
    assert january.agreed == january.unknown == 31 * 24 * 60 * MINUTE
    assert (january.coverage, january.cost) == (0.0, 0.0)


def test_a_quarter_shows_months_a_week_shows_weeks_and_a_day_shows_none(ledger: Ledger) -> None:
    quarter, week, day = (made(ledger, name) for name in ("2026-Q3", "2026-W40", "2026-10-03"))
    assert quarter.trend[-1].span.start == at("2026-09-01")
    assert len(quarter.trend) == len(week.trend) == 13
    assert week.trend[-1].span == week.period
    assert week.year is None
    assert (day.trend, day.year) == ((), None)


def test_months_to_come_are_left_out(ledger: Ledger) -> None:
    found = made(ledger, "2026-Q4", at("2026-11-05")).trend
    assert found[-1].span.start == at("2026-11-01")


def test_a_window_longer_than_a_month_is_judged_in_the_month_that_it_closes_in(
    ledger: Ledger,
) -> None:
    found = {one.span.start: one for one in made(ledger, "2026-10", window="quarter").trend}
    assert [found[at(f"2026-{month}-01")].judged for month in ("07", "08", "09")] == [1, 1, 2]
    assert found[at("2026-09-01")].met == 2  # 60 of the quarter's 132.48 minutes, not of 43.2


def test_who_names_services_sees_the_trend_of_these(ledger: Ledger) -> None:
    period = parse_period("2026-10", UTC, END)
    formats = [FORMATS["json"]]
    own = make_report(books(ledger), period, END, formats, services=["till"])
    assert own.year is not None
    assert own.year.unplanned == 30 * MINUTE
    assert own.named == ("till",)
    assert made(ledger, "2026-10").named == ()


def test_a_service_that_cannot_be_computed_is_missing_and_all_others_are_summed_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = figures_in

    def fails(service: Any, facts: Any, span: Any, now: int) -> Any:
        if service.id == "shop" and span.start == at("2026-03-01"):
            raise OverflowError("a date out of range")
        return known(service, facts, span, now)

    monkeypatch.setattr(module, "figures_in", fails)
    found = {one.span.start: one for one in made(ledger, "2026-10").trend}
    assert found[at("2026-03-01")].missing == 1
    assert found[at("2026-03-01")].judged == 1
    assert found[at("2026-09-01")].missing == 0


def test_of_a_service_that_counts_events_a_frozen_month_keeps_verdict_and_cost() -> None:
    shop = {
        "id": "api", "objective": 99, "cost_per_hour": 600, "sli": {"good": "g", "total": "t"},
    }  # fmt: skip
    start, end = at("2026-09-01"), at("2026-10-01")
    failing = range(at("2026-09-10"), at("2026-09-10") + 600 * MINUTE, MINUTE)
    minutes = tuple(Minute(m, 0 if m in failing else 10, 10) for m in range(start, end, MINUTE))
    with Ledger.open("sqlite://") as ledger:
        kept = Books(catalogue(shop), ledger)
        item = Derived("api", (Segment(start, end, State.UP),), start, 0, minutes)
        ledger.apply([EventOutages(kept, Interval(start, end)).judged(item)])
        september, october = (parse_period(name, UTC, end) for name in ("2026-09", "2026-10"))
        make_report(kept, september, end + 1, [FORMATS["json"]], frozen=True)
        found = make_report(kept, october, at("2026-11-01"), [FORMATS["json"]]).trend[-2]
        own = make_report(kept, september, end + 1, [FORMATS["json"]]).trend[-1]
    assert (found.met, found.judged) == (0, 1)
    assert found.unplanned == 600 * MINUTE
    assert found.cost == pytest.approx(6_000)
    assert found == own
