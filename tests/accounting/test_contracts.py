"""Verdict and credits belong to the contract's window: one shop, eight minutes, many reports."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service_catalogue import Catalogue
from sla_engine.accounting.report import report
from sla_engine.domain.events import Minute
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue
from tests.reports.test_xlsx import read as sheets

UTC = ZoneInfo("UTC")
MINUTE = 60_000
DAY = 1440 * MINUTE
FIRST = parse_period("2026-07-01", UTC, 0).start
END = parse_period("2027-02-01", UTC, 0).start


def at(day: str) -> int:
    return parse_period(day, UTC, 0).start


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A shop that was down for an hour on 10 September and for 8 minutes on 3 October."""
    down = [(at("2026-09-10"), 60 * MINUTE), (at("2026-10-03"), 8 * MINUTE)]
    line, cursor = [], FIRST
    for start, lasted in down:
        line += [Segment(cursor, start, State.UP), Segment(start, start + lasted, State.DOWN)]
        cursor = start + lasted
    line.append(Segment(cursor, END, State.UP))
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as found:
        found.apply([Derived("shop", tuple(line), FIRST)])
        yield found


def shop(**terms: Any) -> Catalogue:
    steps = [{"below": 99.9, "credit": 10}]
    return catalogue({"id": "shop", "objective": 99.9, "credits": steps} | terms)


def told(ledger: Ledger, period: str, now: str = "2027-02-01", **terms: Any) -> dict[str, Any]:
    books, moment = Books(shop(**terms), ledger), at(now)
    made = report(books, parse_period(period, UTC, moment), moment, strips=False)
    [found] = json.loads(FORMATS["json"].render(made))["services"]
    result: dict[str, Any] = found
    return result


def text(ledger: Ledger, period: str, now: str = "2027-02-01", **terms: Any) -> str:
    books, moment = Books(shop(**terms), ledger), at(now)
    made = report(books, parse_period(period, UTC, moment), moment, strips=False)
    return FORMATS["text"].render(made).decode()


def test_a_daily_report_gives_no_verdict_and_no_credit_for_eight_minutes(ledger: Ledger) -> None:
    day = told(ledger, "2026-10-03")
    assert day["availability_ratio"] < 0.999
    assert (day["met"], day["credit_percent"]) == (None, None)
    assert day["contract"]["closed"] == []
    running = day["contract"]["running"]
    assert (running["start"], running["met"]) == ("2026-10-01T00:00:00Z", None)
    assert running["error_budget_remaining_ratio"] == pytest.approx(1 - 8 / 44.64)
    assert "Credits due" not in text(ledger, "2026-10-03")
    assert "MISSED" not in text(ledger, "2026-10-03")


def test_a_burn_that_goes_on_is_at_risk_and_names_the_day_and_a_quiet_day_is_on_course(
    ledger: Ledger,
) -> None:
    day = told(ledger, "2026-10-03")
    assert day["window_state"] == "at_risk"  # 36.64 min left, at 8 a day: 4.58 days
    assert day["contract"]["running"]["error_budget_exhausted_at"].startswith("2026-10-08T13:55")
    assert told(ledger, "2026-10-04")["window_state"] == "on_course"


def test_a_window_is_lost_when_the_budget_of_all_of_it_is_gone_and_missed_only_at_its_end(
    ledger: Ledger,
) -> None:
    tenth = told(ledger, "2026-09-10")
    assert (tenth["met"], tenth["window_state"]) == (None, "lost")
    last = told(ledger, "2026-09-30")
    assert (last["met"], last["window_state"], last["credit_percent"]) == (False, None, 10)


def test_a_running_month_is_not_missed_while_its_budget_lasts(ledger: Ledger) -> None:
    month = told(ledger, "2026-10", now="2026-10-05")
    assert month["availability_ratio"] < 0.999
    assert (month["met"], month["window_state"]) == (None, "on_course")


def test_a_quarter_does_not_forget_the_credit_of_september(ledger: Ledger) -> None:
    quarter = told(ledger, "2026-Q3")
    closed = quarter["contract"]["closed"]
    assert [(w["start"][:7], w["met"], w["credit_percent"]) for w in closed] == [
        ("2026-07", True, 0), ("2026-08", True, 0), ("2026-09", False, 10),
    ]  # fmt: skip
    assert (quarter["met"], quarter["credit_percent"]) == (False, 10)
    words = text(ledger, "2026-Q3")
    assert "CONTRACT WINDOWS (3)" in words
    assert "September 2026" in words


