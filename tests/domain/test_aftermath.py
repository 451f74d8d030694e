from dataclasses import replace

from sla_engine.domain.aftermath import aftermath
from sla_engine.domain.report import Capacity, HostEvent, HostEventKind
from tests.reports.sample import DAY, HOUR, MINUTE, REPORT, at, outage, service

DONE = at("2026-10-05T13:00")


def followed(*events: tuple[str, HostEventKind, int]) -> list[tuple[str, int, list[str]]]:
    """Return host, time of the last and names of services of what the sample's outages follow."""
    services = (
        service("shop", outage("shop", "2026-10-05T13:00:00", 5)),
        service("mail", outage("mail", "2026-10-06T13:00:00", 5)),
        service("late", outage("late", "2026-10-06T13:00:01", 5)),
        service("before", outage("before", "2026-10-05T12:59:59", 5)),
    )
    done = tuple(HostEvent(*event) for event in events)
    report = replace(REPORT, services=services, capacity=Capacity(events=done))
    found = aftermath(report)
    return [(one.event.host, one.until, [name for name, _ in one.outages]) for one in found]


def test_an_outage_that_began_within_a_day_stands_beside_what_was_done() -> None:
    assert followed(("db-1", "upgraded", DONE)) == [("db-1", DONE, ["Shop", "Mail"])]


def test_what_is_done_within_an_hour_is_one_and_its_day_counts_from_the_last() -> None:
    last = DONE + 90 * MINUTE
    steps = [("db-1", "upgraded", DONE + step * MINUTE) for step in (0, 45, 90)]
    assert followed(*steps) == [("db-1", last, ["Shop", "Mail", "Late"])]  # type: ignore[arg-type]


def test_other_hosts_other_kinds_and_later_times_stay_apart() -> None:
    found = followed(
        ("db-1", "upgraded", DONE),
        ("db-2", "upgraded", DONE + MINUTE),
        ("db-1", "reboot", DONE + MINUTE),
        ("db-1", "upgraded", DONE + 2 * HOUR),
    )
    assert [until for _, until, _ in found] == [
        DONE, DONE + MINUTE, DONE + MINUTE, DONE + 2 * HOUR,
    ]  # fmt: skip


def test_nothing_follows_where_nothing_was_done() -> None:
    assert followed() == []
    assert aftermath(replace(REPORT, capacity=None)) == []
    assert followed(("db-1", "reboot", DONE + 3 * DAY)) == [("db-1", DONE + 3 * DAY, [])]
