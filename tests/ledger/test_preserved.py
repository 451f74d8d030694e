"""Trap: a Prometheus that lost its samples must not take the ledger's past with it."""

import pytest

from sla_engine.domain.events import Minute
from sla_engine.domain.history import Unseen
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
MINUTE = 60_000
TAIL = 5 * MINUTE
END = 100 * MINUTE


@pytest.fixture
def ledger() -> Ledger:
    """Return a ledger that knows of an outage from minute 40 to 50, and of a gap in 60 to 70."""
    ledger = Ledger.open("sqlite://")
    edges = ((0, 40, UP), (40, 50, DOWN), (50, 60, UP), (60, 70, UNKNOWN), (70, 100, UP))
    derive(ledger, *edges)
    return ledger


def derive(ledger: Ledger, *edges: tuple[int, int, State]) -> None:
    line = tuple(Segment(a * MINUTE, b * MINUTE, state) for a, b, state in edges)
    ledger.apply([Derived("shop", line, None, TAIL)])


def past(ledger: Ledger) -> tuple[tuple[OutageSpan, ...], tuple[Interval, ...]]:
    history = ledger.histories(Interval(0, 2**50))["shop"]
    return history.outages, history.gaps


def minutes(start: int, end: int) -> Interval:
    return Interval(start * MINUTE, end * MINUTE)


def test_what_was_known_stays_known_when_its_samples_are_gone(ledger: Ledger) -> None:
    derive(ledger, (30, 110, UNKNOWN), (110, 120, UP))
    outages, gaps = past(ledger)
    assert outages == (OutageSpan(40 * MINUTE, 50 * MINUTE),)
    assert gaps == (minutes(60, 70), minutes(100, 110))


def test_an_open_outage_stays_open_when_its_samples_are_gone(ledger: Ledger) -> None:
    derive(ledger, (90, 110, DOWN))
    derive(ledger, (80, 120, UNKNOWN))
    outages, gaps = past(ledger)
    assert outages[-1] == OutageSpan(90 * MINUTE, None)
    assert gaps == (minutes(60, 70), minutes(110, 120))


def test_an_outage_that_just_began_stays_when_its_samples_are_gone(ledger: Ledger) -> None:
    derive(ledger, (98, 101, DOWN))
    derive(ledger, (90, 105, UNKNOWN))
    assert past(ledger)[0][-1] == OutageSpan(98 * MINUTE, None)
    derive(ledger, (90, 105, UNKNOWN), (105, 110, DOWN), (110, 120, UP))
    outages, gaps = past(ledger)
    assert outages[-1] == OutageSpan(98 * MINUTE, 110 * MINUTE)
    assert gaps == (minutes(60, 70), minutes(101, 105))


def test_a_guess_about_the_last_moments_is_given_up(ledger: Ledger) -> None:
    derive(ledger, (97, 120, UNKNOWN))
    assert past(ledger)[1] == (minutes(60, 70), minutes(97, 120))


@pytest.mark.parametrize(
    "hole", [(0, 55), (35, 45), (35, 55), (45, 48), (45, 55), (40, 50), (50, 100), (42, 96)]
)
def test_what_was_known_stays_known_wherever_its_samples_are_gone(
    ledger: Ledger, hole: tuple[int, int]
) -> None:
    before = past(ledger)
    known = ((0, 40, UP), (40, 50, DOWN), (50, 60, UP), (60, 70, UNKNOWN), (70, 100, UP))
    a, b = hole
    left = [(s, min(e, a), state) for s, e, state in known if s < a]
    right = [(max(s, b), e, state) for s, e, state in known if e > b]
    derive(ledger, *left, (a, b, UNKNOWN), *right)
    assert past(ledger) == before
    assert ledger.verify() == []


