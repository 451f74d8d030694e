"""Which planned work a report says is to come, and that a frozen month stays what it was."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sla_engine.accounting.coming import following
from sla_engine.accounting.past import noted
from sla_engine.accounting.report import frozen_report, report
from sla_engine.domain.actor import Actor
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.maintenance.requests import request, resolve
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue

ZONE = ZoneInfo("Europe/Berlin")
OCTOBER = parse_period("2026-10", ZONE, 0)
NOVEMBER = parse_period("2026-11", ZONE, 0)
END = OCTOBER.end
HOUR, DAY = 3_600_000, 86_400_000
SERVICES = ({"id": "shop", "name": "Web Shop", "objective": 99.9}, {"id": "mail", "name": "Mail"})
BOOK = catalogue(*SERVICES, timezone="Europe/Berlin")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        up = (Segment(OCTOBER.start, END, State.UP),)
        opened.apply([Derived(name, up, OCTOBER.start) for name in ("shop", "mail")])
        yield opened


def _ask(
    ledger: Ledger,
    title: str,
    start: int,
    *,
    asked: int = END - DAY,
    approved: int | None = None,
    rrule: str | None = None,
    services: tuple[str, ...] = ("shop",),
) -> str:
    books = Books(BOOK, ledger)
    found = request(
        books, title=title, scope=Scope(services), start=start, end=start + 2 * HOUR,
        timezone="Europe/Berlin", rrule=rrule, event=WindowEvent(asked, "requested", "ann", "so"),
    )  # fmt: skip
    if approved is not None:
        _decide(ledger, found.id, "approved", approved)
    return found.id


def _decide(ledger: Ledger, window: str, kind: str, at: int) -> None:
    books = Books(BOOK, ledger)
    resolve(books, window, kind, by=Actor("bob"), reason="so", now=at)  # type: ignore[arg-type]


def _told(made: PeriodReport) -> list[tuple[str, int, str | None]]:
    assert made.coming is not None
    return [(one.title, one.span.start, one.approver) for one in made.coming.works]


def test_what_begins_in_the_next_month_is_listed_approved_or_not(ledger: Ledger) -> None:
    _ask(ledger, "over the edge", END - HOUR)
    _ask(ledger, "first instant", END, approved=END - HOUR)
    _ask(ledger, "last instant", NOVEMBER.end - 1)
    _ask(ledger, "the month after", NOVEMBER.end)
    refused = _ask(ledger, "refused", END + DAY)
    _decide(ledger, refused, "rejected", END - HOUR)
    dropped = _ask(ledger, "dropped", END + DAY, approved=END - 3 * HOUR)
    _decide(ledger, dropped, "cancelled", END - HOUR)
    made = report(Books(BOOK, ledger), OCTOBER, END + HOUR)
    assert _told(made) == [("first instant", END, "bob"), ("last instant", NOVEMBER.end - 1, None)]
    assert made.coming is not None
    assert made.coming.span == Interval(NOVEMBER.start, NOVEMBER.end)


def test_each_occurrence_of_recurring_work_is_listed_by_the_clocks_of_its_zone(
    ledger: Ledger,
) -> None:
    first = parse_period("2026-10-04", ZONE, 0).start + 2 * HOUR
    _ask(ledger, "patches", first, asked=first - DAY, approved=first - HOUR, rrule="FREQ=WEEKLY")
    made = report(Books(BOOK, ledger), OCTOBER, END + HOUR)
    begins = [start for _, start, _ in _told(made)]
    sundays = [parse_period(f"2026-11-{day:02}", ZONE, 0).start for day in (1, 8, 15, 22, 29)]
    assert begins == [one + 2 * HOUR for one in sundays]


def test_a_report_of_one_service_lists_the_work_on_it_alone(ledger: Ledger) -> None:
    _ask(ledger, "mail", END + DAY, services=("mail",))
    _ask(ledger, "both", END + 2 * DAY, services=("mail", "shop"))
    made = report(Books(BOOK, ledger), OCTOBER, END + HOUR, ["shop"])
    assert [title for title, _, _ in _told(made)] == ["both"]
    assert made.coming is not None
    assert made.coming.works[0].services == ("Web Shop",)


def test_a_frozen_month_keeps_the_work_that_was_known_then_and_is_not_restated(
    ledger: Ledger,
) -> None:
    waiting = _ask(ledger, "waiting", END + DAY)
    _ask(ledger, "sure", END + 2 * DAY, approved=END - HOUR)
    first = frozen_report(Books(BOOK, ledger), OCTOBER, END + HOUR)
    assert first.frozen
    before = _told(first)
    assert before == [("waiting", END + DAY, None), ("sure", END + 2 * DAY, "bob")]
    _decide(ledger, waiting, "approved", END + 2 * HOUR)
    late = _ask(ledger, "new", END + 3 * DAY, asked=END + 2 * HOUR, approved=END + 3 * HOUR)
    for made in (
        report(Books(BOOK, ledger), OCTOBER, END + 4 * HOUR),
        frozen_report(Books(BOOK, ledger), OCTOBER, END + 5 * HOUR),
    ):
        assert made.coming == first.coming
        assert made.restatements == ()
    _decide(ledger, late, "cancelled", END + 6 * HOUR)
    assert report(Books(BOOK, ledger), OCTOBER, END + 7 * HOUR).coming == first.coming


def test_a_frozen_month_keeps_the_windows_that_the_catalogue_had_then(ledger: Ledger) -> None:
    def book(**window: str) -> Books:
        entry = {
            "id": "w1", "title": "Disks", "requester": "ann", "approver": "bob",
            "services": ["shop"], "start": "2026-11-07T22:00:00", "duration": "2h",
        } | window  # fmt: skip
        return Books(
            catalogue(*SERVICES, timezone="Europe/Berlin", maintenance={"windows": [entry]}), ledger
        )

    books = noted(book(), END - DAY)
    first = frozen_report(books, OCTOBER, END + HOUR)
    assert [(title, who) for title, _, who in _told(first)] == [("Disks", "bob")]
    moved = noted(book(start="2026-11-14T22:00:00", title="Disks at last"), END + 2 * HOUR)
    made = report(moved, OCTOBER, END + 3 * HOUR)
    assert made.coming == first.coming
    assert made.restatements == ()
    unfrozen = report(moved, parse_period("2026-10-31", ZONE, 0), END + 3 * HOUR)
    assert _told(unfrozen) == []


def test_what_was_not_frozen_says_what_is_known_now(ledger: Ledger) -> None:
    waiting = _ask(ledger, "waiting", END + DAY)
    report(Books(BOOK, ledger), OCTOBER, END + HOUR)
    _decide(ledger, waiting, "approved", END + 2 * HOUR)
    assert _told(report(Books(BOOK, ledger), OCTOBER, END + 3 * HOUR)) == [
        ("waiting", END + DAY, "bob")
    ]


@pytest.mark.parametrize(
    ("period", "after"),
    [
        ("2026-10-24", "2026-10-25"),
        ("2026-W43", "2026-W44"),
        ("2026-12", "2027-01"),
        ("2026-Q4", "2027-01"),
        ("2026", "2027-01"),
    ],
)
def test_readers_plan_for_as_long_as_the_period_was_and_a_month_at_most(
    period: str, after: str
) -> None:
    expected = parse_period(after, ZONE, 0)
    found = following(parse_period(period, ZONE, 0))
    assert found == Interval(expected.start, expected.end)


@pytest.mark.parametrize("form", ["html", "text", "slack"])
def test_every_format_says_which_work_is_to_come_or_that_there_is_none(
    ledger: Ledger, form: str
) -> None:
    none = report(Books(BOOK, ledger), OCTOBER, END + HOUR)
    said = FORMATS[form].render(none).decode()
    assert "Planned work to come, November 2026: none." in said
    _ask(ledger, "New <disks>", END + DAY, approved=END - HOUR)
    made = report(Books(BOOK, ledger), OCTOBER, END + HOUR)
    said = FORMATS[form].render(made).decode()
    assert "November 2026: 1 window, New " in said
    assert "<disks>" not in said or form == "text"
