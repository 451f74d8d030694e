"""Schedules through a year in which clocks go forward and back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service_catalogue.cron import last_due

YEAR = 2024
STEP = timedelta(minutes=15)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",  # forward at midnight
    "Africa/Cairo",  # likewise, in the last hour of a Thursday
    "Asia/Beirut",  # back at midnight
    "America/Havana",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # at a quarter to
    "Atlantic/Azores",
    "Asia/Kathmandu",  # never
]


def _dues(hour: int, walls: list[tuple[datetime, int]]) -> Iterator[int]:
    """Yield when half past an hour is due on each day: the first moment that shows it or later."""
    wanted = datetime(YEAR, 1, 1, hour, 30)  # noqa: DTZ001 - as clocks show it
    for wall, moment in walls:
        if wall >= wanted:
            yield moment
            wanted += timedelta(days=1)
            if wanted.year > YEAR:
                return


@pytest.mark.parametrize("name", ZONES)
def test_every_hour_of_every_day_of_a_year_is_due_once(name: str) -> None:
    zone = ZoneInfo(name)
    start = datetime(YEAR - 1, 12, 31, tzinfo=UTC)
    instants = [start + i * STEP for i in range(369 * 96)]
    walls = [
        (at.astimezone(zone).replace(tzinfo=None), round(at.timestamp() * 1000)) for at in instants
    ]
    for hour in range(24):
        dues = list(_dues(hour, walls))
        assert len(dues) == 366
        found = [last_due(f"30 {hour} * * *", zone, later - 1) for later in dues[1:]]
        assert found == dues[:-1]
        assert last_due(f"30 {hour} * * *", zone, dues[99]) == dues[99]


def test_in_the_second_of_two_equal_hours_the_first_one_s_reports_are_due() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # half past two, summer time
    for minutes in (0, 30, 59, 60, 89, 90):
        now = first + timedelta(minutes=minutes)
        assert last_due("30 2 * * *", zone, _ms(now)) == _ms(first)
    assert last_due("30 2 * * *", zone, _ms(first) - 1) == _ms(first - timedelta(days=1))


DUE = {  # before noon of Saturday, 28 November 2026
    "@hourly": "11-28 12:00",
    "@daily": "11-28 00:00",
    "@midnight": "11-28 00:00",
    "@weekly": "11-22 00:00",
    "@monthly": "11-01 00:00",
    "@yearly": "01-01 00:00",
    "@annually": "01-01 00:00",
    "0 9 * * 0-6": "11-28 09:00",
    "0 9 * * 0-4": "11-26 09:00",
    "0 9 * * */2": "11-28 09:00",  # Sunday is 0: also Tuesday, Thursday, Saturday
    "0 9 * * 1-5/2": "11-27 09:00",
    "0 9 * * fri-sun": "11-28 09:00",
    "0 9 * * 7": "11-22 09:00",
    "0 9 */2 * *": "11-27 09:00",
    "0 9 * jan-mar mon-fri": "03-31 09:00",
    "0 9 1 * 1": "11-23 09:00",  # both days given: either is enough
    "0 9 1-7 * *": "11-07 09:00",
    "0 9 * * mon#1": "11-02 09:00",
    "0 9 * * mon#5": "08-31 09:00",
    "0 9 L * *": "10-31 09:00",
}


@pytest.mark.parametrize("line", DUE)
def test_a_line_is_due_when_crontab_says_so(line: str) -> None:
    zone = ZoneInfo("Europe/Berlin")
    due = last_due(line, zone, _ms(datetime(2026, 11, 28, 12, tzinfo=zone)))
    assert due is not None
    assert f"{datetime.fromtimestamp(due / 1000, zone):%m-%d %H:%M}" == DUE[line]


@pytest.mark.parametrize(
    "line", ["0 9 30 2 *", "0 9 31 2,4 *", "@reboot", "0 9 * * mon#6", "0 24 * * *", "0 9 * *", ""]
)
def test_what_is_never_due_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="is not a crontab line"):
        last_due(line, ZoneInfo("Europe/Berlin"), 0)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
