"""Feeds as programs write them, each whole and with one event that makes no sense."""

import gzip
import threading
from collections.abc import Iterator
from datetime import UTC
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service_catalogue.maintenance import Feed
from sla_engine.app.context import Context
from sla_engine.app.feeds import FeedReader, _Reading, decoded, read
from sla_engine.ledger import Books, Ledger
from sla_engine.maintenance.ical_feeds import FeedError, occurrences, pull
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.maintenance.test_ical_feeds import NOW, book, calendar, text_of

FORMS = Path(__file__).parent / "feeds"
PATCH = ("10-21 00:00", "10-21 02:00")
SAID = {
    "outlook": [PATCH, ("10-28 01:00", "10-28 03:00")],
    "google": [PATCH, ("11-04 02:00", "11-04 04:00")],
    "nextcloud": [PATCH, ("10-31 23:00", "11-01 23:00")],
    "jira": [PATCH],
    "pagerduty": [PATCH],
}
HOURS = "DTSTART:20261021T020000Z DTEND:20261021T040000Z"
BROKEN = {
    "no such day": ("DTSTART:20260230T020000Z DTEND:20260230T030000Z", "20260230T020000Z"),
    "no start": ("DTEND:20261021T030000Z", "it has no DTSTART"),
    "the end first": ("DTSTART:20261021T040000Z DTEND:20261021T020000Z", "ends before it starts"),
    "no frequency": (f"{HOURS} RRULE:COUNT=3", "FREQ must be one of"),
    "by seconds": (f"{HOURS} RRULE:FREQ=SECONDLY", "FREQ=SECONDLY is not taken"),
    "by minutes": (f"{HOURS} RRULE:FREQ=MINUTELY;INTERVAL=5", "FREQ=MINUTELY is not taken"),
    "never further": (f"{HOURS} RRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL must be"),
    "too often": (f"{HOURS} RRULE:FREQ=HOURLY", "occurs more than 1000 times a year"),
    "never": (f"{HOURS} RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never occurs"),
    "year one": ("DTSTART:00010101T000000Z DURATION:PT5H", "is not between 1970 and 2200"),
    "for ever": ("DTSTART:20261021T020000Z DURATION:P999999D", "longer than a year"),
    "no such duration": ("DTSTART:20261021T020000Z DURATION:soon", "soon"),
    "no length": ("DTSTART:20261021T020000Z", "it takes no time"),
    "an unknown zone": ("DTSTART;TZID=PDT:20261021T020000 DURATION:PT1H", "the zone 'PDT'"),
    "an unknown zone of an exception": (f"{HOURS} EXDATE;TZID=PDT:20261021T020000", "'PDT'"),
}


def told(text: str) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    found = occurrences(book().maintenance.feeds[0], text, book().timezone, NOW)
    times = sorted((text_of(r.start), text_of(r.end)) for r in found.found.values())
    return times, found.skipped


def with_event(text: str, lines: str) -> str:
    event = f"BEGIN:VEVENT\nUID:broken\nSUMMARY:Broken\n{lines}\nEND:VEVENT\n"
    return text.replace("BEGIN:VEVENT\n", event.replace(" ", "\n") + "BEGIN:VEVENT\n", 1)


@pytest.mark.parametrize("form", SAID)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_feeds_of_other_programs_are_read(form: str, ends: str) -> None:
    text = (FORMS / f"{form}.ics").read_text(encoding="utf-8").replace("\n", ends)
    assert told(text) == (SAID[form], ())


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("form", SAID)
def test_one_event_that_makes_no_sense_is_named_and_the_rest_counts(form: str, kind: str) -> None:
    lines, reason = BROKEN[kind]
    text = (FORMS / f"{form}.ics").read_text(encoding="utf-8")
    times, (skipped,) = told(with_event(text, lines.replace(" ", "\n")))
    assert times == SAID[form]
    assert skipped.startswith("'Broken': ")
    assert reason in skipped


