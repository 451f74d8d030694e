"""Windows that cannot be worked out are refused; those that are over keep counting."""

from datetime import UTC, datetime

import pytest

from service_catalogue.load import parse_catalogue
from uptime_common.document import DocumentError

BOOK = """\
organization: Example
timezone: {zone}
services: [{{id: shop, name: Shop, probes: [{{type: icmp, target: a}}]}}]
maintenance:
  - {{id: m, title: M, services: [shop], requester: ann, {fields}}}
"""
LATER = round(datetime(2030, 1, 1, tzinfo=UTC).timestamp() * 1000)


def refused(fields: str, now: int | None = None, zone: str = "Europe/Berlin") -> list[str]:
    try:
        parse_catalogue(BOOK.format(fields=fields, zone=zone), "f", now)
    except DocumentError as error:
        return [f"{p.line} {p.path.rpartition('.')[2]}: {p.message}" for p in error.problems]
    return []


@pytest.mark.parametrize(
    "fields",
    [
        "start: 2026-01-01T00:00, duration: 500d",
        "start: 2026-01-01T00:00, duration: 1m, rrule: FREQ=MINUTELY;UNTIL=20260101T010000Z",
        "start: 2026-01-01T00:00, duration: 1m, rrule: FREQ=HOURLY;COUNT=2000",
    ],
)
def test_what_is_over_keeps_counting(fields: str) -> None:
    assert refused(fields)
    assert refused(fields, LATER) == []
    assert refused(fields, LATER - 4 * 366 * 86_400_000)


@pytest.mark.parametrize(
    "fields",
    [
        "start: 0001-01-02T00:00, duration: 5h",
        "start: 1969-12-31T23:59, duration: 5h",
        'start: 2026-01-01T00:00, duration: 1h, rrule: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"',
        'start: 2026-01-01T00:00, duration: 1h, rrule: "FREQ=DAILY;INTERVAL=0;COUNT=1"',
        "start: 2026-01-02T00:00, duration: 1h, rrule: FREQ=DAILY;UNTIL=20260101",
    ],
)
def test_what_can_never_be_worked_out_is_refused_even_when_it_is_over(fields: str) -> None:
    assert len(refused(fields, LATER)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        "start: 1970-01-01T00:00, duration: 366d",
        "start: 2199-12-31T00:00, duration: 1h",
        "start: 2026-01-01T00:00, duration: 1m, rrule: FREQ=HOURLY;INTERVAL=9",  # 973 a year
        'start: 2026-01-01, duration: 1m, rrule: "FREQ=DAILY;BYMONTHDAY=29;BYDAY=MO;BYMONTH=2"',
        "start: 2026-01-01T00:00, duration: 1h, rrule: FREQ=DAILY;UNTIL=20260101",
        "start: 2026-01-01T00:00, duration: 1h, rrule: FREQ=DAILY;UNTIL=99991231T235959Z",
        "start: 2026-03-29T02:00, end: 2026-03-29T03:00, rrule: FREQ=WEEKLY",
    ],
)
def test_what_lies_at_the_bounds_is_taken(fields: str) -> None:
    assert refused(fields) == []


def test_an_end_in_the_hour_that_does_not_exist_depends_on_the_zone() -> None:
    fields = "start: 2026-03-29T02:00, end: 2026-03-29T03:00"
    assert refused(fields) == ["5 end: is not after start: the clocks change between them"]
    assert refused(fields, zone="UTC") == []
    assert refused(f"{fields}, timezone: UTC") == []
