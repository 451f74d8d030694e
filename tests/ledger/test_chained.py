"""Whatever is derived, in whatever order: the chain says what the ledger holds."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_engine.domain.actor import Actor
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State, Timeline, first_known, joined
from sla_engine.ledger import Derived, Ledger
from sla_engine.ledger.tables import metadata

MINUTE = 60_000
_NOBODY = Actor("ann", "login:ann")
STATES = (State.UP, State.UP, State.DOWN, State.UNKNOWN)
lengths = st.lists(st.tuples(st.integers(1, 90), st.sampled_from(STATES)), min_size=1, max_size=4)
steps = st.lists(
    st.tuples(
        st.sets(st.sampled_from(("a", "b", "calls", "calls2")), min_size=1),
        st.integers(0, 500),  # minutes after the beginning, or a tick from where coverage ends
        st.booleans(),
        lengths,
        st.booleans(),
    ),
    min_size=1,
    max_size=9,
)


def line(start: int, parts: list[tuple[int, State]]) -> Timeline:
    found, at = [], start
    for minutes, state in parts:
        found.append(Segment(at, at + minutes * MINUTE, state))
        at = found[-1].end
    return joined(found)


def derived(service: str, timeline: Timeline) -> Derived:
    known = [s for s in timeline if s.state is not State.UNKNOWN]
    counted = tuple(
        Minute(at, 1, 2)
        for s in known
        for at in range(s.start // MINUTE * MINUTE, s.end, 7 * MINUTE)
    )
    events = counted if service.startswith("calls") else None
    return Derived(service, timeline, first_known(timeline), events=events)


@pytest.fixture(scope="module")
def shared() -> Iterator[Ledger]:
    """Open one ledger for all examples: to make one takes longer than an example."""
    with Ledger.open("sqlite://") as opened:
        yield opened


@settings(max_examples=20, deadline=None)
@given(steps)
def test_nothing_that_is_derived_is_taken_for_a_forgery(
    shared: Ledger, done: list[tuple[set[str], int, bool, list[tuple[int, State]], bool]]
) -> None:
    with shared.engine.execution_options(write=True).begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
    ledger = writer = Ledger(shared.engine)
    for services, minute, follows, parts, anew in done:
        if anew:
            writer = Ledger(ledger.engine)
        ends = ledger.covered_until()
        start = max(0, ends.get("a", 0) - 15 * MINUTE) if follows else minute * MINUTE
        writer.apply([derived(name, line(start, parts)) for name in sorted(services)])
    assert ledger.verify() == []
    everything = Interval(0, 2**40)
    before = ledger.histories(everything), ledger.events(everything)
    assert ledger.restore(_NOBODY, "nothing is wrong", 0) == []
    assert (ledger.histories(everything), ledger.events(everything)) == before
