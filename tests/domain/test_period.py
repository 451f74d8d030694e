import re
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.period import (
    PeriodKind,
    containing,
    parse_period,
    parse_time,
    rfc3339,
    shifted,
    span,
)

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3_600_000
ZONES = ("Europe/Berlin", "America/Santiago", "Asia/Beirut", "America/Havana", "UTC")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


NOW = ms("2026-10-14T12:00:00Z")


@pytest.mark.parametrize(
    ("text", "start", "end", "name"),
    [
        ("today", "2026-10-14T00:00:00+02:00", "2026-10-15T00:00:00+02:00", "2026-10-14"),
        ("yesterday", "2026-10-13T00:00:00+02:00", "2026-10-14T00:00:00+02:00", "2026-10-13"),
        ("last-week", "2026-10-05T00:00:00+02:00", "2026-10-12T00:00:00+02:00", "2026-W41"),
        ("last-month", "2026-09-01T00:00:00+02:00", "2026-10-01T00:00:00+02:00", "2026-09"),
        ("last-quarter", "2026-07-01T00:00:00+02:00", "2026-10-01T00:00:00+02:00", "2026-Q3"),
        ("last-year", "2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00", "2025"),
        ("2026-10", "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00", "2026-10"),
        ("2026-W01", "2025-12-29T00:00:00+01:00", "2026-01-05T00:00:00+01:00", "2026-W01"),
        ("2026-W53", "2026-12-28T00:00:00+01:00", "2027-01-04T00:00:00+01:00", "2026-W53"),
        ("2026-Q4", "2026-10-01T00:00:00+02:00", "2027-01-01T00:00:00+01:00", "2026-Q4"),
        ("2026", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00", "2026"),
    ],
)
def test_a_period_runs_from_local_midnight_to_local_midnight(
    text: str, start: str, end: str, name: str
) -> None:
    period = parse_period(text, BERLIN, NOW)
    assert (period.start, period.end, period.name) == (ms(start), ms(end), name)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(day: str, hours: int) -> None:
    assert parse_period(day, BERLIN, NOW).duration == hours * HOUR


def test_a_day_whose_midnight_is_skipped_begins_at_the_change() -> None:
    # Santiago springs forward at 24:00 on Saturday, 5 September 2026.
    day = parse_period("2026-09-06", ZoneInfo("America/Santiago"), NOW)
    assert (rfc3339(day.start), day.duration) == ("2026-09-06T04:00:00Z", 23 * HOUR)


@pytest.mark.parametrize("text", ["", "2026-13", "2026-W54", "2026-Q5", "last-moon", "2026-02-30"])
def test_what_names_no_period_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a period") as caught:
        parse_period(text, BERLIN, NOW)
    assert repr(text) in str(caught.value)


def test_a_span_takes_dates_and_times() -> None:
    period = span("2026-10-03", "2026-10-03T08:00:00Z", BERLIN)
    assert (rfc3339(period.start), rfc3339(period.end)) == (
        "2026-10-02T22:00:00Z",
        "2026-10-03T08:00:00Z",
    )
    assert period.name == "2026-10-02T22:00:00Z/2026-10-03T08:00:00Z"
    assert shifted(period, -1).end == period.start


def test_a_time_without_an_offset_is_local() -> None:
    assert rfc3339(parse_time("2026-10-03T08:00", BERLIN)) == "2026-10-03T06:00:00Z"


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-10-03", "2026-10-03", "begins and ends at the same time"),
        ("soon", "2026-10-03", "'soon' is not a date or a time"),
    ],
)
def test_a_wrong_span_is_refused(start: str, end: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        span(start, end, BERLIN)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "2026-03-29T02:30",
            (
                "the clocks of Europe/Berlin are put forward over it; "
                "write 2026-03-29T01:30:00+01:00 or 2026-03-29T03:30:00+02:00"
            ),
        ),
        (
            "2026-10-25T02:30",
            (
                "the clocks of Europe/Berlin show it twice; "
                "write 2026-10-25T02:30:00+02:00 or 2026-10-25T02:30:00+01:00"
            ),
        ),
    ],
)
def test_a_local_time_that_is_not_one_moment_is_refused(text: str, words: str) -> None:
    with pytest.raises(
        ValueError, match=f"^{re.escape(repr(text))} is not one moment: {re.escape(words)}$"
    ):
        parse_time(text, BERLIN)
    for written in re.findall(r"20\S+[+]\S+", words):
        assert parse_time(written, BERLIN)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
        ("2026-03-29T03:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25T01:59", "2026-10-24T23:59:00Z"),
        ("2026-10-25T03:00", "2026-10-25T02:00:00Z"),
        ("2026-10-25", "2026-10-24T22:00:00Z"),
    ],
)
def test_beside_a_change_of_the_clocks_a_local_time_is_one_moment(text: str, utc: str) -> None:
    assert rfc3339(parse_time(text, BERLIN)) == utc


def test_milliseconds_are_written_when_they_are_not_zero() -> None:
    assert rfc3339(1_000) == "1970-01-01T00:00:01Z"
    assert rfc3339(1_005) == "1970-01-01T00:00:01.005Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_written_as_in_iso_8601(moment: datetime) -> None:
    at = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    written = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")
    assert rfc3339(at) == written


kinds = st.sampled_from([kind for kind in get_args(PeriodKind) if kind != "span"])
instants = st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)).map(  # noqa: DTZ001
    lambda d: round(d.replace(tzinfo=UTC).timestamp() * 1000)
)


@given(kinds, instants, st.sampled_from(ZONES).map(ZoneInfo))
def test_periods_tile_time_and_read_their_own_names(
    kind: PeriodKind, at: int, zone: ZoneInfo
) -> None:
    period = containing(kind, at, zone)
    assert period.start <= at < period.end
    assert shifted(period, 1).start == period.end
    assert shifted(shifted(period, 1), -1) == period
    assert containing(kind, period.start, zone) == period
    assert parse_period(period.name, zone, at) == period


@given(instants, st.sampled_from(ZONES).map(ZoneInfo))
def test_a_day_is_never_off_by_more_than_an_hour(at: int, zone: ZoneInfo) -> None:
    length = timedelta(milliseconds=containing("day", at, zone).duration)
    assert timedelta(hours=23) <= length <= timedelta(hours=25)