@pytest.mark.parametrize("window", ["day", "week", "2w", "month", "quarter", "year"])
def test_every_window_is_told_once_in_a_half_year_of_daily_weekly_or_monthly_reports(
    ledger: Ledger, window: str
) -> None:
    terms = {"window": window} | ({"window_from": "2026-07-06"} if window == "2w" else {})
    whole = told(ledger, "2026-Q3", **terms)["contract"]["closed"]
    months = [told(ledger, f"2026-{n:02}", **terms) for n in (7, 8, 9)]
    assert [w for month in months for w in month["contract"]["closed"]] == whole
    assert sum(month["credit_percent"] or 0 for month in months) == sum(
        w["credit_percent"] for w in whole
    )


@pytest.mark.parametrize(
    ("period", "terms", "closed"),
    [
        ("2026-10-01", {"window": "month", "timezone": "America/New_York"}, [(False, 10)]),
        ("2026-09-30", {"window": "month", "timezone": "America/New_York"}, []),
        ("2026-09-30", {"window": "month", "timezone": "Asia/Tokyo"}, [(False, 10)]),
        ("2026-W40", {"window": "day"}, [(True, 0)] * 5 + [(False, 10), (True, 0)]),
        ("2026-W40", {"window": "month"}, [(False, 10)]),
        ("2026", {"window": "quarter"}, [(True, 0), (True, 0)]),
        ("2026-09", {"window": "2w", "window_from": "2026-09-07"}, [(True, 0), (False, 10)]),
        ("2026-10", {"window": "2w", "window_from": "2026-09-07"}, [(True, 0), (True, 0)]),
    ],
)
def test_a_report_of_any_period_has_the_verdicts_and_credits_of_what_closed_in_it(
    ledger: Ledger, period: str, terms: dict[str, Any], closed: list[tuple[bool, int]]
) -> None:
    """An hour is over the budget of September, not of its quarter; 8 minutes over a day's."""
    found = told(ledger, period, **terms)["contract"]["closed"]
    assert [(one["met"], one["credit_percent"]) for one in found] == closed


@pytest.mark.parametrize("window", ["7d", "14d", "28d", "30d", "90d"])
def test_a_rolling_window_never_closes_and_credits_nothing(ledger: Ledger, window: str) -> None:
    month = told(ledger, "2026-09", window=window)
    assert (month["met"], month["credit_percent"]) == (None, None)
    assert month["contract"]["closed"] == []
    days = int(window.removesuffix("d"))
    assert month["window_state"] == ("lost" if 20 < days < 90 else "on_course")
    assert month["contract"]["running"]["end"] == "2026-10-01T00:00:00Z"


def test_a_service_that_entered_late_has_a_scaled_budget_and_it_is_said(ledger: Ledger) -> None:
    quarter = told(ledger, "2026-Q3", since="2026-07-16", window="quarter")
    [only] = quarter["contract"]["closed"]
    assert only["owed_since"] == "2026-07-16T00:00:00Z"
    assert only["error_budget_seconds"] == pytest.approx((92 - 15) * 86400 * 0.001)
    assert "scaled" in text(ledger, "2026-08", since="2026-07-16", window="quarter")


def test_a_window_is_of_the_service_s_own_zone(ledger: Ledger) -> None:
    day = told(ledger, "2026-10-31", timezone="America/New_York")
    assert day["contract"]["closed"] == []
    after = told(ledger, "2026-11-01", timezone="America/New_York")
    assert [w["end"] for w in after["contract"]["closed"]] == ["2026-11-01T04:00:00Z"]


def test_verdict_and_budget_are_of_one_window_and_it_is_named_where_another_zone_closes_it(
    ledger: Ledger,
) -> None:
    """October in Berlin holds the end of September in St John's, whose October still runs."""
    down = (Segment(at("2026-10-10"), at("2026-10-10") + 60 * MINUTE, State.DOWN),)
    ledger.apply([Derived("shop", (*down, Segment(down[0].end, END, State.UP)), down[0].start)])
    terms = {"timezone": "America/St_Johns", "window": "month"}
    book = catalogue({"id": "shop", "objective": 99.8} | terms, timezone="Europe/Berlin")
    now = at("2026-11-01") + 60 * MINUTE
    period = parse_period("2026-10", ZoneInfo("Europe/Berlin"), now)
    made = report(Books(book, ledger), period, now, strips=False)
    [row] = json.loads(FORMATS["json"].render(made))["services"]
    [september] = row["contract"]["closed"]
    assert row["verdict_window"] == {"start": september["start"], "end": september["end"]}
    for name in ("met", "error_budget_seconds", "error_budget_remaining_ratio"):
        assert row[name] == september[name]
    assert row["met"] is True
    assert (
        row["contract"]["running"]["error_budget_remaining_ratio"]
        < row["error_budget_remaining_ratio"]
    )
    [verdict] = json.loads(FORMATS["json"].render(made))["board"]["verdicts"]
    assert verdict["window"] == row["verdict_window"]
    assert verdict["availability_ratio"] == september["availability_ratio"]
    assert "verdict of September 2026 (America/St_Johns)" in FORMATS["text"].render(made).decode()


