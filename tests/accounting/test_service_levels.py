from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sla_engine.accounting.figures import account, as_of
from sla_engine.accounting.service_levels import (
    service_levels,
    status_rows,
    window_figures,
    window_period,
)
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from tests.catalogues import catalogue

HOUR = 3_600_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOW = at("2026-11-10T12:00")


@pytest.mark.parametrize(
    ("window", "start", "end"),
    [
        ("7d", "2026-11-03T12:00", "2026-11-10T12:00"),
        ("month", "2026-10-31T23:00", "2026-11-30T23:00"),
        ("previous_month", "2026-09-30T22:00", "2026-10-31T23:00"),
        ("quarter", "2026-09-30T22:00", "2026-12-31T23:00"),
        ("year", "2025-12-31T23:00", "2026-12-31T23:00"),
    ],
)
def test_a_window_is_bounded_in_the_organisations_zone(window: str, start: str, end: str) -> None:
    assert window_period(window, ZoneInfo("Europe/Berlin"), NOW) == Interval(at(start), at(end))


@pytest.fixture
def ledger() -> Ledger:
    """Return a ledger of an up, a down and a silent service, an hour each, up to NOW."""
    ledger = Ledger.open("sqlite://")
    period = (NOW - HOUR, NOW)
    states = {"a": State.UP, "b": State.DOWN, "c": State.UNKNOWN}
    ledger.apply(Derived(s, (Segment(*period, state),), period[0]) for s, state in states.items())
    return ledger


def test_states_are_down_unknown_and_up(ledger: Ledger) -> None:
    window = {"id": "w", "title": "W", "services": ["b"], "requester": "ann", "approver": "bob"}
    window |= {"start": "2026-11-10T11:30:00Z", "duration": "1h"}
    for maintenance, expected in (([], "down"), ([window], "maintenance")):
        book = catalogue("a", "b", "c", "d", maintenance=maintenance)
        figures = window_figures(Books(book, ledger), NOW, book.services)
        levels = service_levels(Books(book, ledger), NOW, figures)
        rows = {row.id: row.state for row in status_rows(Books(book, ledger), levels, NOW)}
        assert rows == {"a": "up", "b": expected, "c": "unknown", "d": "unknown"}
        assert [lvl.open_since for lvl in levels] == [None, NOW - HOUR, None, None]


def test_figures_are_of_the_contract_s_window_the_one_before_and_the_last_day(
    ledger: Ledger,
) -> None:
    book = catalogue({"id": "a", "window": "quarter"}, {"id": "b", "window": "7d"})
    books = Books(book, ledger)
    found = window_figures(books, NOW, book.services)
    assert [*found["a"]] == ["1d", "quarter", "previous_quarter"]
    assert [*found["b"]] == ["1d", "7d"]
    more = window_figures(books, NOW, book.services, ["30d", "previous_month"])
    assert {*more["a"]} - {*found["a"]} == {"30d", "previous_month"}
    a, b = service_levels(books, NOW, found)
    assert (a.period, b.period) == (window_period("quarter", book.timezone, NOW), None)


def test_a_service_tells_which_agreements_it_is_part_of(ledger: Ledger) -> None:
    owed = {"customer": "C", "objective": 99}
    several = [{"id": "x", "services": ["a", "b"], **owed}, {"id": "y", "services": ["b"], **owed}]
    book = catalogue("a", "b", "c", agreements=several)
    levels = service_levels(Books(book, ledger), NOW, {})
    assert [dict(one.info).get("agreement") for one in levels] == ["x", "x,y", None]


def test_the_next_maintenance_is_the_first_window_that_has_not_begun(ledger: Ledger) -> None:
    window = {"id": "w", "title": "W", "services": ["a"], "requester": "ann", "approver": "bob"}
    window |= {"start": "2026-11-10T11:30:00Z", "duration": "1h", "rrule": "FREQ=WEEKLY"}
    book = catalogue("a", "b", maintenance=[window])
    a, b = service_levels(Books(book, ledger), NOW, {})
    assert (a.maintenance_active, a.next_maintenance) == (True, at("2026-11-17T11:30"))
    assert (b.maintenance_active, b.next_maintenance) == (False, None)


@pytest.mark.parametrize(
    ("start", "active", "ahead"),
    [
        ("2026-11-10T11:00:00Z", False, None),
        ("2026-11-10T11:00:01Z", True, None),
        ("2026-11-10T12:00:00Z", True, None),
        ("2026-11-10T12:00:01Z", False, "2026-11-10T12:00:01"),
    ],
)
def test_a_window_is_active_from_its_first_moment_to_its_last(
    ledger: Ledger, start: str, ahead: str | None, *, active: bool
) -> None:
    window = {"id": "w", "title": "W", "services": ["a"], "requester": "ann", "approver": "bob"}
    book = catalogue("a", maintenance=[window | {"start": start, "duration": "1h"}])
    [level] = service_levels(Books(book, ledger), NOW, {})
    expected = None if ahead is None else at(ahead)
    assert (level.maintenance_active, level.next_maintenance) == (active, expected)


def test_the_moments_since_the_last_tick_are_not_unknown_yet(ledger: Ledger) -> None:
    book = catalogue("a")
    day = Interval(at("2026-11-10"), at("2026-11-11"))
    assert account(Books(book, ledger), day, NOW + 30_000)["a"].coverage == 1.0


def test_an_engine_that_stands_still_is_blind_after_two_minutes(ledger: Ledger) -> None:
    late = NOW + 120_000
    assert [as_of(ledger, late), as_of(ledger, late + 1)] == [NOW, late + 1]
    assert as_of(ledger, NOW - 1) == NOW - 1
    with Ledger.open("sqlite://") as empty:
        assert as_of(empty, NOW) == NOW


def test_an_engine_that_stands_still_is_blind(ledger: Ledger) -> None:
    assert as_of(ledger, NOW + HOUR) == NOW + HOUR
    book = catalogue("a")
    day = Interval(at("2026-11-10"), at("2026-11-11"))
    assert account(Books(book, ledger), day, NOW + HOUR)["a"].coverage == 0.5


def test_what_rules_need_while_the_engine_is_away_is_told_ahead(ledger: Ledger) -> None:
    window = {"id": "w", "title": "W", "services": ["a"], "requester": "ann", "approver": "bob"}
    window |= {"start": "2026-11-10T11:30:00Z", "duration": "1h"}
    office = {"weekly": [{"days": "mon-fri", "hours": ["08:00-11:30"]}]}
    book = catalogue(
        {"id": "a", "owner": "shop", "labels": {"host": "web1", "method": "mine"}},
        {"id": "b", "calendar": "office", "sli": {"good": "g", "total": "t"}},
        maintenance=[window],
        calendars={"office": office, "never": {"weekly": []}},
    )
    a, b = service_levels(Books(book, ledger), NOW, {})
    assert (a.maintenance_until, a.hours_begin) == (at("2026-11-10T12:30"), None)
    labels = {"host": "web1", "name": "a", "owner": "shop", "method": "probes"}
    assert labels.items() <= dict(a.info).items()
    assert "service" not in dict(a.info)
    # Noon on a Tuesday: hours begin again on Wednesday at 8.
    assert (b.maintenance_until, b.hours_begin) == (None, at("2026-11-11T08:00"))
    assert dict(b.info)["method"] == "events"
    (_, within) = service_levels(Books(book, ledger), at("2026-11-11T08:00"), {})
    assert within.hours_begin is None
