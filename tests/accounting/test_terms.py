from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import holidays
import pytest

from service_catalogue.model import Catalogue
from sla_engine.accounting import terms as agreed
from sla_engine.accounting.terms import agreed_time, quorums, terms
from sla_engine.domain.interval import Interval, total
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.windows import planned, windows_in

HOUR = 3_600_000
SHOP = {"id": "shop", "name": "Shop", "tier": "gold", "sli": {"promql": "up"}}


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


OCTOBER = Interval(at("2026-10-01"), at("2026-11-01"))


def catalogue(service: dict[str, Any] | None = None, **keys: Any) -> Catalogue:
    base = {"organization": "Example", "timezone": "Europe/Berlin"}
    return Catalogue.model_validate(base | {"services": [SHOP | (service or {})]} | keys)


def window(**keys: Any) -> dict[str, Any]:
    base = {"id": "w", "title": "Patching", "requester": "ann", "approver": "bob"}
    return base | {"services": ["shop"], "start": "2026-10-04T02:00", "duration": "2h"} | keys


def windows(*items: dict[str, Any]) -> list[Interval]:
    book = catalogue(maintenance={"windows": list(items)})
    return list(planned(book, book.services[0], windows_in(book, (), OCTOBER), {}, OCTOBER))


def test_a_window_without_an_offset_is_local_time() -> None:
    assert windows(window()) == [Interval(at("2026-10-04T00:00"), at("2026-10-04T02:00"))]


def test_only_an_approved_window_is_planned() -> None:
    assert windows(window(approver=None)) == []


def test_a_recurring_window_keeps_its_wall_clock_time_when_the_clocks_change() -> None:
    found = windows(window(rrule="FREQ=WEEKLY;BYDAY=SU"))
    starts = [datetime.fromtimestamp(w.start / 1000, UTC).strftime("%d %H:%M") for w in found]
    # Berlin leaves summer time on 25 October at 03:00; 02:00 is still the first one, 00:00 UTC.
    assert starts == ["04 00:00", "11 00:00", "18 00:00", "25 00:00"]
    found = windows(window(start="2026-10-05T03:30", rrule="FREQ=WEEKLY"))
    hours = [datetime.fromtimestamp(w.start / 1000, UTC).strftime("%d %H:%M") for w in found]
    assert hours == ["05 01:30", "12 01:30", "19 01:30", "26 02:30"]


@pytest.mark.parametrize("length", [{"end": "2026-10-25T01:30Z"}, {"duration": "1h"}])
def test_a_window_with_an_offset_is_exact_in_the_hour_that_comes_twice(
    length: dict[str, str],
) -> None:
    """Berlin's clocks show 02:30 at its start and again at its end."""
    found = windows(window(start="2026-10-25T00:30Z", duration=None) | length)
    assert found == [Interval(at("2026-10-25T00:30"), at("2026-10-25T01:30"))]


def test_an_occurrence_that_began_before_the_period_is_clipped() -> None:
    found = windows(window(start="2026-09-30T23:00", duration="4h", rrule="FREQ=MONTHLY"))
    assert found == [
        Interval(OCTOBER.start, at("2026-10-01T01:00")),
        Interval(at("2026-10-30T22:00"), at("2026-10-31T02:00")),
    ]


def test_overlapping_windows_count_once() -> None:
    found = windows(window(), window(id="v", start="2026-10-04T03:00", duration="3h"))
    assert total(found) == 4 * HOUR


@pytest.mark.parametrize(
    ("scope", "count"),
    [
        ({"tiers": ["gold"]}, 1),
        ({"tiers": ["silver"]}, 0),
        ({"tiers": ["gold"], "labels": {"site": "b"}}, 0),
        ({"labels": {"site": "a"}}, 1),
    ],
)
def test_a_scope_fits_by_service_tier_and_label(scope: dict[str, Any], count: int) -> None:
    item = {k: v for k, v in window().items() if k != "services"} | scope
    book = catalogue({"labels": {"site": "a"}}, maintenance=[item])
    found = planned(book, book.services[0], windows_in(book, (), OCTOBER), {}, OCTOBER)
    assert len(found) == count


def test_service_time_begins_with_the_first_sample() -> None:
    book = catalogue()
    first = at("2026-10-10T12:00")
    assert agreed_time(book, book.services[0], OCTOBER, first) == (Interval(first, OCTOBER.end),)
    assert agreed_time(book, book.services[0], OCTOBER, None) == (OCTOBER,)