def test_of_the_other_window_only_the_budget_is_told(ledger: Ledger) -> None:
    """What was lost, and the good events, stay those of the period."""
    lost = at("2026-09-10")
    events = (Minute(lost, 0.0, 10.0), Minute(at("2026-09-30"), 990.0, 990.0))
    line = (Segment(FIRST, END, State.UP),)
    ledger.apply([Derived("calls", line, FIRST, 0, events)])
    sli = {"good": "good_total", "total": "all_total"}
    book = catalogue({"id": "calls", "objective": 95, "window": "month", "sli": sli})
    period = parse_period("2026-09-30", UTC, END)
    made = report(Books(book, ledger), period, END, strips=False)
    [row] = json.loads(FORMATS["json"].render(made))["services"]
    assert row["verdict_window"]["start"] == "2026-09-01T00:00:00Z"
    assert (row["lost_seconds"], row["events"]) == (0, {"good": 990, "total": 990})
    assert row["error_budget_events"] == pytest.approx(50)
    assert row["error_budget_remaining_ratio"] == pytest.approx(0.8)


def test_a_verdict_of_the_period_itself_names_no_other_window(ledger: Ledger) -> None:
    assert "verdict_window" not in told(ledger, "2026-09")
    assert "verdict_window" not in told(ledger, "2026-Q3")
    assert "verdict_window" not in told(ledger, "2026-10-03")
    last = told(ledger, "2026-09-30")
    assert last["verdict_window"]["start"] == "2026-09-01T00:00:00Z"
    assert last["error_budget_remaining_ratio"] == pytest.approx(1 - 60 / 43.2)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_tells_a_quarter_s_windows(ledger: Ledger, name: str) -> None:
    if name == "pdf":
        return
    books, now = Books(shop(), ledger), at("2027-02-01")
    made = report(books, parse_period("2026-Q3", UTC, now), now, strips=name == "html")
    if name == "xlsx":  # zipped, its times are numbers
        assert len(sheets(made)["Windows"]) == 3
        return
    assert b"10" in FORMATS[name].render(made)
    wanted = {"csv": b"\r\nwindow,", "json": b'"closed"', "slack": b"September 2026: missed"}
    assert wanted.get(name, b"September 2026") in FORMATS[name].render(made)


def test_the_worked_example_of_the_docs(ledger: Ledger) -> None:
    page = (Path(__file__).parents[2] / "docs" / "accounting.md").read_text(encoding="utf-8")
    periods = {
        "10 September": "2026-09-10", "30 September": "2026-09-30", "3 October": "2026-10-03",
        "4 October": "2026-10-04", "third quarter": "2026-Q3",
    }  # fmt: skip
    verdicts = {True: "met", False: "missed"}
    for name, period in periods.items():
        found = told(ledger, period)
        verdict = verdicts.get(found["met"]) or found["window_state"].replace("_", " ")
        if found["window_state"] == "at_risk":
            verdict += ", gone on 8 October"
        credit = "" if found["credit_percent"] is None else f"{found['credit_percent']:g} %"
        percent = f"{100 * found['availability_ratio']:.3f} %"
        row = f"| {name} | {percent} | {verdict} | {credit}{' ' if credit else ''}| "
        assert row in page, row


@pytest.mark.parametrize("style", ["json", "text", "html"])
def test_an_outage_says_during_whose_outage_it_began_and_counts_all_the_same(
    ledger: Ledger, style: str
) -> None:
    start = at("2026-10-03")
    line = (
        Segment(FIRST, start + MINUTE, State.UP),
        Segment(start + MINUTE, start + 5 * MINUTE, State.DOWN),
        Segment(start + 5 * MINUTE, END, State.UP),
    )
    ledger.apply([Derived("till", line, FIRST)])
    book = catalogue({"id": "shop", "name": "Web shop"}, {"id": "till", "depends_on": ["shop"]})
    now = at("2027-02-01")
    made = report(Books(book, ledger), parse_period("2026-10", UTC, now), now, strips=False)
    told = FORMATS[style].render(made).decode()
    if style == "json":
        shop, till = json.loads(told)["services"]
        assert (shop["outages"][0]["during"], till["outages"][0]["during"]) == ([], ["Web shop"])
        assert till["downtime_seconds"]["unplanned"] == 240
    else:
        assert "during the outage of Web shop" in told
