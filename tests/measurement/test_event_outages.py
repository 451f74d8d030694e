"""Outages of events over the edges of what is derived: pieces in any order give the same rows."""

import random
from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise

import pytest

from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.timeline import Segment, State, joined
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.event_outages import EventOutages
from tests.catalogues import catalogue

M = 60_000
SLI = {"good": "g", "total": "t", "outage": {"share": 0.5}}
BOOK = catalogue({"id": "api", "objective": 99, "sli": SLI})
LENGTH = 40


def derive(ledger: Ledger, minutes: Sequence[Minute], start: int, end: int, known: int = 0) -> None:
    """Derive minutes from ``start`` to ``end``; those before ``known`` lost their samples."""
    books, period = Books(BOOK, ledger), Interval(start * M, end * M)
    state = [State.UNKNOWN if at < known else State.UP for at in range(start, end)]
    line = joined(
        Segment(at * M, (at + 1) * M, s) for at, s in zip(range(start, end), state, strict=True)
    )
    inside = tuple(
        m for m in minutes if period.start <= m.start < period.end and m.start >= known * M
    )
    first = next((s.start for s in line if s.state is State.UP), None)
    item = Derived("api", line, first, 0, inside)
    ledger.apply([EventOutages(books, period).judged(item)])


def outages(ledger: Ledger) -> tuple[OutageSpan, ...]:
    history = ledger.histories(Interval(0, LENGTH * M))
    return history["api"].outages if "api" in history else ()


def minutes(*counts: tuple[int, float, float]) -> list[Minute]:
    """Return minutes of ``(number, failed, total)``."""
    return [Minute(at * M, total - failed, total) for at, failed, total in counts]


def test_failures_on_both_sides_of_an_edge_make_one_outage_together() -> None:
    some = minutes((9, 3, 3), (10, 3, 3), (11, 0, 3))
    for cuts in ((0, 10, 20), (0, 20)):
        with closing(Ledger.open("sqlite://")) as ledger:
            for start, end in pairwise(cuts):
                derive(ledger, some, start, end)
            assert outages(ledger) == (OutageSpan(9 * M, 11 * M),)
            assert [m.start for m in ledger.events(Interval(0, 20 * M))["api"]] == [
                9 * M,
                10 * M,
                11 * M,
            ]


def test_an_outage_goes_on_through_ticks_without_events() -> None:
    some = minutes((5, 9, 9), (30, 0, 1))
    with closing(Ledger.open("sqlite://")) as ledger:
        for end in range(4, 31, 2):
            derive(ledger, some, max(0, end - 3), end)
        assert outages(ledger) == (OutageSpan(5 * M, None),)
        derive(ledger, some, 28, 32)
        assert outages(ledger) == (OutageSpan(5 * M, 30 * M),)


def test_what_is_derived_again_with_fewer_failures_is_an_outage_no_more() -> None:
    with closing(Ledger.open("sqlite://")) as ledger:
        derive(ledger, minutes((9, 3, 3), (10, 3, 3), (11, 0, 3)), 0, 20)
        derive(ledger, minutes((10, 0, 3), (11, 0, 3)), 10, 20)
        assert outages(ledger) == ()


def test_minutes_that_outlive_their_samples_still_make_an_outage() -> None:
    some = minutes((9, 3, 3), (10, 3, 3), (11, 0, 3))
    with closing(Ledger.open("sqlite://")) as ledger:
        derive(ledger, some, 0, 20)
        derive(ledger, some, 5, 20, known=10)
        assert outages(ledger) == (OutageSpan(9 * M, 11 * M),)


@pytest.mark.parametrize("seed", range(8))
def test_pieces_in_any_order_give_what_one_derivation_gives(seed: int) -> None:
    chance = random.Random(seed)
    some = minutes(
        *(
            (at, chance.choice((0, 1, 3)), 3)
            for at in range(LENGTH)
            if chance.random() < (0.3 if seed % 2 else 0.9)
        )
    )
    cuts = sorted(chance.sample(range(1, LENGTH), 5))
    parts = list(pairwise((0, *cuts, LENGTH)))
    chance.shuffle(parts)
    with closing(Ledger.open("sqlite://")) as pieces, closing(Ledger.open("sqlite://")) as whole:
        derive(whole, some, 0, LENGTH)
        for start, end in parts:
            derive(pieces, some, start, end)
        every = Interval(0, LENGTH * M)
        assert pieces.events(every) == whole.events(every)
        assert outages(pieces) == outages(whole)
        assert pieces.histories(every) == whole.histories(every)


@pytest.mark.parametrize("edge", [7 * M + 30_000, 8 * M + 1])
def test_an_edge_inside_a_minute_cuts_no_outage(edge: int) -> None:
    some = minutes((7, 4, 4), (8, 4, 4), (9, 0, 4))
    with closing(Ledger.open("sqlite://")) as ledger:
        books = Books(BOOK, ledger)
        for period in (Interval(0, edge), Interval(edge, 20 * M)):
            first = period.start // M * M
            line = (Segment(*period, State.UP),)
            inside = tuple(m for m in some if first <= m.start < period.end)
            item = Derived("api", line, period.start, 0, inside)
            ledger.apply([EventOutages(books, period).judged(item)])
        assert outages(ledger) == (OutageSpan(7 * M, 9 * M),)
