"""The first page in figures, each worked out by hand from the sample of the reports."""

from dataclasses import replace

import pytest

from sla_engine.domain.agreement import AgreementReport, AgreementWindow, Part
from sla_engine.domain.board import board
from sla_engine.domain.contract_window import ClosedWindow, Contract, RunningWindow
from sla_engine.domain.events import Weighed
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import Capacity, Certificate, Host, PeriodReport, ServiceReport
from tests.reports.sample import DAY, MINUTE, MONTH, NIGHT, REPORT, at, outage, service

NEXT = Interval(MONTH.end, at("2026-12-01T00:00"))


def report(*services: ServiceReport, **fields: object) -> PeriodReport:
    return replace(REPORT, services=services, capacity=None, **fields)  # type: ignore[arg-type]


def priced(one: ServiceReport, hourly: float) -> ServiceReport:
    impact = one.figures.unplanned / 3_600_000 * hourly
    return replace(one, cost_per_hour=hourly, impact=impact)


def agreement(*closed: AgreementWindow, **fields: object) -> AgreementReport:
    given = {"rule": "worst", "window": "month", "objective": 0.999, "fee": 1_000.0}
    return AgreementReport("a", "ACME", currency="CHF", closed=closed, **(given | fields))  # type: ignore[arg-type]


SHOP = priced(service("shop", outage("shop", "2026-10-05T14:00:00", 90)), 1_000)
TILL = priced(service("till", outage("till", "2026-10-06T14:00:00", 30), objective=99.0), 4_000)
WIKI = service("wiki", objective=None)
MAIL = service("mail")


def test_agreements_stand_first_and_what_was_missed_stands_above_what_costs_more() -> None:
    bad = AgreementWindow(MONTH, (Part("Shop", 0.9, False, 10, 90 * MINUTE),), 0.9, met=False)
    page = board(report(MAIL, TILL, WIKI, SHOP, agreements=(agreement(bad),)))
    assert [(one.kind, one.name, one.met) for one in page.verdicts] == [
        ("agreement", "ACME", False),
        ("service", "Shop", False),  # 90 of 44.7 minutes that may be lost
        ("service", "Till", True),  # 4,000 an hour
        ("service", "Mail", True),
    ]
    assert page.verdicts[0].unplanned == 90 * MINUTE
    assert page.verdicts[0].availability == 0.9


def test_an_agreement_adds_up_events_of_some_services_and_the_downtime_of_the_others() -> None:
    shop = Part("Shop", 0.99, False, 10, 90 * MINUTE, events=Weighed(990.0, 1000.0))
    mail = Part("Mail", 0.99, False, 10, 30 * MINUTE)
    for parts, events, by_time in (
        ((shop, mail), (990.0, 1000.0), 30 * MINUTE),
        ((shop, shop), (1980.0, 2000.0), None),
        ((mail,), None, 30 * MINUTE),
    ):
        window = AgreementWindow(MONTH, parts, 0.99, met=False)
        [verdict] = board(report(agreements=(agreement(window),))).verdicts
        assert (verdict.events, verdict.by_time) == (events, by_time)


def test_a_component_has_no_verdict_beside_its_composite_and_no_outage_of_its_own() -> None:
    part = replace(SHOP, part_of="mail")
    page = board(report(MAIL, part))
    assert [one.id for one in page.verdicts] == ["mail"]
    assert page.done == ()
    assert page.unplanned == 0


def test_what_was_lost_is_the_sum_of_its_parts_and_the_dearest_part_stands_first() -> None:
    page = board(report(SHOP, TILL, WIKI))
    parts = [(one.id, one.time, one.cost_per_hour, one.amount) for one in page.lost]
    assert parts == [
        ("till", 30 * MINUTE, 4_000, 2_000),
        ("shop", 90 * MINUTE, 1_000, 1_500),
    ]
    assert page.loss == 3_500
    assert [one.id for one in page.by_money] == ["till", "shop"]
    assert [one.id for one in page.by_budget] == ["shop", "till"]
    assert board(report(WIKI)).loss is None


