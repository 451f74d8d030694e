"""Availability by events: good over total, in the agreed time, less what is planned."""

from fractions import Fraction

import pytest

from sla_engine.domain.availability import AccountingInput, Terms, figures
from sla_engine.domain.events import Minute, weigh
from sla_engine.domain.interval import Interval
from sla_engine.domain.objective import Accounting, Policy
from sla_engine.domain.outage import Outage

M = 60_000
MINUTES = (Minute(0, 10, 10), Minute(M, 0, 10), Minute(2 * M, 90, 100), Minute(3 * M, 5, 5))
AGREED = (Interval(3_000, 3 * M),)
PLANNED = (Interval(M, 2 * M),)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("exclude", (100, 110)), ("count_up", (110, 120)), ("count_down", (100, 120))],
)
def test_planned_events_count_as_the_policy_says(
    policy: Policy, expected: tuple[float, float]
) -> None:
    assert weigh(MINUTES, AGREED, PLANNED, policy) == expected


def test_a_period_without_an_event_has_no_ratio() -> None:
    assert weigh((), AGREED, (), "exclude").ratio is None


def _facts(*, planned: bool) -> AccountingInput:
    outages = [Outage("api", M, 2 * M)]
    return AccountingInput(outages, (), AGREED, AGREED, PLANNED if planned else (), events=MINUTES)


def test_busy_minutes_weigh_more_than_quiet_ones() -> None:
    found = figures(_facts(planned=False), Terms(Fraction(9, 10)), 3 * M)
    assert found.availability == 100 / 120
    assert found.met is False
    assert found.budget_remaining == pytest.approx(1 - 20 / 12)
    assert found.unplanned == M


def test_planned_downtime_takes_its_events_out() -> None:
    found = figures(_facts(planned=True), Terms(Fraction(9, 10)), 3 * M)
    assert (found.availability, found.met) == (100 / 110, True)


def test_count_down_keeps_them() -> None:
    terms = Terms(Fraction(9, 10), Accounting(maintenance="count_down"))
    assert figures(_facts(planned=True), terms, 3 * M).availability == 100 / 120


def test_without_events_nothing_is_judged() -> None:
    facts = AccountingInput((), (), AGREED, AGREED, (), events=())
    found = figures(facts, Terms(Fraction(9, 10)), 3 * M)
    assert (found.availability, found.met, found.budget_remaining) == (None, None, None)


@pytest.mark.parametrize(
    ("agreed", "counts"),
    [
        (Interval(2 * M - 1, 3 * M), True),
        (Interval(2 * M, 3 * M), False),
        (Interval(0, 2 * M), True),
        (Interval(0, 2 * M - 1), False),
        (Interval(2 * M - 1, 2 * M), True),
    ],
)
def test_a_minute_belongs_to_the_time_that_holds_its_last_millisecond(
    agreed: Interval, *, counts: bool
) -> None:
    found = weigh((Minute(M, 3, 4),), (agreed,), (), "exclude")
    assert found == ((3, 4) if counts else (0, 0))
    planned = weigh((Minute(M, 3, 4),), (Interval(0, 9 * M),), (agreed,), "count_up")
    assert planned == ((4, 4) if counts else (3, 4))