def test_an_event_without_its_end_is_named_and_neither_lost_nor_cancelled(ledger: Ledger) -> None:
    text = calendar(a=HOURS, b="DTSTART:20261022T020000Z DTEND:20261022T040000Z")
    assert pulled(ledger, text) == 2
    cut = text.replace("END:VEVENT", "X-END:", 1)
    times, skipped = told(cut)
    assert times == [("10-22 02:00", "10-22 04:00")]
    assert skipped == ("'a': it has no END:VEVENT",)
    assert pulled(ledger, cut, 1) == 0


def test_a_redirect_to_no_address_is_a_failure_of_its_feed() -> None:
    def astray(feed: Feed) -> bytes:
        raise UnicodeError(f"where {feed.id} leads to is no address")

    reading = _Reading(astray, book().maintenance.feeds[0])
    reading.run()
    with pytest.raises(FeedError, match="is no address"):
        reading.result()


def test_characters_that_no_database_keeps_are_no_part_of_a_title() -> None:
    text = calendar(a=HOURS).replace("SUMMARY:a", "SUMMARY:Pat\0ch\x1b[31m")
    (request,) = occurrences(book().maintenance.feeds[0], text, UTC, NOW).found.values()
    assert request.title == "Patch[31m"


@pytest.mark.parametrize(
    "body",
    [
        "\ufeff{}".encode(),
        "\ufeff{}".encode("utf-16-le"),
        "\ufeff{}".encode("utf-16-be"),
    ],
)
def test_a_byte_order_mark_is_no_part_of_a_calendar(body: bytes) -> None:
    code = {b"\xef": "utf-8", b"\xff": "utf-16-le", b"\xfe": "utf-16-be"}[body[:1]]
    text = (FORMS / "jira.ics").read_text(encoding="utf-8")
    assert told(decoded(body.replace("{}".encode(code), text.encode(code)))) == ([PATCH], ())


def test_a_file_may_hold_several_calendars() -> None:
    first = calendar(a="DTSTART:20261021T000000Z DTEND:20261021T020000Z")
    second = calendar(b="DTSTART:20261022T000000Z DTEND:20261022T020000Z")
    both = ([PATCH, ("10-22 00:00", "10-22 02:00")], ())
    assert told(first + second) == both
    assert told(first + "\ufeff" + second) == both


@pytest.mark.parametrize("cancel", ["METHOD:CANCEL\r\n", ""])
def test_what_is_cancelled_by_method_or_status_is_none(cancel: str) -> None:
    event = calendar(a="DTSTART:20261021T000000Z DTEND:20261021T020000Z")
    status = "" if cancel else " STATUS:CANCELLED"
    off = calendar(a=f"DTSTART:20261021T000000Z SEQUENCE:1{status}")
    assert told(event + off.replace("VERSION", f"{cancel}VERSION")) == ([], ())


def test_one_occurrence_may_be_cancelled_without_its_start() -> None:
    rule = "RRULE:FREQ=WEEKLY;COUNT=2"
    event = calendar(a=f"DTSTART:20261021T000000Z DTEND:20261021T020000Z {rule}")
    off = calendar(a="RECURRENCE-ID:20261028T000000Z SEQUENCE:1")
    assert told(event + off.replace("VERSION", "METHOD:CANCEL\r\nVERSION")) == ([PATCH], ())


@pytest.mark.parametrize("later", ["SEQUENCE:2", "SEQUENCE:10"])
def test_an_older_revision_cancels_nothing_of_a_newer_one(later: str) -> None:
    hours = "DTSTART:20261021T000000Z DTEND:20261021T020000Z"
    off = calendar(a=f"{hours} SEQUENCE:1 STATUS:CANCELLED")
    on = calendar(a=f"{hours} {later}")
    assert told(off + on) == told(on + off) == ([PATCH], ())


