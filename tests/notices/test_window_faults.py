"""A window that cannot be worked out is left out, named and counted; all others count."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from sla_engine.domain.actor import Actor
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import DecisionError, Scope, WindowEvent
from sla_engine.ledger import Books, Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance import requests, windows
from sla_engine.maintenance.windows import faults_in, windows_in
from tests.catalogues import catalogue

DAY = 86_400_000
NOW = 20_000 * DAY
NEAR = Interval(NOW - 10 * DAY, NOW + 10 * DAY)
BOOK = catalogue("a")
BAD: dict[str, dict[str, object]] = {
    "often": {"rrule": "FREQ=SECONDLY"},
    "wrong": {"rrule": "FREQ=OFTEN"},
    "long": {"end": 2**62, "rrule": "FREQ=DAILY"},
    "late": {"start": 2**60, "end": 2**61},
    "zone": {"timezone": "Europe/Atlantis"},
}


def request(identifier: str, **changes: object) -> Request:
    made = Request(
        identifier, "cli", "Work", Scope(services=("a",)), NOW - 9 * DAY, NOW - 8 * DAY, "UTC", None
    )
    return made._replace(**changes)  # type: ignore[arg-type]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        for name, changes in BAD.items():
            if name not in {"late", "long"}:
                opened.windows.add(request(name, **changes), WindowEvent(NOW, "requested", "ann"))
        opened.windows.add(request("good"), WindowEvent(NOW, "requested", "ann"))
        yield opened


def test_the_others_count() -> None:
    asked = [(request(n, **c), (WindowEvent(0, "requested", "x"),)) for n, c in BAD.items()]
    asked.append((request("good"), (WindowEvent(0, "requested", "x"),)))
    windows._tell_once.cache_clear()
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            assert [w.id for w in windows_in(BOOK, asked, NEAR)] == ["good"]
    assert [entry["window"] for entry in logs] == list(BAD)
    assert {entry["event"] for entry in logs} == {"maintenance window left out"}
    assert [fault.window for fault in faults_in(BOOK, asked, NEAR)] == list(BAD)


@pytest.mark.parametrize("name", ["often", "wrong", "zone"])
def test_it_can_be_taken_out_and_not_approved(ledger: Ledger, name: str) -> None:
    def resolve(kind: str) -> str:
        window = requests.resolve(
            Books(BOOK, ledger), name, kind, by=Actor("bob"), reason="x", now=NOW  # type: ignore[arg-type]
        )  # fmt: skip
        return window.state(NOW)

    with pytest.raises(DecisionError, match=f"{name} cannot be worked out: "):
        resolve("approved")
    assert resolve("rejected") == "rejected"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start": -DAY, "end": DAY}, "the start is not between 1970 and 2200"),
        ({"start": 2**60, "end": 2**61}, "the window is not between 1970 and 2200"),
        ({"end": NOW + 400 * DAY}, "the window is longer than a year"),
        ({"rrule": "FREQ=SECONDLY"}, "'FREQ=SECONDLY' FREQ=SECONDLY is not taken"),
        ({"rrule": "FREQ=HOURLY"}, "'FREQ=HOURLY' occurs more than 1000 times a year"),
        ({"rrule": "FREQ=DAILY;INTERVAL=0"}, "is not an RFC 5545 recurrence rule: INTERVAL must"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "BYMONTHDAY=30' never occurs"),
        ({"rrule": "FREQ=DAILY;UNTIL=20200101"}, "UNTIL is before the start"),
        ({"end": NOW - 9 * DAY}, "ends before it begins"),
    ],
)
def test_what_cannot_be_worked_out_cannot_be_requested(
    ledger: Ledger, changes: dict[str, object], words: str
) -> None:
    before = len(ledger.windows.all())
    fields: dict[str, object] = {"start": NOW - 9 * DAY, "end": NOW + DAY, "rrule": None} | changes
    with pytest.raises(ValueError, match=words):
        requests.request(
            Books(BOOK, ledger), title="x", scope=Scope(services=("a",)), timezone="Europe/Berlin",
            event=WindowEvent(NOW, "requested", "ann"), **fields,  # type: ignore[arg-type]
        )  # fmt: skip
    assert len(ledger.windows.all()) == before


def test_a_recurrence_of_decades_ago_still_counts() -> None:
    old = request("old", start=10 * 365 * DAY, end=10 * 365 * DAY + 3_600_000, rrule="FREQ=DAILY")
    [found] = windows_in(BOOK, [(old, (WindowEvent(0, "requested", "x"),))], NEAR)
    assert len(found.occurrences) == 20