def test_a_sample_that_came_a_little_early_keeps_its_place() -> None:
    ledger = Ledger.open("sqlite://")
    early = 40 * MINUTE - 900
    known = (
        Segment(0, early, UP),
        Segment(early, 50 * MINUTE, DOWN),
        Segment(50 * MINUTE, END, UP),
    )
    ledger.apply([Derived("shop", known, None, TAIL)])
    derive(ledger, (0, 40, UP), (40, 60, UNKNOWN), (60, 100, UP))
    assert past(ledger) == ((OutageSpan(early, 50 * MINUTE),), ())


def test_late_samples_fill_a_gap(ledger: Ledger) -> None:
    derive(ledger, (55, 65, UP), (65, 75, DOWN), (75, 100, UP))
    outages, gaps = past(ledger)
    assert outages[-1] == OutageSpan(65 * MINUTE, 75 * MINUTE)
    assert gaps == ()


@pytest.mark.parametrize(
    ("beyond", "gap"), [(0, Interval(END - TAIL, 120 * MINUTE)), (1, minutes(100, 120))]
)
def test_what_was_derived_is_a_guess_up_to_the_tail_and_known_beyond(
    ledger: Ledger, beyond: int, gap: Interval
) -> None:
    unknown = Segment(END - TAIL - beyond, 120 * MINUTE, UNKNOWN)
    ledger.apply([Derived("shop", (unknown,), None, TAIL)])
    assert past(ledger)[1] == (minutes(60, 70), gap)


def test_events_outlive_their_samples_and_are_not_counted_twice() -> None:
    ledger = Ledger.open("sqlite://")
    counted = tuple(Minute(n * MINUTE, 9.0, 10.0) for n in range(100))
    whole = (Segment(0, END, UP),)
    ledger.apply([Derived("shop", whole, 0, TAIL, counted)])
    # The first sample after the hole shows all the events that came in it.
    begin, end = 40 * MINUTE + 15_000, 50 * MINUTE
    holed = (Segment(0, begin, UP), Segment(begin, end, UNKNOWN), Segment(end, END, UP))
    rest = [m for m in counted if not begin <= m.start <= end]
    rest[40] = Minute(40 * MINUTE, 2.0, 2.0)
    again = (*rest[:41], Minute(end, 90.0, 110.0), *rest[41:])
    ledger.apply([Derived("shop", holed, 0, TAIL, again)])
    assert ledger.events(Interval(0, END))["shop"] == list(counted)
    released = (Interval(0, END),)
    ledger.apply([Derived("shop", holed, 0, TAIL, again, released)])
    assert ledger.events(Interval(0, END))["shop"] == list(again)


def test_the_minute_of_the_last_sample_before_a_hole_stays_as_it_was() -> None:
    ledger = Ledger.open("sqlite://")
    counted = tuple(Minute(n * MINUTE, 9.0, 10.0) for n in range(100))
    ledger.apply([Derived("shop", (Segment(0, END, UP),), 0, TAIL, counted)])
    last, begin, end = 39 * MINUTE + 55_000, 40 * MINUTE + 10_000, 50 * MINUTE
    holed = (Segment(0, begin, UP), Segment(begin, end, UNKNOWN), Segment(end, END, UP))
    rest = tuple(m for m in counted if not 39 * MINUTE <= m.start < end)
    unseen = Unseen((Interval(last, end),))
    ledger.apply([Derived("shop", holed, 0, TAIL, rest, unseen=unseen)])
    assert ledger.events(Interval(0, END))["shop"] == list(counted)


UNSEEN = (minutes(38, 52),)


def test_an_outage_whose_few_samples_are_lost_stays_though_the_one_before_holds(
    ledger: Ledger,
) -> None:
    before = past(ledger)
    line = (Segment(0, 60 * MINUTE, UP),)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen(UNSEEN))])
    assert past(ledger) == before
    assert ledger.verify() == []


def test_another_source_or_quorum_is_no_loss(ledger: Ledger) -> None:
    line = (Segment(0, 60 * MINUTE, UP),)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen((minutes(42, 52),)))])
    assert past(ledger)[0] == ()