def test_since_and_until_bound_the_service() -> None:
    book = catalogue({"since": "2026-10-02T00:00:00Z", "until": "2026-10-03T00:00:00Z"})
    expected = Interval(at("2026-10-02"), at("2026-10-03"))
    assert agreed_time(book, book.services[0], OCTOBER, at("2026-10-02T12:00")) == (expected,)


@pytest.fixture
def corpus_christi(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make Corpus Christi a holiday of Bavaria alone, whatever Germany decides."""

    def holidays_of(country: str, subdiv: str | None) -> set[date]:
        assert country == "DE"
        return {date(2026, 6, 4)} if subdiv == "BY" else set()

    monkeypatch.setattr(holidays, "country_holidays", holidays_of)
    agreed._holidays.cache_clear()
    yield
    agreed._holidays.cache_clear()


@pytest.mark.usefixtures("corpus_christi")
def test_holidays_of_a_subdivision_are_not_owed() -> None:
    weekly = [{"days": "mon-fri", "hours": ["08:00-18:00"]}]
    hours = [
        total(
            agreed_time(book, book.services[0], Interval(at("2026-06-04"), at("2026-06-05")), None)
        )
        for place in ("DE", "DE-BY")
        for book in [
            catalogue({"calendar": "o"}, calendars={"o": {"weekly": weekly, "holidays": place}})
        ]
    ]
    assert hours == [10 * HOUR, 0]


def test_an_old_period_keeps_the_old_objective() -> None:
    history = [{"until": "2026-10-01T00:00:00Z", "objective": 99}]
    service = catalogue({"objective": 99.9, "history": history}).services[0]
    old, new = terms(service, OCTOBER.start - 1).objective, terms(service, OCTOBER.start).objective
    assert (float(old or 0), float(new or 0)) == (0.99, 0.999)


def test_an_until_in_utc_is_understood_as_the_standard_has_it() -> None:
    found = windows(window(rrule="FREQ=DAILY;UNTIL=20261006T000000Z"))
    assert len(found) == 3


@pytest.mark.parametrize(
    ("start", "end", "touches"),
    [(-2, 0, False), (-2, 1, True), (0, 1, True), (743, 745, True), (744, 745, False)],
)
def test_a_window_that_only_meets_a_period_is_none_of_it(
    start: int, end: int, *, touches: bool
) -> None:
    edges = (OCTOBER.start + start * HOUR, OCTOBER.start + end * HOUR)
    begin, finish = (datetime.fromtimestamp(edge / 1000, UTC).isoformat() for edge in edges)
    book = catalogue(maintenance=[window(start=begin, end=finish, duration=None)])
    asked = Request("r", "cli", "Patching", Scope(("shop",)), *edges, "UTC")
    said = ((asked, (WindowEvent(0, "requested", "ann"),)),)
    for found in (windows_in(book, (), OCTOBER), windows_in(catalogue(), said, OCTOBER)):
        assert [w.occurrences for w in found] == [(Interval(*edges),)] * touches


@pytest.mark.parametrize(("hours", "pieces"), [(-1, 1), (0, 1), (1, 2), (743, 2), (744, 1)])
def test_what_held_before_a_change_holds_up_to_its_moment(hours: int, pieces: int) -> None:
    at_change = OCTOBER.start + hours * HOUR
    until = datetime.fromtimestamp(at_change / 1000, UTC).isoformat()
    office = {"weekly": [{"days": "mon-sun", "hours": ["00:00-24:00"]}]}
    history = [{"until": until, "calendar": "never", "quorum": {"locations": 2}}]
    calendars = {"always": office, "never": {"weekly": []}}
    book = catalogue({"calendar": "always", "history": history}, calendars=calendars)
    found = list(quorums(book.services[0], OCTOBER))
    assert len(found) == pieces
    assert all(piece.length for piece, _ in found)
    assert next(quorum.locations for _, quorum in found) == (2 if hours > 0 else "majority")
    owed = total(agreed_time(book, book.services[0], OCTOBER, None))
    assert owed == (744 - max(0, hours)) * HOUR


def test_a_service_that_ends_where_a_period_begins_is_not_owed_in_it() -> None:
    for since, until, expected in (
        (None, "2026-10-01T00:00:00Z", 0),
        (None, "2026-10-01T00:00:01Z", 1_000),
        ("2026-11-01T00:00:00Z", None, 0),
        ("2026-10-31T23:59:59Z", None, 1_000),
    ):
        book = catalogue({"since": since, "until": until})
        assert total(agreed_time(book, book.services[0], OCTOBER, None)) == expected