def test_an_occurrence_that_is_moved_by_its_day_is_not_there_twice() -> None:
    rule = "RRULE:FREQ=WEEKLY;COUNT=2"
    event = calendar(a=f"DTSTART:20261021T000000Z DTEND:20261021T020000Z {rule}")
    hours = "DTSTART:20261029T000000Z DTEND:20261029T020000Z"
    moved = calendar(a=f"RECURRENCE-ID;VALUE=DATE:20261028 {hours}")
    text = event.replace("END:VCALENDAR\r\n", "") + moved.partition("PRODID:x\r\n")[2]
    assert told(text) == ([PATCH, ("10-29 00:00", "10-29 02:00")], ())


def test_a_space_after_begin_hides_no_event() -> None:
    event = calendar(a="DTSTART:20261021T000000Z DTEND:20261021T020000Z")
    assert told(event.replace("BEGIN:VEVENT", "BEGIN: VEVENT")) == ([PATCH], ())


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "W. Europe Standard Time",
        '"W. Europe Standard Time"',
        "/mozilla.org/20070129_1/Europe/Berlin",
    ],
)
def test_a_zone_may_have_another_name_that_is_known(zone: str) -> None:
    text = calendar(a="DTSTART;ZONE:20261021T020000 DURATION:PT2H")
    assert told(text.replace("ZONE", f"TZID={zone}")) == ([PATCH], ())


def in_zone(zone: str, lines: str) -> str:
    return calendar(a=lines).replace("PRODID:x", f"PRODID:x\r\nX-WR-TIMEZONE:{zone}")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTSTART:20261021T020000 DURATION:PT2H", ("10-21 06:00", "10-21 08:00")),
        ("DTSTART;VALUE=DATE:20261021", ("10-21 04:00", "10-22 04:00")),
        ("DTSTART;TZID=Europe/Berlin:20261021T020000 DURATION:PT2H", PATCH),
        ("DTSTART:20261021T000000Z DURATION:PT2H", PATCH),
    ],
)
def test_days_and_hours_without_a_zone_are_of_the_calendar_s_own(
    lines: str, expected: tuple[str, str]
) -> None:
    assert told(in_zone("America/New_York", lines)) == ([expected], ())
    assert told(in_zone("Eastern Standard Time", lines)) == ([expected], ())


def test_a_calendar_s_own_zone_that_nobody_knows_is_named_where_it_counts() -> None:
    unknown = "'a': nobody knows the zone 'PDT'"
    for lines in ("DTSTART:20261021T020000 DURATION:PT2H", "DTSTART;VALUE=DATE:20261021"):
        assert told(in_zone("PDT", lines)) == ([], (unknown,))
    assert told(in_zone("PDT", "DTSTART:20261021T000000Z DURATION:PT2H")) == ([PATCH], ())
    lines = "DTSTART:20261021T000000Z DURATION:PT2H RRULE:FREQ=DAILY;COUNT=1 EXDATE:20261101T020000"
    assert told(in_zone("PDT", lines)) == ([], (unknown,))


@pytest.mark.parametrize("zone", ["America/New_York", "PDT", '"PDT"'])
def test_a_time_in_utc_is_that_whatever_zone_is_written_beside_it(zone: str) -> None:
    text = calendar(a="DTSTART;ZONE:20261021T000000Z DTEND;ZONE:20261021T020000Z")
    assert told(text.replace("ZONE", f"TZID={zone}")) == ([PATCH], ())


def test_the_zone_of_this_machine_is_no_zone_of_a_calendar() -> None:
    for zone in ("localtime", "Factory"):
        text = calendar(a=f"DTSTART;TZID={zone}:20261021T000000 DURATION:PT2H")
        assert told(text) == ([], (f"'a': nobody knows the zone '{zone}'",))