def test_what_is_let_go_is_let_go_though_its_samples_are_lost(ledger: Ledger) -> None:
    line, all_of_it = (Segment(0, 60 * MINUTE, UP),), (minutes(0, 60),)
    ledger.apply([Derived("shop", line, None, TAIL, released=all_of_it, unseen=Unseen(UNSEEN))])
    assert past(ledger)[0] == ()


def test_at_the_edge_of_a_loss_the_series_that_are_left_do_not_decide_a_tie(
    ledger: Ledger,
) -> None:
    """Three of six said up and three down, so that it was unknown; of one the last came later."""
    line = tuple(
        Segment(a * MINUTE, b * MINUTE, state)
        for a, b, state in ((58, 60, UP), (60, 64, UNKNOWN), (64, 66, DOWN), (66, 100, UNKNOWN))
    )
    edge = minutes(62, 100)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen((edge,), (edge,)))])
    assert past(ledger) == ((OutageSpan(40 * MINUTE, 50 * MINUTE),), (minutes(60, 70),))


def test_a_tie_that_went_on_after_a_loss_stays_where_a_series_is_back_first(
    ledger: Ledger,
) -> None:
    line = tuple(
        Segment(a * MINUTE, b * MINUTE, state)
        for a, b, state in ((58, 60, UP), (60, 65, UNKNOWN), (65, 66, UP), (66, 70, UNKNOWN))
    )
    edge = minutes(62, 68)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen((edge,), (edge,)))])
    assert past(ledger)[1] == (minutes(60, 70),)


def test_samples_that_come_late_fill_a_gap_up_to_the_edges_of_a_hole_of_their_own(
    ledger: Ledger,
) -> None:
    """A series is back a minute before the others, and what was unknown is so no longer."""
    line = tuple(
        Segment(a * MINUTE, b * MINUTE, state)
        for a, b, state in ((58, 63, UP), (63, 65, UNKNOWN), (65, 72, UP))
    )
    edge = minutes(62, 66)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen((edge,), (edge,)))])
    assert past(ledger)[1] == (minutes(63, 65),)


def test_a_sample_that_comes_late_fills_a_gap_though_the_next_is_missing(ledger: Ledger) -> None:
    line = tuple(
        Segment(a * MINUTE, b * MINUTE, state)
        for a, b, state in ((58, 64, UP), (64, 70, UNKNOWN), (70, 100, UP))
    )
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen((minutes(59, 64),)))])
    assert past(ledger)[1] == (minutes(64, 70),)


def test_where_series_that_are_back_first_tie_what_was_known_stays_also_near_the_end(
    ledger: Ledger,
) -> None:
    """The unknown is seconds long, and samples follow it: no guess was borne out by none."""
    before = past(ledger)
    line = tuple(
        Segment(int(a * MINUTE), int(b * MINUTE), state)
        for a, b, state in ((90, 98, UP), (98, 98.5, UNKNOWN), (98.5, 100, UP))
    )
    edge = minutes(97, 99)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen((edge,), (edge,)))])
    assert past(ledger) == before
    ledger.apply([Derived("shop", line, None, TAIL)])
    assert past(ledger)[1][1:] == (Interval(98 * MINUTE, 98 * MINUTE + 30_000),)


def test_the_minute_of_the_first_sample_left_stays_where_those_before_it_are_lost() -> None:
    """Its events are the difference to a sample that is not there any more."""
    ledger = Ledger.open("sqlite://")
    counted = tuple(Minute(n * MINUTE, 9.0, 10.0) for n in range(100))
    ledger.apply([Derived("shop", (Segment(0, END, UP),), 0, TAIL, counted)])
    first = 40 * MINUTE + 15_000
    left = tuple(m for m in counted if m.start > first)
    line, unseen = (Segment(first, END, UP),), Unseen((Interval(30 * MINUTE, first),))
    ledger.apply([Derived("shop", line, first, TAIL, left, unseen=unseen)])
    assert ledger.events(Interval(0, END))["shop"] == list(counted)
    ledger.apply([Derived("shop", line, first, TAIL, left)])
    assert 40 * MINUTE not in [m.start for m in ledger.events(Interval(0, END))["shop"]]


