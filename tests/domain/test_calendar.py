from datetime import UTC, date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.calendar import Calendar, Hours, agreed
from sla_engine.domain.interval import Interval, is_normal, total, union

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600_000
Week = tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
ALWAYS = Calendar(BERLIN, cast("Week", (((0, 1440),),) * 7))
OFFICE = Calendar(
    BERLIN,
    cast("Week", (((480, 1080),),) * 5 + ((),) * 2),
    holidays={date(2026, 10, 3), date(2026, 10, 5)},
    extra={date(2026, 10, 10): ((600, 720),), date(2026, 10, 12): ()},
)


def local(*parts: int) -> int:
    year, month, day, hour = (*parts, 0)[:4]
    return round(datetime(year, month, day, hour, tzinfo=BERLIN).astimezone(UTC).timestamp() * 1000)


def hours(calendar: Calendar, start: int, end: int) -> float:
    return total(agreed(calendar, Interval(start, end))) / HOUR


@pytest.mark.parametrize(("day", "length"), [(28, 24), (29, 23), (30, 24)])
def test_the_day_on_which_the_clocks_go_forward_has_23_hours(day: int, length: int) -> None:
    assert hours(ALWAYS, local(2026, 3, day), local(2026, 3, day + 1)) == length


def test_the_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    assert hours(ALWAYS, local(2026, 10, 25), local(2026, 10, 26)) == 25


@pytest.mark.parametrize("monday", [(2026, 3, 23), (2026, 3, 30), (2026, 10, 19), (2026, 10, 26)])
def test_office_hours_are_wall_clock_hours_in_summer_and_winter(
    monday: tuple[int, int, int],
) -> None:
    year, month, day = monday
    (only,) = agreed(OFFICE, Interval(local(*monday), local(year, month, day + 1)))
    assert only == Interval(local(*monday, 8), local(*monday, 18))


def test_holidays_and_extra_dates_outdo_the_week() -> None:
    october = [hours(OFFICE, local(2026, 10, d), local(2026, 10, d + 1)) for d in range(1, 14)]
    assert october == [10, 10, 0, 0, 0, 10, 10, 10, 10, 2, 0, 0, 10]


moments = st.integers(local(2026, 3, 27), local(2026, 4, 2))


@given(moments, moments, moments)
def test_splitting_a_period_never_changes_it(a: int, b: int, c: int) -> None:
    start, middle, end = sorted((a, b, c))
    parts = (agreed(OFFICE, Interval(start, middle)), agreed(OFFICE, Interval(middle, end)))
    whole = agreed(OFFICE, Interval(start, end))
    assert union(*parts) == whole
    assert is_normal(whole)
