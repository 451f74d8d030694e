"""A contract's windows tile time, each closes in one period, and a running one is never missed."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_engine.domain.availability import AccountingInput, Figures, Terms, figures
from sla_engine.domain.contract_window import (
    DAY,
    ClosedWindow,
    Contract,
    ContractWindow,
    Held,
    RunningWindow,
    closed_in,
    forecast,
    last_day,
    running_at,
    state_of,
    windows_of,
)
from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.interval import Interval, Intervals, total
from tests.domain.invented_figures import figures_with

EVER = 2**62
ZONES = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York", "Asia/Kolkata"]
CALENDAR = ["day", "week", "2w", "month", "quarter", "year"]
YEAR_2026 = 1_767_225_600_000
moments = st.integers(YEAR_2026 - 400 * DAY, YEAR_2026 + 400 * DAY)
windows = st.builds(
    ContractWindow,
    st.sampled_from(CALENDAR),
    st.sampled_from(ZONES).map(ZoneInfo),
    st.just(date(2026, 1, 5)),
)
kinds = st.one_of(
    windows, st.builds(ContractWindow, st.sampled_from(["7d", "30d"]), st.just(ZoneInfo("UTC")))
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Held, ...]:
    edges = sorted(draw(st.sets(moments, max_size=2)))
    return tuple(Held(until, draw(kinds)) for until in (*edges, EVER))


def ms(text: str, zone: str = "Europe/Berlin") -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@settings(max_examples=60, deadline=None)
@given(histories(), moments, st.integers(1, 500 * DAY))
def test_windows_follow_one_another_and_overlap_never(
    held: tuple[Held, ...], start: int, length: int
) -> None:
    found = list(windows_of(held, Interval(start, start + length)))
    assert all(one.end <= after.start for one, after in itertools.pairwise(found))
    assert all(one.length > 0 for one in found)
    if all(piece.window.length is None for piece in held):
        assert all(one.end == after.start for one, after in itertools.pairwise(found))
        assert found[0].start <= start < found[0].end
        assert found[-1].end >= start + length


@settings(max_examples=60, deadline=None)
@given(histories(), moments, st.lists(st.integers(1, 40 * DAY), min_size=1, max_size=12))
def test_of_periods_that_follow_one_another_each_window_closes_in_one(
    held: tuple[Held, ...], start: int, lengths: list[int]
) -> None:
    whole = Interval(start, start + sum(lengths))
    pieces, cursor = [], start
    for length in lengths:
        pieces.append(Interval(cursor, cursor + length))
        cursor += length
    apart = [span for piece in pieces for span in closed_in(held, piece, EVER)]
    assert apart == closed_in(held, whole, EVER)


@settings(max_examples=60, deadline=None)
@given(histories(), moments, moments)
def test_a_window_never_closes_before_its_end_and_is_then_running(
    held: tuple[Held, ...], start: int, now: int
) -> None:
    period = Interval(start, start + 400 * DAY)
    assert all(span.end <= now for span in closed_in(held, period, now))
    running = running_at(held, now)
    if running is not None and running.end != now:
        assert running.start < now < running.end
        assert running not in closed_in(held, period, now)


def test_two_weeks_are_counted_from_the_stated_monday_across_the_change_of_clocks() -> None:
    window = ContractWindow("2w", ZoneInfo("Europe/Berlin"), date(2026, 10, 19))
    assert window.around(ms("2026-10-25T12:00")) == (ms("2026-10-19"), ms("2026-11-02"))
    assert window.around(ms("2026-10-18T23:59")) == (ms("2026-10-05"), ms("2026-10-19"))


def test_a_contract_that_changes_from_months_to_quarters_finishes_its_month() -> None:
    zone = ZoneInfo("UTC")
    held = (
        Held(ms("2026-10-15", "UTC"), ContractWindow("month", zone)),
        Held(EVER, ContractWindow("quarter", zone)),
    )
    year = Interval(ms("2026-09-01", "UTC"), ms("2027-01-01", "UTC"))
    assert [
        [datetime.fromtimestamp(at / 1000, UTC).date().isoformat() for at in span]
        for span in windows_of(held, year)
    ] == [
        ["2026-09-01", "2026-10-01"],
        ["2026-10-01", "2026-11-01"],
        ["2026-11-01", "2027-01-01"],
    ]


@settings(max_examples=80, deadline=None)
@given(
    st.floats(0, 1e6), st.floats(0, 1e6), st.integers(1, DAY),
    st.lists(st.integers(1, 5 * DAY), min_size=1, max_size=5),
)  # fmt: skip
def test_a_forecast_lies_in_the_agreed_time_to_come(
    left: float, burnt: float, over: int, lengths: list[int]
) -> None:
    ahead, cursor = [], 1000
    for length in lengths:
        ahead.append(Interval(cursor, cursor + length))
        cursor += length + DAY
    found = forecast(left, burnt, over, tuple(ahead))
    if found is None:
        assert burnt * total(ahead) <= left * over
    else:
        assert any(start <= found <= end for start, end in ahead)


def test_the_last_day_is_the_last_one_in_which_anything_was_owed() -> None:
    friday = Interval(ms("2026-10-02T08:00"), ms("2026-10-02T18:00"))
    monday = Interval(ms("2026-10-05T08:00"), ms("2026-10-05T18:00"))
    assert last_day((friday, monday), ms("2026-10-04T12:00")) == (friday.end - DAY, friday.end)
    assert last_day((monday,), ms("2026-10-04T12:00")) is None


@pytest.mark.parametrize(
    ("left", "exhausted", "state"),
    [
        (None, None, None),
        (0.95, None, "on_course"),
        (0.95, 5, "at_risk"),
        (0.0, None, "on_course"),
        (-0.01, None, "lost"),
    ],
)
def test_a_running_window_is_on_course_at_risk_or_lost(
    left: float | None, exhausted: int | None, state: str | None
) -> None:
    assert state_of(figures_with(left), exhausted) == state


def test_a_contract_is_met_where_all_its_closed_windows_are_and_its_credits_add_up() -> None:
    span = Interval(0, DAY)
    good, bad = figures_with(0.5, met=True), figures_with(-2.0, met=False)
    unknown = figures_with(None, met=None)
    running = RunningWindow(span, figures_with(0.3, met=False), "on_course")
    quarter = Contract(
        "month", (ClosedWindow(span, bad, 10.0), ClosedWindow(span, good, 0.0)), running
    )
    assert (quarter.met, quarter.credit, quarter.state) == (False, 10.0, None)
    assert quarter.budget_remaining == -2.0
    day = Contract("month", (), running)
    assert (day.met, day.credit, day.state, day.budget_remaining) == (None, None, "on_course", 0.3)
    assert Contract("month", (ClosedWindow(span, unknown),), running).state == "on_course"


MONTH = Interval(0, 30 * DAY)
NINES = Fraction(999, 1000)


def counted(days: Sequence[tuple[float, float]], until: int, *, blind: Intervals = ()) -> Figures:
    """Return the figures of a month at a moment; of each day the requests and those that failed."""
    minutes = [
        Minute(day * DAY + 720 * MINUTE, total - failed, total)
        for day, (total, failed) in enumerate(days)
        if day * DAY < until and not any(b.start <= day * DAY < b.end for b in blind)
    ]
    covered = (Interval(0, until),)
    facts = AccountingInput((), blind, covered, (MONTH,), events=minutes)
    return figures(facts, Terms(NINES), until)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=29),
    st.floats(0.01, 1e6),
    st.sets(st.integers(0, 28), max_size=5),
)
def test_a_running_window_that_is_lost_stays_lost_and_one_with_budget_left_is_not(
    shares: list[float], traffic: float, dark: set[int]
) -> None:
    """Whatever failed, at one traffic; days of which nothing is known change nothing."""
    blind = tuple(Interval(day * DAY, (day + 1) * DAY) for day in sorted(dark))
    days = [(traffic, traffic * share / 300) for share in shares]
    known = counted(days, len(days) * DAY, blind=blind)
    state = state_of(known, None)
    month = [*days, *[(traffic, 0.0)] * (30 - len(days))]
    if state == "lost":
        for later in (len(days) + 1, 30):
            assert state_of(counted(month, later * DAY, blind=blind), None) in {"lost", None}
        assert counted(month, 30 * DAY, blind=blind).met is False
    dark_ahead = [day for day in dark if day >= len(days)]
    if known.events and not dark_ahead:
        whole = counted(month, 30 * DAY, blind=blind)
        used = whole.events.failed / (0.001 * whole.events.total) if whole.events else 0
        assert state != "lost" or used > 1 - 1e-9


def test_a_quiet_weekend_does_not_lose_a_month_that_its_working_days_meet() -> None:
    weekend = [(100.0, 3.0), (100.0, 3.0)]
    assert state_of(counted(weekend, 2 * DAY), None) == "at_risk"
    month = [*weekend, *([*[(1000.0, 0.5)] * 5, *[(100.0, 0.0)] * 2] * 4)]
    states = {state_of(counted(month, day * DAY), None) for day in range(3, 30)}
    assert "lost" not in states
    assert counted(month, 30 * DAY).met is True


def test_the_worked_example_of_events_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "accounting.md").read_text(encoding="utf-8")
    for days, failed in ((3, 12), (3, 60), (3, 300), (10, 29), (10, 31)):
        found = counted([*[(1000.0, 0.0)] * (days - 1), (1000.0, float(failed))], days * DAY)
        assert found.allowed is not None
        assert found.budget_remaining is not None
        burnt, over = float(failed), DAY
        gone = forecast(found.allowed - failed, burnt, over, (Interval(days * DAY, MONTH.end),))
        state = str(state_of(found, gone)).replace("_", " ")
        used = f"{round(100 * (1 - found.budget_remaining)):,} %"
        row = f"| {days} days | {failed} | {round(found.allowed / 0.001):,} | {found.allowed:.0f} |"
        assert f"{row} {used} | {state} |" in page, (row, used, state)