def test_two_calendars_may_mean_different_zones_by_one_name() -> None:
    def described(uid: str, offset: str) -> str:
        zone = f"BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{offset}\n"
        zone = (
            f"BEGIN:VTIMEZONE\nTZID:Ours\n{zone}TZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
        text = calendar(**{uid: "DTSTART;TZID=Ours:20261021T020000 DURATION:PT2H"})
        return text.replace("BEGIN:VEVENT", zone + "BEGIN:VEVENT")

    later = ("10-21 01:00", "10-21 03:00")
    assert told(described("a", "+0200") + described("b", "+0100")) == ([PATCH, later], ())


def test_too_many_events_are_no_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sla_engine.maintenance.ical_events.MOST_EVENTS", 1)
    with pytest.raises(FeedError, match="more than 1 events"):
        told(calendar(a=HOURS, b=HOURS))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def pulled(ledger: Ledger, text: str, minutes: int = 0) -> int:
    known = book()
    return pull(
        Books(known, ledger), known.maintenance.feeds[0], text, NOW + minutes * 60_000
    ).changed


def test_the_same_work_under_a_new_uid_at_each_fetch_is_told_once(ledger: Ledger) -> None:
    text = calendar(first=HOURS).replace("SUMMARY:first", "SUMMARY:Patch day")
    assert pulled(ledger, text) == 1
    before = list(ledger.export())
    for minutes in range(1, 6):
        assert pulled(ledger, text.replace("UID:first", f"UID:u{minutes}"), minutes) == 0
    assert list(ledger.export()) == before
    assert pulled(ledger, calendar(), 6) == 1
    assert pulled(ledger, text.replace("UID:first", "UID:back"), 7) == 1


def test_a_new_title_under_the_same_uid_is_the_same_work(ledger: Ledger) -> None:
    text = calendar(first=HOURS)
    assert pulled(ledger, text) == 1
    assert pulled(ledger, text.replace("SUMMARY:first", "SUMMARY:Patch day"), 1) == 0


def test_an_event_that_broke_is_not_cancelled_by_that(ledger: Ledger) -> None:
    text = calendar(a=HOURS, b="DTSTART:20261022T020000Z DTEND:20261022T040000Z")
    assert pulled(ledger, text) == 2
    assert pulled(ledger, text.replace("20261021T02", "20261321T02"), 1) == 0
    assert pulled(ledger, calendar(), 2) == 2


class Far(BaseHTTPRequestHandler):
    """A server of feeds that are not what they seem."""

    def do_GET(self) -> None:
        if self.path == "/file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(gzip.compress(bytes(64 << 20)))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def far() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Far)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def feed(**where: str) -> Feed:
    return Feed.model_validate({"id": "ops", "services": ["shop"], **where})


def test_a_redirect_leads_to_no_file(far: str) -> None:
    with pytest.raises(OSError, match="No connection adapters"):
        read(feed(url=f"{far}/file"))


def test_a_feed_that_unpacks_to_more_than_it_may_is_given_up(far: str) -> None:
    with pytest.raises(FeedError, match="longer than 10 MiB"):
        read(feed(url=f"{far}/bomb"))


def test_a_file_without_an_end_is_given_up() -> None:
    with pytest.raises(FeedError, match="longer than 10 MiB"):
        read(feed(file="/dev/zero"))


def test_a_feed_that_hangs_holds_up_nobody_and_is_shown(ledger: Ledger) -> None:
    known, metrics, released = book(), EngineMetrics("test"), threading.Event()
    bodies = [calendar(a=HOURS, b=f"{HOURS} RRULE:COUNT=3").encode()]

    def fetch(_: Feed) -> bytes:
        released.wait(10)
        return bodies[0]

    context = Context(known, ledger, Client(known.prometheus))
    reader = FeedReader(context, known.maintenance.feeds[0], metrics, fetch, patience=0.01)
    with capture_logs() as hung:
        reader()
        reader()
    assert b'sla_engine_feed_last_success_timestamp_seconds{feed="ops"} 0.0' in metrics.render()
    assert str(hung).count("not read within 0.01 s") == 1
    released.set()
    reader = FeedReader(context, known.maintenance.feeds[0], metrics, fetch)
    with capture_logs() as left_out:
        reader()
        reader()
    assert b'sla_engine_feed_events_skipped{feed="ops"} 1.0' in metrics.render()
    assert b'sla_engine_feed_refresh_seconds{feed="ops"} 900.0' in metrics.render()
    assert str(left_out).count("'b': FREQ must be one of") == 1
    metrics.forget_feeds()
    assert b"{feed=" not in metrics.render()