def test_an_expression_of_which_a_series_is_back_first_makes_no_outage(ledger: Ledger) -> None:
    """Of two that must be up one was scraped ten seconds before the other."""
    before = past(ledger)
    line = tuple(
        Segment(int(a * MINUTE), int(b * MINUTE), state)
        for a, b, state in ((50, 55, UNKNOWN), (55, 55.5, DOWN), (55.5, 60, UP))
    )
    back = Interval(55 * MINUTE, 57 * MINUTE)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen(partial=(back,)))])
    assert past(ledger) == before


def test_an_outage_goes_on_where_an_expression_lacks_the_series_that_are_down(
    ledger: Ledger,
) -> None:
    before = past(ledger)
    line = tuple(
        Segment(int(a * MINUTE), int(b * MINUTE), state)
        for a, b, state in ((42, 48, UNKNOWN), (48, 48.5, UP), (48.5, 50, DOWN), (50, 52, UP))
    )
    back = Interval(48 * MINUTE, 49 * MINUTE)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen(partial=(back,)))])
    assert past(ledger) == before


def test_another_expression_counts_from_the_first_sample_after_a_loss(ledger: Ledger) -> None:
    line = (Segment(50 * MINUTE, 55 * MINUTE, UNKNOWN), Segment(55 * MINUTE, 60 * MINUTE, DOWN))
    back = Interval(55 * MINUTE, 57 * MINUTE)
    ledger.apply([Derived("shop", line, None, TAIL, unseen=Unseen(partial=(back,)))])
    assert [outage.start for outage in past(ledger)[0][1:]] == [55 * MINUTE]


def test_a_minute_that_was_not_over_at_a_tick_is_counted_to_its_end_though_it_follows_a_hole() -> (
    None
):
    """The first sample after the hole came in its first half, and the events in its second."""
    ledger = Ledger.open("sqlite://")
    hole, first, tick = 30 * MINUTE, 40 * MINUTE + 25_000, 40 * MINUTE + 50_000
    known = (Segment(0, hole, UP), Segment(hole, first, UNKNOWN), Segment(first, tick, UP))
    ledger.apply([Derived("shop", known, 0, TAIL, ())])
    line, unseen = (Segment(first, END, UP),), Unseen((Interval(hole, first),))
    counted = (Minute(40 * MINUTE, 98.0, 98.0),)
    ledger.apply([Derived("shop", line, first, TAIL, counted, unseen=unseen)])
    assert ledger.events(Interval(0, END))["shop"] == list(counted)


def test_the_first_sample_is_none_that_only_a_part_of_the_samples_shows(ledger: Ledger) -> None:
    """One location's sample is known alone, and ties with another's that was lost or came late."""
    tie = (Segment(0, 5_000, UP), Segment(5_000, MINUTE, UNKNOWN), Segment(MINUTE, END, UP))
    whole = (Segment(0, MINUTE, UNKNOWN), Segment(MINUTE, END, UP))
    ledger.apply([Derived("two", whole, MINUTE, TAIL)])
    edge = Interval(0, MINUTE)
    ledger.apply([Derived("two", tie, 0, TAIL, unseen=Unseen((edge,), (edge,)))])
    assert ledger.first_samples()["two"] == MINUTE
    ledger.apply([Derived("late", tie, 0, TAIL)])
    ledger.apply([Derived("late", whole, MINUTE, TAIL)])
    assert ledger.first_samples()["late"] == 0  # it is known still
    released = (Interval(0, END),)
    ledger.apply([Derived("late", whole, MINUTE, TAIL, released=released)])
    assert (ledger.first_samples()["late"], ledger.verify()) == (MINUTE, [])
