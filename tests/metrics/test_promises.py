"""Closed months and agreements as text."""

import subprocess

import pytest

from sla_engine.domain.agreement import AgreementReport, AgreementWindow, Part
from sla_engine.domain.interval import Interval
from sla_engine.domain.promises import MonthOfOwner, Promises
from sla_engine.metrics import promises_text

ABOUT = 'agreement="x",customer="ACME",rule="worst",window="month",currency="EUR"'
# September and October of Berlin, the latter an hour longer.
SEPTEMBER = Interval(1_788_213_600_000, 1_790_805_600_000)
OCTOBER = Interval(1_790_805_600_000, 1_793_487_600_000)


def _agreement(**more: object) -> AgreementReport:
    parts = (Part("Shop", 0.998, None, None, 0), Part("Till", None, None, None, 0))
    closed = AgreementWindow(SEPTEMBER, parts, 0.998, met=False, credit=25, money=250.0)
    running = AgreementWindow(OCTOBER, parts, 0.999, state="at_risk", exhausted=1_793_000_000_000)
    given = {"objective": 0.999, "fee": 1000.0, "currency": "EUR", "window": "month"} | more
    return AgreementReport("x", "ACME", "worst", closed=(closed,), running=running, **given)  # type: ignore[arg-type]


def test_an_agreement_is_told_by_its_window_its_verdict_and_its_money() -> None:
    lines = promises_text(Promises((_agreement(),), (("x", "shop"),))).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        f"sla_agreement_info{{{ABOUT}}} 1.0",
        'sla_agreement_service_info{agreement="x",service="shop"} 1.0',
        'sla_agreement_objective_ratio{agreement="x"} 0.999',
        'sla_agreement_fee{agreement="x"} 1000.0',
        'sla_agreement_availability_ratio{agreement="x"} 0.999',
        'sla_agreement_state{agreement="x",state="at_risk"} 1.0',
        'sla_agreement_budget_exhausted_timestamp_seconds{agreement="x"} 1793000000.0',
        'sla_agreement_window_start_timestamp_seconds{agreement="x"} 1790805600.0',
        'sla_agreement_window_end_timestamp_seconds{agreement="x"} 1793487600.0',
        'sla_agreement_closed_availability_ratio{agreement="x",closed="2026-09-30"} 0.998',
        'sla_agreement_closed_timestamp_seconds{agreement="x",closed="2026-09-30"} 1790805600.0',
        'sla_agreement_closed_met{agreement="x",closed="2026-09-30"} 0.0',
        'sla_agreement_closed_credit{agreement="x",closed="2026-09-30",currency="EUR"} 250.0',
        'sla_agreement_closed_least_availability_ratio{agreement="x",closed="2026-09-30"} 0.998',
    ]


def test_what_was_not_promised_or_is_not_known_has_no_sample() -> None:
    bare = AgreementReport("x", "ACME", "each", "month", None, None, "EUR")
    names = promises_text(Promises((bare,))).decode().splitlines()
    assert [line.split("{")[0] for line in names if not line.startswith("#")] == [
        "sla_agreement_info"
    ]


def test_months_are_told_by_owner_once_every_service_was_accounted_for() -> None:
    month = MonthOfOwner("sales", "2026-09", 2, 1, 0, 3_600_000, 7_200_000, 120.5, "EUR")
    lines = promises_text(Promises(months=(month,))).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'sla_month_windows{owner="sales",month="2026-09",verdict="met"} 2.0',
        'sla_month_windows{owner="sales",month="2026-09",verdict="missed"} 1.0',
        'sla_month_windows{owner="sales",month="2026-09",verdict="unjudged"} 0.0',
        'sla_month_downtime_seconds{owner="sales",month="2026-09",kind="planned"} 3600.0',
        'sla_month_downtime_seconds{owner="sales",month="2026-09",kind="unplanned"} 7200.0',
        'sla_month_cost{owner="sales",month="2026-09",currency="EUR"} 120.5',
    ]
    assert b"sla_month_windows{" not in promises_text(Promises())


@pytest.mark.integration
def test_promtool_has_nothing_to_say_of_promises() -> None:
    month = MonthOfOwner("sales", "2026-09", 2, 1, 0, 3_600_000, 7_200_000, 120.5, "EUR")
    text = promises_text(Promises((_agreement(),), (("x", "shop"),), (month,)))
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
