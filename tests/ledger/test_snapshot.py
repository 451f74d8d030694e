"""A snapshot answers as the ledger does, of one moment, and nobody writes to it."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.outage import Correction
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Decided, Derived, Ledger, snapshot
from sla_engine.ledger.maintenance import Request

MINUTE = 60_000
HOUR = Interval(0, 60 * MINUTE)


def derive(ledger: Ledger, service: str, *edges: tuple[int, int, State]) -> None:
    line = tuple(Segment(a * MINUTE, b * MINUTE, state) for a, b, state in edges)
    ledger.apply([Derived(service, line, line[0].start)])


def request(name: str, start: int, rrule: str | None = None) -> Request:
    begin = start * MINUTE
    return Request(name, "cli", name, Scope(("shop",)), begin, begin + MINUTE, "UTC", rrule)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    opened = Ledger.open(f"sqlite:///{tmp_path}/ledger.db")
    derive(opened, "shop", (0, 10, State.UP), (10, 12, State.DOWN), (12, 30, State.UP))
    derive(opened, "mail", (5, 20, State.UNKNOWN), (20, 40, State.DOWN))
    opened.corrections.add("shop", 10 * MINUTE, Correction(1, "ann", "cause", None, "disk", "seen"))
    for one in (request("early", 1), request("late", 50), request("nightly", 2, "FREQ=DAILY")):
        opened.windows.add(one, WindowEvent(1, "requested", "ann", "work"))
    return opened


def test_it_answers_as_the_ledger_does(ledger: Ledger) -> None:
    with snapshot(ledger) as held:
        for _ in range(2):
            assert held.histories(HOUR) == ledger.histories(HOUR)
            assert held.first_samples() == ledger.first_samples()
            assert held.open_outages() == ledger.open_outages()
            assert held.covered_until() == ledger.covered_until()
            assert held.derived_until() == ledger.derived_until() == 40 * MINUTE
            assert held.decisions() == ledger.decisions()
            assert held.corrections.of_all() == ledger.corrections.of_all()
            assert held.windows.all() == ledger.windows.all()
            for start in range(0, 60, 7):
                for length in (0, 1, 9):
                    span = Interval(start * MINUTE, (start + length) * MINUTE)
                    assert held.windows.touching(span) == ledger.windows.touching(span)


def test_an_empty_ledger_reaches_nowhere() -> None:
    with snapshot(Ledger.open("sqlite://")) as held:
        assert held.derived_until() is None


def test_it_is_of_one_moment(ledger: Ledger) -> None:
    with snapshot(ledger) as held:
        before = held.covered_until(), held.histories(HOUR)
        derive(ledger, "shop", (30, 50, State.DOWN))
        assert (held.covered_until(), held.histories(HOUR)) == before
        assert held.open_outages().keys() == {"mail"}
    assert ledger.open_outages().keys() == {"shop", "mail"}


def test_what_people_decided_is_read_again_when_they_decide_more(ledger: Ledger) -> None:
    decided, asked = Decided(), []
    sa.event.listen(
        ledger.engine, "before_cursor_execute", lambda _, __, text, *___: asked.append(text)
    )

    def look() -> int:
        asked.clear()
        with snapshot(ledger, decided) as held:
            for _ in range(2):
                assert held.corrections.of_all() == ledger.corrections.of_all()
                assert held.windows.all() == ledger.windows.all()
        return len(asked)

    first = look()
    assert look() == first - 3  # corrections, windows, and what happened to these
    ledger.corrections.add("shop", 10 * MINUTE, Correction(2, "bob", "cause", "disk", "net", "n"))
    assert look() == first
    ledger.windows.append("late", WindowEvent(2, "approved", "bob", "fine"))
    assert look() == first
    assert look() == first - 3


def test_nobody_writes_to_it(ledger: Ledger) -> None:
    with snapshot(ledger) as held, pytest.raises(TypeError, match="not written to"):
        derive(held, "shop", (30, 50, State.DOWN))
    assert ledger.derived_until() == 40 * MINUTE
