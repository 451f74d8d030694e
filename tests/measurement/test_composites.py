from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.timeline import Segment, State, Timeline
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.composites import composites
from tests.catalogues import catalogue

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
PERIOD = Interval(0, 40)
LINES: dict[str, Timeline] = {
    "a": (Segment(0, 10, DOWN), Segment(10, 40, UP)),
    "b": (Segment(0, 5, UP), Segment(5, 20, DOWN), Segment(20, 40, UP)),
    "c": (Segment(0, 40, UP),),
}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        yield opened


def _derived(
    ledger: Ledger, lines: dict[str, Timeline], **composite: object
) -> dict[str, Timeline]:
    whole = {"id": "all", "components": ["a", "b", "c"]} | composite
    top = {"id": "top", "components": ["all", "c"]}
    book = catalogue("a", "b", "c", top, whole)
    derived = [Derived(name, line, None, 0) for name, line in lines.items()]
    found = composites(Books(book, ledger), book.services, PERIOD, derived)
    return {item.service: item.timeline for item in found}


def test_all_components_are_needed_unless_said_otherwise(ledger: Ledger) -> None:
    assert _derived(ledger, LINES)["all"] == (Segment(0, 20, DOWN), Segment(20, 40, UP))


def test_k_of_n_are_enough(ledger: Ledger) -> None:
    found = _derived(ledger, LINES, need=2)["all"]
    assert found == (Segment(0, 5, UP), Segment(5, 10, DOWN), Segment(10, 40, UP))


def test_a_composite_may_be_made_of_composites(ledger: Ledger) -> None:
    assert _derived(ledger, LINES)["top"] == (Segment(0, 20, DOWN), Segment(20, 40, UP))


def test_a_component_that_was_not_derived_now_is_as_the_ledger_has_it(ledger: Ledger) -> None:
    ledger.apply([Derived("a", LINES["a"], 0)])
    found = _derived(ledger, {name: LINES[name] for name in "bc"})["all"]
    assert found == (Segment(0, 20, DOWN), Segment(20, 40, UP))


def test_a_component_outside_its_lifetime_is_unknown(ledger: Ledger) -> None:
    lines = LINES | {"a": (Segment(30, 40, UP),)}
    found = _derived(ledger, lines)["all"]
    assert found == (
        Segment(0, 5, UNKNOWN),
        Segment(5, 20, DOWN),
        Segment(20, 30, UNKNOWN),
        Segment(30, 40, UP),
    )


def test_its_outages_are_in_the_ledger(ledger: Ledger) -> None:
    for name, line in _derived(ledger, LINES).items():
        ledger.apply([Derived(name, line, 0)])
    assert ledger.histories(PERIOD)["all"].outages == (OutageSpan(0, 20),)


def test_a_component_whose_samples_are_gone_counts_as_the_ledger_keeps_it(ledger: Ledger) -> None:
    ledger.apply([Derived(name, line, 0) for name, line in LINES.items()])
    gone = (Segment(0, 5, DOWN), Segment(5, 30, UNKNOWN), Segment(30, 40, UP))
    found = _derived(ledger, LINES | {"b": gone, "a": gone})["all"]
    assert found == (Segment(0, 20, DOWN), Segment(20, 40, UP))


def test_a_composite_forgets_what_a_component_may_forget(ledger: Ledger) -> None:
    book = catalogue("a", "b", {"id": "all", "components": ["a", "b"]})
    books, unknown = Books(book, ledger), (Segment(0, 40, UNKNOWN),)
    first = [Derived("a", LINES["a"], 0), Derived("b", LINES["c"], 0)]
    ledger.apply([*first, *composites(books, book.services, PERIOD, first)])
    lost = [Derived("a", unknown, None, 0)]
    ledger.apply([*lost, *composites(books, book.services, PERIOD, lost)])
    assert ledger.histories(PERIOD)["all"].outages == (OutageSpan(0, 10),)
    lost = [Derived("a", unknown, None, 0, None, (Interval(0, 20),))]
    ledger.apply([*lost, *composites(books, book.services, PERIOD, lost)])
    history = ledger.histories(PERIOD)["all"]
    assert (history.outages, history.gaps) == ((), (Interval(0, 20),))


def test_a_composite_follows_a_component_that_late_samples_show_in_another_state(
    ledger: Ledger,
) -> None:
    book = catalogue("a", "b", {"id": "all", "components": ["a", "b"]})
    books, unknown = Books(book, ledger), Derived("b", (Segment(0, 40, UNKNOWN),), None, 0)
    for line in ((Segment(0, 20, UP), Segment(20, 40, DOWN)), (Segment(0, 40, UP),)):
        parts = [Derived("a", line, 0, 0), unknown]
        ledger.apply([*parts, *composites(books, book.services, PERIOD, parts)])
    history = ledger.histories(PERIOD)["all"]
    assert (history.outages, history.gaps) == ((), (Interval(0, 40),))