def test_a_composite_with_a_price_is_lost_once() -> None:
    whole = replace(SHOP, id="whole")
    page = board(report(whole, replace(SHOP, part_of="whole")))
    assert [one.id for one in page.lost] == ["whole"]
    unpriced = replace(whole, impact=None, cost_per_hour=None)
    page = board(report(unpriced, replace(SHOP, part_of="whole")))
    assert [one.id for one in page.lost] == ["shop"]


def test_what_is_owed_names_the_percent_the_fee_and_the_window() -> None:
    due = AgreementWindow(MONTH, (), 0.9, met=False, credit=10, money=100)
    kept = AgreementWindow(MONTH, (), 1.0, met=True, credit=0, money=0)
    ladder = Contract("month", (ClosedWindow(MONTH, SHOP.figures, 25.0),))
    page = board(
        report(
            replace(SHOP, contract=ladder),
            agreements=(agreement(due, kept), agreement(due)),
        )
    )
    owed = [(one.kind, one.name, one.percent, one.fee, one.amount) for one in page.owed]
    assert owed == [
        ("agreement", "ACME", 10, 1_000, 100),
        ("agreement", "ACME", 10, 1_000, 100),
        ("service", "Shop", 25, None, None),
    ]
    assert page.debts == {"CHF": 200}


def test_what_is_done_is_what_people_wrote_and_silence_is_counted() -> None:
    told = service(
        "shop", outage("shop", "2026-10-05T14:00:00", 20, note="a second disk", ticket="OPS-7")
    )
    silent = service("mail", outage("mail", "2026-10-06T14:00:00", 10))
    planned = service("till", outage("till", "2026-10-18T02:10:00", 30), planned=(NIGHT,))
    page = board(report(told, silent, planned))
    assert [(one.id, one.note, one.ticket, one.is_told) for one in page.done] == [
        ("shop", "a second disk", "OPS-7", True),
        ("mail", None, None, False),
    ]
    assert page.silent == 1


def running(state: str, gone: int | None) -> Contract:
    run = RunningWindow(NEXT, SHOP.figures, state, gone)  # type: ignore[arg-type]
    return Contract("quarter", running=run)


@pytest.mark.parametrize(
    ("contract", "expected"),
    [
        (running("at_risk", NEXT.start + DAY), [("window", NEXT.start + DAY)]),
        (running("lost", None), [("window", None)]),
        (running("on_course", None), []),
        (None, [("pace", None)]),
    ],
)
def test_a_budget_is_at_risk_by_the_window_that_runs_else_by_the_one_that_closed(
    contract: Contract | None, expected: list[tuple[str, int | None]]
) -> None:
    page = board(report(replace(SHOP, contract=contract)))
    assert [(one.kind, one.at) for one in page.risks] == expected


def test_who_has_a_fifth_of_the_budget_left_is_not_named_and_who_has_less_is() -> None:
    # October is 44,700 minutes long: 0.1 % of it is 44.7.
    for minutes, named in ((35.7, False), (35.8, True)):
        page = board(report(service("x", outage("x", "2026-10-05T14:00:00", minutes))))
        assert bool(page.risks) is named


def test_servers_and_certificates_are_at_risk_within_a_month_the_soonest_first() -> None:
    hosts = (
        Host("db", mount="/var", used=0.9, full_in=12),
        Host("late", mount="/", used=0.5, full_in=31.5),
        Host("calm"),
    )
    certificates = (
        Certificate("shop:443", at("2026-11-20T12:00")),
        Certificate("mail:443", at("2026-12-24T12:00")),
    )
    page = board(replace(report(), capacity=Capacity(hosts, certificates)))
    assert [(one.kind, one.name, one.at, one.place) for one in page.risks] == [
        ("disk", "db", MONTH.end + 12 * DAY, "/var"),
        ("certificate", "shop:443", at("2026-11-20T12:00"), ""),
    ]
    assert page.ahead == Interval(MONTH.end, MONTH.end + MONTH.length)
