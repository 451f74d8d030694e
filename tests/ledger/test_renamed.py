"""Whoever reads a ledger before a renamed service was noted there reads what it will hold then."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger
from sla_engine.ledger.renamed import by_new_names
from sla_engine.ledger.rows import NOTHING

HOUR = 3_600_000
DAY = Interval(0, 24 * HOUR)
LINE = (
    Segment(0, 5 * HOUR, State.UP),
    Segment(5 * HOUR, 6 * HOUR, State.DOWN),
    Segment(6 * HOUR, 7 * HOUR, State.UNKNOWN),
    Segment(7 * HOUR, 8 * HOUR, State.UP),
    Segment(8 * HOUR, DAY.end, State.DOWN),
)
BOTH = ["store", "mail"]
READINGS: dict[str, Callable[[Ledger], Any]] = {
    "histories": lambda ledger: ledger.histories(DAY),
    "histories of some": lambda ledger: ledger.histories(DAY, ["store"]),
    "last gaps": lambda ledger: ledger.last_gaps(DAY),
    "outages": lambda ledger: sorted(ledger.outages()),
    "newest outages": lambda ledger: sorted(ledger.newest_outages(0, BOTH, 9)),
    "open outages": lambda ledger: ledger.open_outages(),
    "events": lambda ledger: ledger.events(DAY),
    "events of some": lambda ledger: ledger.events(DAY, ["store"]),
    "first samples": lambda ledger: [ledger.first_samples().get(name) for name in BOTH],
    "covered until": lambda ledger: ledger.covered_until(),
    "without": lambda ledger: ledger.without(NOTHING).histories(DAY),
}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        minutes = (Minute(6 * HOUR, 1.0, 2.0),)
        opened.apply([Derived(name, LINE, 0, events=minutes) for name in ("shop", "mail")])
        yield opened


@pytest.mark.parametrize("reading", READINGS)
def test_each_reading_is_as_after_the_rows_were_joined(ledger: Ledger, reading: str) -> None:
    read = READINGS[reading]
    before = read(by_new_names(ledger, [("store", "shop")]))
    assert "store" in str(before) or reading == "first samples"
    ledger.join("shop", "store", DAY.end)
    assert before == read(ledger) == read(by_new_names(ledger, [("store", "shop")]))


def test_what_a_service_has_itself_it_has_alone_until_they_are_joined(ledger: Ledger) -> None:
    assert by_new_names(ledger, [("mail", "shop")]) is ledger
