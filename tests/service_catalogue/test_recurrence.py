"""Recurrence rules mean what they mean to python-dateutil, and cost what is asked for."""

import time as clock
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given
from hypothesis import strategies as st

from service_catalogue.computable import flaws
from service_catalogue.recurrence import moments
from service_catalogue.rule import parse_rule

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def at(*parts: int) -> datetime:
    """Return a wall-clock time, without a zone."""
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001 - rules are local


NOON = at(2024, 1, 31, 12, 30)
HOUR = timedelta(hours=1)


def found(rule: str, first: datetime, after: datetime, before: datetime) -> list[datetime]:
    return list(moments(parse_rule(rule), first, BERLIN, after, before))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that occur often enough for dateutil to end: it looks for the next one until 9999."""
    freq = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    parts = [f"FREQ={freq}"]
    fine = freq in ("WEEKLY", "DAILY", "HOURLY")
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.sampled_from([1, 2, 3, 5, 12]))}")
    if draw(st.booleans()):
        n = "" if fine else draw(st.sampled_from(["", "1", "-1", "2"]))
        days = draw(st.lists(st.sampled_from(DAYS), min_size=4, max_size=7, unique=True))
        parts.append("BYDAY=" + ",".join(n + day for day in days))
    elif draw(st.booleans()) and freq != "WEEKLY":
        parts.append(f"BYMONTHDAY={draw(st.sampled_from(['1,2,15', '-1', '31', '-2,28']))}")
        parts = [part for part in parts if "INTERVAL" not in part]
    if draw(st.booleans()) and freq != "HOURLY":
        parts.append(f"BYHOUR={draw(st.sampled_from(['3', '0,23', '1,2,3']))}")
    if draw(st.booleans()):
        parts.append(f"BYSETPOS={draw(st.sampled_from(['1', '-1', '1,-1']))}")
    if draw(st.booleans()):
        parts.append("WKST=SU")
    end = draw(st.sampled_from(["", "COUNT=7", "COUNT=1", "UNTIL=20250601T120000"]))
    return ";".join([*parts, end] if end else parts)


@given(rules(), st.integers(0, 400 * 1440), st.integers(-30, 700), st.integers(0, 400))
@example("FREQ=MONTHLY", 30 * 1440, 0, 400)  # the 31st, in the months that have one
@example("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO,TU,WE", 9000, 3, 40)
@example("FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO,SU", 0, 300, 400)
@example("FREQ=YEARLY;BYYEARDAY=1,-1,200", 77, 0, 400)
@example("FREQ=MINUTELY;INTERVAL=7;BYHOUR=3", 77, 0, 2)
@example("FREQ=SECONDLY;INTERVAL=4000", 77, 0, 2)
def test_a_rule_occurs_when_dateutil_says(rule: str, minutes: int, later: int, days: int) -> None:
    first = at(2024, 1, 1) + timedelta(minutes=minutes)
    after = first + timedelta(days=later)
    before = after + timedelta(days=days)
    assert found(rule, first, after, before) == rrulestr(rule, dtstart=first).between(
        after, before, inc=True
    )


def test_a_date_as_until_includes_its_day() -> None:
    last = found("FREQ=DAILY;UNTIL=20240203", NOON, NOON, NOON + timedelta(days=30))[-1]
    assert last == at(2024, 2, 3, 12, 30)


def test_an_until_in_utc_counts_in_the_window_s_zone() -> None:
    late = found("FREQ=DAILY;UNTIL=20240201T113000Z", NOON, NOON, NOON + timedelta(days=9))
    early = found("FREQ=DAILY;UNTIL=20240201T112959Z", NOON, NOON, NOON + timedelta(days=9))
    assert (len(late), len(early)) == (2, 1)


def test_an_until_beyond_time_is_for_ever() -> None:
    assert found("FREQ=YEARLY;UNTIL=99991231T235959Z", NOON, NOON, NOON)


def test_every_and_nth_weekdays_are_alternatives() -> None:
    days = [m.day for m in found("FREQ=MONTHLY;BYDAY=1MO,FR", NOON, NOON, at(2024, 3, 1))]
    assert days == [2, 5, 9, 16, 23]


def test_nothing_occurs_after_the_year_2200() -> None:
    every = moments(parse_rule("FREQ=YEARLY"), at(2190, 1, 1), UTC, NOON, at(2400, 1, 1))
    assert [m.year for m in every] == list(range(2190, 2202))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=HOURLY;INTERVAL=9",
        "FREQ=SECONDLY;INTERVAL=86400",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;COUNT=100000",
    ],
)
def test_a_rule_of_1980_costs_what_is_asked_for(rule: str) -> None:
    first = at(1979, 12, 31)
    assert first.weekday() == 0
    list(islice(moments(parse_rule(rule), first, UTC, first, at(2026, 1, 31)), 1))
    started = clock.process_time()
    for _ in range(20):
        list(moments(parse_rule(rule), first, UTC, at(2026, 1, 1), at(2026, 1, 31)))
    assert clock.process_time() - started < 1


@given(rules())
@example("FREQ=DAILY;BYHOUR=1,2")  # twice a day is 732 times a year
@example("FREQ=DAILY;BYHOUR=1,2,3")
@example("FREQ=HOURLY;INTERVAL=9")
@example("FREQ=HOURLY;INTERVAL=8")
@example("FREQ=HOURLY;BYDAY=MO")
@example("FREQ=DAILY;BYHOUR=1;BYMINUTE=0,20,40")
@example("FREQ=DAILY;BYHOUR=1;BYSECOND=0,20,40")
def test_a_rule_is_refused_where_it_occurs_more_than_1000_times_a_year(rule: str) -> None:
    said = [field for field, why in flaws(NOON, HOUR, parse_rule(rule), BERLIN, None) if why]
    years = (NOON + timedelta(days=366 * n) for n in range(4))
    often = any(len(found(rule, NOON, at, at + timedelta(days=366))) > 1000 for at in years)
    assert said == (["rrule"] if often else [])
