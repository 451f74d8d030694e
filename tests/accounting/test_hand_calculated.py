"""A month with a change of clocks, a service that begins in it, an approval afterwards: by hand.

October 2026 in Berlin has 31 days and one hour: 745 h = 2,682,000 s. The shop is down on the 5th
from 14:00 for 50 min = 3,000 s, and on the 25th from 02:30 CEST to 02:30 CET, which is 60 min =
3,600 s. Its objective is 99.9 %, which leaves 2,682 s. The new service is first seen on the 16th
at midnight: 16 days and one hour = 385 h = 1,386,000 s; it is down for 300 s of 1,386 s allowed.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sla_engine.accounting.report import frozen_report, report
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State, Timeline
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue

BERLIN = ZoneInfo("Europe/Berlin")
OCTOBER = parse_period("2026-10", BERLIN, 0)
CREDITS = [{"below": 99.9, "credit": 10}, {"below": 99, "credit": 25}]
BOOK = catalogue(
    {"id": "shop", "objective": 99.9, "cost_per_hour": 1200, "credits": CREDITS},
    {"id": "new", "objective": 99.9},
    timezone="Europe/Berlin",
)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


CHANGE = (at("2026-10-25T02:30:00+02:00"), at("2026-10-25T02:30:00+01:00"))
CRASH = (at("2026-10-05T14:00:00+02:00"), at("2026-10-05T14:50:00+02:00"))
HICCUP = (at("2026-10-20T12:00:00+02:00"), at("2026-10-20T12:05:00+02:00"))
FIRST = at("2026-10-16T00:00:00+02:00")
NOVEMBER = at("2026-11-01T09:00:00+01:00")


def up_but(start: int, *down: tuple[int, int]) -> Timeline:
    pieces, cursor = [], start
    for begin, end in down:
        pieces += [Segment(cursor, begin, State.UP), Segment(begin, end, State.DOWN)]
        cursor = end
    return (*pieces, Segment(cursor, NOVEMBER, State.UP))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        shop = Derived("shop", up_but(OCTOBER.start, CRASH, CHANGE), OCTOBER.start)
        opened.apply([shop, Derived("new", up_but(FIRST, HICCUP), FIRST)])
        yield opened


def approve_afterwards(ledger: Ledger) -> None:
    scope = Scope(services=("shop",))
    asked = at("2026-11-03T09:00:00+01:00")
    work = Request("m1", "cli", "Move of the database", scope, *CHANGE, "Europe/Berlin")
    ledger.windows.add(work, WindowEvent(asked, "requested", "ada"))
    ledger.windows.append("m1", WindowEvent(asked + 1, "approved", "bob", "agreed by telephone"))


def test_the_month_as_it_was_first_reported(ledger: Ledger) -> None:
    made = frozen_report(Books(BOOK, ledger), OCTOBER, NOVEMBER)
    shop, new = json.loads(FORMATS["json"].render(made))["services"]
    assert shop["agreed_seconds"] == 2_682_000
    assert shop["downtime_seconds"] == {"planned": 0, "unplanned": 6_600}
    assert shop["availability_ratio"] == (2_682_000 - 6_600) / 2_682_000
    assert shop["error_budget_seconds"] == 2_682
    assert shop["error_budget_remaining_ratio"] == pytest.approx(1 - 6_600 / 2_682, rel=1e-12)
    assert (shop["met"], shop["outage_count"], shop["longest_outage_seconds"]) == (False, 2, 3_600)
    assert shop["burn_rate"] == pytest.approx(6_600 / 2_682, rel=1e-9)
    assert shop["error_budget_exhausted_at"] is None
    assert shop["mtrs_seconds"] == 3_300
    assert shop["mtbf_seconds"] == (2_682_000 - 6_600) / 2
    assert [o["duration_seconds"] for o in shop["outages"]] == [3_000, 3_600]
    assert new["agreed_seconds"] == 1_386_000
    assert new["availability_ratio"] == (1_386_000 - 300) / 1_386_000
    assert new["error_budget_remaining_ratio"] == pytest.approx(1 - 300 / 1_386, rel=1e-12)
    assert (new["met"], new["coverage_ratio"]) == (True, 1.0)
    assert (made.services[0].impact, made.services[0].credit) == (2_200, 10)
    assert made.services[1].began == FIRST


def test_the_month_after_its_work_was_approved(ledger: Ledger) -> None:
    frozen_report(Books(BOOK, ledger), OCTOBER, NOVEMBER)
    approve_afterwards(ledger)
    made = report(Books(BOOK, ledger), OCTOBER, at("2026-11-04T09:00:00+01:00"))
    [shop, _] = json.loads(FORMATS["json"].render(made))["services"]
    assert shop["downtime_seconds"] == {"planned": 3_600, "unplanned": 3_000}
    assert shop["excluded_seconds"] == 3_600
    after = (2_682_000 - 3_600 - 3_000) / (2_682_000 - 3_600)
    assert shop["availability_ratio"] == after
    assert [o["class"] for o in shop["outages"]] == ["unplanned", "planned"]
    assert (shop["maintenance_seconds"], shop["maintenance_used_seconds"]) == (3_600, 3_600)
    [restated] = made.restatements
    assert (restated.service, restated.before) == ("shop", (2_682_000 - 6_600) / 2_682_000)
    assert (restated.after, restated.author) == (after, "bob")
    [work] = made.works
    assert (work.used, work.retroactive, work.approver) == (3_600_000, True, "bob")
    page = FORMATS["html"].render(made).decode()
    assert "Restatements" in page
    assert "99.754 %" in page  # before: 99.7539
    assert "99.888 %" in page  # after: 99.8880


def test_the_days_of_the_strip_are_23_24_and_25_hours_long(ledger: Ledger) -> None:
    days = report(Books(BOOK, ledger), OCTOBER, NOVEMBER).services[0].days
    assert len(days) == 90
    hours = {day.span.length // 3_600_000 for day in days}
    assert hours == {24, 25}
    [longest] = [day for day in days if day.span.length == 25 * 3_600_000]
    assert longest.unplanned == 3_600_000
    assert longest.availability == 24 / 25
