"""The newest outages that are published: whole, as the reports account for them, and few."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sla_engine.accounting.corrections import correct
from sla_engine.accounting.newest_outages import newest_outages
from sla_engine.accounting.report import report
from sla_engine.domain.actor import Actor
from sla_engine.domain.outage import OutageSpan, outage_id
from sla_engine.domain.outage_list import (
    DEFAULT_BOUNDS,
    ListBounds,
    ListedOutage,
    ListedWindow,
    NewestOutages,
)
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from tests.catalogues import catalogue

SECOND, DAY = 1000, 86_400_000


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOW = at("2026-11-28T12:00:00")
SHORT = (at("2026-11-27T22:08:58"), at("2026-11-27T22:12:13"))
OVERRUN = (at("2026-11-20T01:00:00"), at("2026-11-20T03:30:00"))
WINDOW = {
    "id": "w",
    "title": "W",
    "services": ["shop"],
    "requester": "ann",
    "approver": "bob",
    "start": "2026-11-20T01:00:00Z",
    "duration": "2h",
}


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with Ledger.open("sqlite://") as opened:
        yield opened


def _down(ledger: Ledger, service: str, *outages: tuple[int, int], since: int, to: int) -> None:
    """Note a service that was up from ``since`` on but for its outages; the last may be open."""
    pieces, cursor = [], since
    for start, end in outages:
        pieces += [Segment(cursor, start, State.UP), Segment(start, end, State.DOWN)]
        cursor = end
    if cursor < to:
        pieces.append(Segment(cursor, to, State.UP))
    ledger.apply([Derived(service, tuple(pieces), since)])


def _books(ledger: Ledger, *services: Any, **extra: Any) -> Books:
    return Books(catalogue(*(services or ("shop",)), **extra), ledger)


def test_an_outage_is_listed_with_its_own_begin_end_class_and_downtime(ledger: Ledger) -> None:
    _down(ledger, "shop", OVERRUN, SHORT, since=NOW - 30 * DAY, to=NOW)
    books = _books(ledger, maintenance=[WINDOW])
    correct(
        ledger,
        outage_id("shop", SHORT[0]),
        {"cause": "disk full"},
        by=Actor("ann"),
        reason="seen",
        now=NOW,
    )
    found = newest_outages(books, NOW, DEFAULT_BOUNDS)
    assert found.outages == (
        ListedOutage(
            "shop", outage_id("shop", SHORT[0]), *SHORT, "unplanned", "disk full", 0, 195 * SECOND
        ),
        ListedOutage(
            "shop",
            outage_id("shop", OVERRUN[0]),
            *OVERRUN,
            kind="overrun",
            reason="",
            planned=7200 * SECOND,
            unplanned=1800 * SECOND,
        ),
    )
    assert found.since == NOW - 30 * DAY


def test_the_list_agrees_with_a_report_of_the_same_time(ledger: Ledger) -> None:
    _down(ledger, "shop", OVERRUN, SHORT, since=NOW - 30 * DAY, to=NOW)
    books = _books(ledger, maintenance=[WINDOW])
    whole = parse_period("this-month", books.catalogue.timezone, NOW)
    (shop,) = report(books, whole, NOW).services
    told = [(s.outage.id, s.kind, s.planned, s.unplanned) for s in shop.figures.shares]
    listed = newest_outages(books, NOW, DEFAULT_BOUNDS).outages
    assert [(o.id, o.kind, o.planned, o.unplanned) for o in reversed(listed)] == told


def test_an_open_outage_has_no_end_and_is_listed_whatever_its_age(ledger: Ledger) -> None:
    begin = NOW - 100 * DAY
    _down(ledger, "shop", (begin, NOW), since=begin - DAY, to=NOW)
    (one,) = newest_outages(_books(ledger), NOW, DEFAULT_BOUNDS).outages
    assert (one.start, one.end, one.unplanned) == (begin, None, 100 * DAY)


def test_an_outage_outside_service_hours_is_listed_without_downtime(ledger: Ledger) -> None:
    _down(ledger, "shop", SHORT, since=NOW - 30 * DAY, to=NOW)
    hours = {"id": "shop", "calendar": "office"}
    week = {"office": {"weekly": [{"days": "mon-fri", "hours": ["09:00-17:00"]}]}}
    books = _books(ledger, hours, calendars=week)
    (one,) = newest_outages(books, NOW, DEFAULT_BOUNDS).outages
    assert (one.start, one.end, one.planned, one.unplanned) == (*SHORT, 0, 0)


@pytest.mark.parametrize(
    ("bounds", "starts", "since"),
    [
        (ListBounds(2, 90 * DAY), [SHORT[0], OVERRUN[0]], NOW - 50 * DAY + 1),
        (ListBounds(3, 90 * DAY), [SHORT[0], OVERRUN[0], NOW - 50 * DAY], NOW - 60 * DAY),
        (ListBounds(3, 20 * DAY), [SHORT[0], OVERRUN[0]], NOW - 20 * DAY),
        (ListBounds(0, 90 * DAY), [], SHORT[0] + 1),
    ],
)
def test_the_list_tells_since_when_it_is_complete(
    ledger: Ledger, bounds: ListBounds, starts: list[int], since: int
) -> None:
    oldest = (NOW - 50 * DAY, NOW - 49 * DAY)
    _down(ledger, "shop", oldest, OVERRUN, SHORT, since=NOW - 60 * DAY, to=NOW)
    found = newest_outages(_books(ledger), NOW, bounds)
    assert [o.start for o in found.outages] == starts
    assert found.since == since

    later = NOW + 3 * SECOND
    new = Segment(NOW, NOW + SECOND, State.DOWN), Segment(NOW + SECOND, later, State.UP)
    ledger.apply([Derived("shop", new, None)])
    again = newest_outages(_books(ledger), later, bounds, found)
    assert again == newest_outages(_books(ledger), later, bounds)
    assert not starts or again.outages[0].start == NOW


def test_what_began_before_the_first_that_is_listed_is_not_read_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    _down(ledger, "shop", OVERRUN, SHORT, since=NOW - 60 * DAY, to=NOW)
    found = newest_outages(_books(ledger), NOW, ListBounds(1, 90 * DAY))
    read = ledger.newest_outages
    asked = []

    def spy(since: int, services: Collection[str], most: int) -> list[tuple[str, OutageSpan]]:
        asked.append(since)
        return read(since, services, most)

    monkeypatch.setattr(ledger, "newest_outages", spy)
    assert newest_outages(_books(ledger), NOW, ListBounds(1, 90 * DAY), found) == found
    assert asked == [found.since] == [OVERRUN[0] + 1]


def test_of_a_service_that_left_the_catalogue_and_of_nothing_nothing_is_listed(
    ledger: Ledger,
) -> None:
    assert newest_outages(_books(ledger), NOW, DEFAULT_BOUNDS) == NewestOutages()
    _down(ledger, "gone", SHORT, since=NOW - DAY, to=NOW)
    assert newest_outages(_books(ledger), NOW, DEFAULT_BOUNDS) == NewestOutages()


def test_approved_windows_that_began_are_listed_for_each_service_they_concern(
    ledger: Ledger,
) -> None:
    week = [
        ListedWindow("shop", "w", start, start + 2 * 3600 * SECOND)
        for start in (at("2026-11-27T01:00:00"), at("2026-11-20T01:00:00"))
    ]
    other = WINDOW | {"id": "v", "services": ["mail", "shop"], "start": "2026-11-28T12:00:00Z"}
    unapproved = {k: v for k, v in other.items() if k != "approver"} | {"id": "u"}
    windows = [WINDOW | {"rrule": "FREQ=WEEKLY"}, other, unapproved]
    books = _books(ledger, "shop", "mail", maintenance=windows)
    now = [ListedWindow(s, "v", NOW, NOW + 2 * 3600 * SECOND) for s in ("shop", "mail")]
    found = newest_outages(books, NOW, DEFAULT_BOUNDS)
    assert list(found.windows) == [*now, *week]
    assert newest_outages(books, NOW - 1, DEFAULT_BOUNDS).windows == tuple(week)
    few = ListBounds(3, 90 * DAY)
    assert list(newest_outages(books, NOW, few).windows) == [*now, week[0]]
    assert newest_outages(books, NOW + DAY, few, found).windows == found.windows


def test_only_what_changed_is_accounted_for_anew(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    read = Ledger.histories
    for service in ("shop", "mail"):
        _down(ledger, service, SHORT, since=NOW - 30 * DAY, to=NOW)
    books = _books(ledger, "shop", "mail", "wiki")

    def histories(self: Ledger, period: Any, services: Any = None) -> Any:
        asked.append(sorted(services or ()))
        return read(self, period, services)

    monkeypatch.setattr(Ledger, "histories", histories)
    first = newest_outages(books, NOW, DEFAULT_BOUNDS)
    assert newest_outages(books, NOW, DEFAULT_BOUNDS, first) == first
    assert asked == [["mail", "shop"]]
    correct(ledger, first.outages[0].id, {"cause": "x"}, by=Actor("a"), reason="r", now=NOW)
    after = newest_outages(books, NOW, DEFAULT_BOUNDS, first, [first.outages[0].service])
    assert after.outages[0].reason == "x"
    _down(ledger, "mail", (NOW, NOW + DAY), since=NOW, to=NOW + DAY)
    assert [o.start for o in newest_outages(books, NOW + DAY, DEFAULT_BOUNDS, after).outages] == [
        *(NOW, SHORT[0], SHORT[0])
    ]
    assert asked[1:] == [[first.outages[0].service], ["mail"]]
