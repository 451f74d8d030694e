"""What is done in fewer steps for services that go on being up gives what all steps give."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_engine.domain.history import History, Unseen, ended, preserved, replaced
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan, gaps, outages
from sla_engine.domain.timeline import Segment, State, Timeline, first_known, joined
from sla_engine.ledger import Derived
from sla_engine.ledger.chained import Chained, _Rows
from sla_engine.ledger.store import _first_sample, _taken

states = st.sampled_from((State.UP, State.UP, State.UP, State.DOWN, State.UNKNOWN))
parts = st.lists(st.tuples(st.integers(1, 40), states), min_size=1, max_size=3)


@st.composite
def lines(draw: st.DrawFn) -> Timeline:
    found, at = [], draw(st.integers(0, 60))
    for length, state in draw(parts):
        found.append(Segment(at, at + length, state))
        at += length
    return joined(found)


@st.composite
def items(draw: st.DrawFn) -> Derived:
    line = draw(lines())
    known = first_known(line)
    hole = draw(st.sampled_from((Unseen(), Unseen(), Unseen(((Interval(10, 20)),)))))
    ends = draw(st.sampled_from((None, None, 30)))
    return Derived("s", line, known, draw(st.integers(0, 30)), unseen=hole, ends=ends)


histories = lines().map(
    lambda line: History(outages(line), gaps(line), (Interval(line[0].start, line[-1].end),))
)


@given(histories, items(), st.none() | st.integers(0, 60))
@settings(max_examples=500)
def test_what_goes_on_takes_its_place_as_by_all_steps(
    history: History, item: Derived, known: int | None
) -> None:
    firsts = {} if known is None else {"s": known}
    after, samples = _taken({"s": item}, {"s": history}, firsts)
    line = preserved(history, item.timeline, item.tail, item.released, item.unseen)
    assert after == {"s": ended(replaced(history, line), item.ends)}
    assert samples.get("s", known) == _first_sample(item, line, known)


quarters = st.integers(0, 4).map(lambda number: number * 900_000)
ROWS = st.dictionaries(st.integers(0, 2), quarters, max_size=3)
STRETCHES = st.dictionaries(st.integers(0, 2), quarters, max_size=2)


@given(ROWS, STRETCHES, quarters)
@settings(max_examples=500)
def test_one_stretch_of_coverage_is_denied_as_many_are(
    rows: dict[int, int], stretches: dict[int, int], since: int
) -> None:
    chained = Chained()
    for start, end in rows.items():
        chained.rows["coverage"]["s"].put(start, end)
    history = History((), (), tuple(Interval(*one) for one in sorted(stretches.items())))
    found = chained.denial("s", history, since)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Rows, "is_last", lambda *_: False)
        assert chained.denial("s", history, since) == found


def test_an_open_outage_is_no_service_that_goes_on() -> None:
    history = History((OutageSpan(5, None),), (), (Interval(0, 10),))
    up = (Segment(8, 20, State.UP),)
    after, _ = _taken({"s": Derived("s", up, 8)}, {"s": history}, {"s": 0})
    assert after["s"].outages == (OutageSpan(5, 8),)
