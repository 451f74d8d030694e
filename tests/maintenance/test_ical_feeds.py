from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service_catalogue import Catalogue
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import MaintenanceWindow, WindowEvent
from sla_engine.ledger import Books, Ledger
from sla_engine.maintenance.ical_feeds import FeedError, pull
from sla_engine.maintenance.windows import planned, windows_in
from tests.catalogues import catalogue

EVENT = """\
BEGIN:VEVENT
UID:{uid}
SUMMARY:{uid}
{lines}
END:VEVENT
"""


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOW = at("2026-10-20T12:00")
AUTUMN = Interval(at("2026-09-01"), at("2026-12-31"))


def calendar(**events: str) -> str:
    bodies = "".join(
        EVENT.format(uid=uid, lines=lines.replace(" ", "\n")) for uid, lines in events.items()
    )
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{bodies}END:VCALENDAR\n"
    return text.replace("\n", "\r\n")


def book(**feed: object) -> Catalogue:
    entry = {"id": "ops", "file": "ops.ics", "services": ["shop"], "approver": "ann"} | feed
    return catalogue("shop", maintenance={"feeds": [entry]}, timezone="Europe/Berlin")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def read(ledger: Ledger, text: str, now: int = NOW, **feed: object) -> list[tuple[str, str]]:
    """Read a feed; return the planned time."""
    known = book(**feed)
    pull(Books(known, ledger), known.maintenance.feeds[0], text, now)
    windows = windows_in(known, ledger.windows.all(), AUTUMN)
    found = planned(known, known.services[0], windows, {}, AUTUMN)
    return [(text_of(i.start), text_of(i.end)) for i in found]


def text_of(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%m-%d %H:%M")


def windows(ledger: Ledger) -> tuple[MaintenanceWindow, ...]:
    return windows_in(book(), ledger.windows.all(), AUTUMN)


def test_an_event_is_a_window_and_no_zone_means_the_organisation_s(ledger: Ledger) -> None:
    text = calendar(
        utc="DTSTART:20261021T020000Z DTEND:20261021T040000Z",
        local="DTSTART:20261022T020000 DURATION:PT30M",
        day="DTSTART;VALUE=DATE:20261025",
    )
    assert read(ledger, text) == [
        ("10-21 02:00", "10-21 04:00"),
        ("10-22 00:00", "10-22 00:30"),
        ("10-24 22:00", "10-25 23:00"),  # the day on which the clocks go back has 25 hours
    ]


def test_a_recurring_event_keeps_its_wall_clock_time(ledger: Ledger) -> None:
    rule = "RRULE:FREQ=WEEKLY;COUNT=3 EXDATE:20261025T020000"
    text = calendar(patch=f"DTSTART:20261018T020000 DTEND:20261018T030000 {rule}")
    assert read(ledger, text) == [("10-18 00:00", "10-18 01:00"), ("11-01 01:00", "11-01 02:00")]


def test_reading_again_changes_nothing(ledger: Ledger) -> None:
    text = calendar(patch="DTSTART:20261021T020000Z DTEND:20261021T040000Z")
    first = read(ledger, text)
    before = list(ledger.export())
    assert read(ledger, text, now=NOW + 900_000) == first
    assert list(ledger.export()) == before


def test_what_is_gone_is_cancelled_and_what_is_past_stays(ledger: Ledger) -> None:
    text = calendar(
        past="DTSTART:20261018T020000Z DTEND:20261018T040000Z",
        now="DTSTART:20261020T110000Z DTEND:20261020T140000Z",
        soon="DTSTART:20261021T020000Z DTEND:20261021T040000Z",
    )
    assert len(read(ledger, text)) == 3
    assert read(ledger, calendar()) == [
        ("10-18 02:00", "10-18 04:00"),
        ("10-20 11:00", "10-20 12:00"),
    ]
    assert [w.state(NOW) for w in windows(ledger)] == ["completed", "cancelled", "cancelled"]


def test_what_comes_back_is_planned_again(ledger: Ledger) -> None:
    text = calendar(
        soon="DTSTART:20261021T020000Z DTEND:20261021T040000Z",
        later="DTSTART:20261022T020000Z DTEND:20261022T040000Z",
    )
    both = read(ledger, text)
    for minute in range(0, 12, 2):
        assert read(ledger, calendar(), now=NOW + minute * 60_000) == []
        assert read(ledger, text, now=NOW + (minute + 1) * 60_000) == both
    before = list(ledger.export())
    assert read(ledger, text, now=NOW + 900_000) == both
    assert list(ledger.export()) == before


def test_what_a_person_cancelled_does_not_come_back(ledger: Ledger) -> None:
    text = calendar(soon="DTSTART:20261021T020000Z DTEND:20261021T040000Z")
    read(ledger, text)
    (window,) = windows(ledger)
    ledger.windows.append(window.id, WindowEvent(NOW, "cancelled", "bob", "postponed"))
    for told in (text, calendar(), text):
        assert read(ledger, told, now=NOW + 900_000) == []


def test_a_cancelled_event_is_none(ledger: Ledger) -> None:
    text = calendar(x="DTSTART:20261021T020000Z DTEND:20261021T040000Z STATUS:CANCELLED")
    assert read(ledger, text) == []


def test_without_an_approver_a_window_waits(ledger: Ledger) -> None:
    text = calendar(x="DTSTART:20261021T020000Z DTEND:20261021T040000Z")
    assert read(ledger, text, approver=None) == []
    (window,) = windows(ledger)
    assert (window.state(NOW), window.source, window.title) == ("requested", "feed:ops", "x")


def test_what_is_no_calendar_changes_nothing(ledger: Ledger) -> None:
    text = calendar(x="DTSTART:20261021T020000Z DTEND:20261021T040000Z")
    read(ledger, text)
    before = list(ledger.export())
    for wrong in ("", "<html>login</html>", text[:60]):
        with pytest.raises(FeedError, match="feed ops: not an iCalendar file"):
            read(ledger, wrong)
    assert list(ledger.export()) == before
