"""Events by the minute in the ledger: what is replaced, what stays, and what a period reads."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.interval import Interval
from sla_engine.ledger import Ledger, events, tables

HOUR = 60 * MINUTE
moments = st.builds(
    lambda minutes, by: max(0, minutes * MINUTE + by),
    st.integers(0, 240),
    st.sampled_from((-1, 0, 1)),
)
periods = st.tuples(moments, moments).map(sorted).map(lambda pair: Interval(pair[0], pair[1] + 1))
steps = st.lists(
    st.tuples(st.sampled_from("ab"), periods, st.sets(st.integers(0, 241), max_size=30)),
    min_size=1,
    max_size=4,
)


def replace(ledger: Ledger, service: str, period: Interval, *minutes: Minute) -> None:
    with ledger.engine.execution_options(write=True).begin() as connection:
        events.replace(connection, service, period, minutes)


def hours(ledger: Ledger) -> list[tuple[str, int]]:
    columns = tables.event_hour.c
    query = sa.select(columns.service, columns.start_ms).order_by(columns.service, columns.start_ms)
    with ledger.engine.begin() as connection:
        return [(service, start) for service, start in connection.execute(query)]


@pytest.fixture(scope="module")
def shared() -> Iterator[Ledger]:
    """Open one ledger for all examples: to make one takes longer than an example."""
    with Ledger.open("sqlite://") as opened:
        yield opened


@given(steps, periods)
def test_the_minutes_that_a_period_touches_are_those_of_the_last_word(
    shared: Ledger, said: list[tuple[str, Interval, set[int]]], asked: Interval
) -> None:
    known: dict[str, dict[int, Minute]] = {"a": {}, "b": {}}
    for service in known:
        replace(shared, service, Interval(0, 5 * HOUR))
    for number, (service, period, chosen) in enumerate(said, 1):
        new = [Minute(n * MINUTE, 1.0, float(number)) for n in chosen]
        replace(shared, service, period, *new)
        touched = range(period.start // MINUTE, (period.end - 1) // MINUTE + 1)
        for n in touched:
            known[service].pop(n, None)
        known[service] |= {m.start // MINUTE: m for m in new if m.start // MINUTE in touched}
    found = shared.events(asked)
    held = hours(shared)
    touched = range(asked.start // MINUTE, (asked.end - 1) // MINUTE + 1)
    expected = {
        service: [minute for n, minute in sorted(minutes.items()) if n in touched]
        for service, minutes in known.items()
    }
    assert {service: found.get(service, []) for service in known} == expected
    assert held == sorted({(s, n // 60 * HOUR) for s, minutes in known.items() for n in minutes})


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Interval(0, HOUR), [0, HOUR - MINUTE]),
        (Interval(HOUR - 1, HOUR), [HOUR - MINUTE]),
        (Interval(HOUR, HOUR + 1), [HOUR]),
        (Interval(HOUR - 1, HOUR + 1), [HOUR - MINUTE, HOUR]),
        (Interval(MINUTE - 1, MINUTE), [0]),
        (Interval(MINUTE, HOUR - MINUTE), []),
        (Interval(HOUR + MINUTE, 9 * HOUR), []),
    ],
)
def test_a_minute_belongs_to_every_period_that_it_touches(
    ledger: Ledger, asked: Interval, expected: list[int]
) -> None:
    minutes = [Minute(start, 1.0, 2.0) for start in (0, HOUR - MINUTE, HOUR)]
    replace(ledger, "shop", Interval(0, 2 * HOUR), *minutes)
    found = ledger.events(asked).get("shop", [])
    assert [minute.start for minute in found] == expected


def test_the_minute_at_the_end_of_what_is_replaced_stays_as_it_was(ledger: Ledger) -> None:
    replace(ledger, "shop", Interval(0, HOUR), *(Minute(n * MINUTE, 1, 1) for n in range(4)))
    new = (Minute(n * MINUTE, 9, 9) for n in (0, 1, 3))
    replace(ledger, "shop", Interval(MINUTE, 3 * MINUTE), *new)
    found = ledger.events(Interval(0, HOUR))["shop"]
    assert found == [Minute(0, 1, 1), Minute(MINUTE, 9, 9), Minute(3 * MINUTE, 1, 1)]


def test_what_one_service_counts_leaves_every_other_alone(ledger: Ledger) -> None:
    for service in ("a", "b"):
        replace(ledger, service, Interval(0, 3 * HOUR), Minute(0, 1, 1), Minute(2 * HOUR, 1, 1))
    replace(ledger, "a", Interval(HOUR, 2 * HOUR))
    assert hours(ledger) == [("a", 0), ("a", 2 * HOUR), ("b", 0), ("b", 2 * HOUR)]
    replace(ledger, "a", Interval(0, 1))
    assert hours(ledger) == [("a", 2 * HOUR), ("b", 0), ("b", 2 * HOUR)]
