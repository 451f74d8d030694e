"""Availability by events: good over total, in the agreed time, less what is planned."""

from fractions import Fraction
from typing import Any

import pytest

from sla_engine.domain.availability import AccountingInput, Terms, figures
from sla_engine.domain.credits import impact
from sla_engine.domain.events import (
    Failing,
    Minute,
    Slicing,
    burnt,
    failed_runs,
    failing_share,
    weigh,
)
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


def minute(at: int, failed: float, total: float = 100) -> Minute:
    return Minute(at * M, total - failed, total)


def runs(*minutes: Minute, share: float = 0.1, least: float = 5, end: int = 60) -> list[Interval]:
    return failed_runs(minutes, lambda _: Failing(share, least), end * M)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([], []),
        ([minute(1, 9), minute(2, 9)], []),
        ([minute(1, 10), minute(2, 0)], [(1, 2)]),
        ([minute(1, 10), minute(2, 50), minute(3, 9)], [(1, 3)]),
        # a minute without events neither begins nor ends it
        ([minute(1, 10), minute(4, 10), minute(7, 0)], [(1, 7)]),
        ([minute(1, 10)], [(1, 60)]),
        # four of four fail: too few in all; five are enough, however far apart
        ([minute(1, 4, 4), minute(2, 0, 4)], []),
        ([*(minute(i * 10, 1, 1) for i in range(5)), minute(55, 0, 1)], [(0, 55)]),
        ([minute(1, 10), minute(2, 0), minute(3, 10), minute(5, 1)], [(1, 2), (3, 5)]),
    ],
)
def test_an_outage_is_a_run_of_minutes_in_which_enough_events_fail(
    minutes: list[Minute], expected: list[tuple[int, int]]
) -> None:
    assert runs(*minutes) == [Interval(a * M, b * M) for a, b in expected]


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        ("99.99", 0.00144),
        ("99.9", 0.0144),
        ("99.5", 0.072),
        ("99", 0.144),
        ("95", 0.5),
        ("90", 0.5),
    ],
)
def test_without_a_share_the_burn_rate_that_pages_makes_an_outage(
    percent: str, expected: float
) -> None:
    assert failing_share(Fraction(percent) / 100) == pytest.approx(expected)


def test_without_an_objective_half_of_the_events_must_fail() -> None:
    assert failing_share(None) == 0.5
    assert runs(minute(1, 50), minute(2, 49), share=0.5) == [Interval(M, 2 * M)]


def test_a_share_that_is_met_exactly_is_met_whatever_its_fraction() -> None:
    for share in (0.1, 0.072, 0.144, 0.0144, 0.3):
        assert runs(Minute(0, 1000 - 1000 * share, 1000.0), share=share, end=1)
        assert not runs(Minute(0, 1001 - 1000 * share, 1000.0), share=share, end=1)


def test_a_month_with_a_few_failures_that_are_no_outage_is_met() -> None:
    """60 requests a minute of which 0.05 % fail, at 99.5 %: no outage, and nine tenths left."""
    month = [Minute(i * M, 59 if i % 34 == 0 else 60, 60) for i in range(43_200)]
    facts = AccountingInput((), (), (period := Interval(0, 43_200 * M),), (period,), events=month)
    found = figures(facts, Terms(Fraction(995, 1000)), period.end)
    assert failed_runs(month, lambda _: Failing(0.072, 5), period.end) == []
    assert (found.met, found.unplanned, found.mtbf) == (True, 0, None)
    assert found.budget_remaining == pytest.approx(0.9, abs=0.01)
    # Each of 1,271 minutes lost a sixtieth: 21 minutes at 60 an hour.
    assert impact(found, 60.0) == pytest.approx(1271 / 60)


def test_cost_is_that_of_the_part_of_each_minute_that_failed() -> None:
    found = figures(_facts(planned=False), Terms(), 3 * M)
    assert impact(found, 60.0) == pytest.approx(1.0 + 0.1)
    assert impact(figures(_facts(planned=True), Terms(), 3 * M), 60.0) == pytest.approx(0.1)


def test_failures_inside_a_window_are_planned_though_they_are_no_outage() -> None:
    facts = AccountingInput((), (), AGREED, AGREED, (Interval(2 * M, 3 * M),), events=MINUTES)
    found = figures(facts, Terms(Fraction(9, 10)), 3 * M)
    assert found.events == (10, 20)


def test_who_calls_an_outage_unplanned_calls_its_failures_so() -> None:
    outages = [Outage("api", M, 2 * M, reclassified="unplanned")]
    facts = AccountingInput(outages, (), AGREED, AGREED, PLANNED, events=MINUTES)
    assert figures(facts, Terms(), 3 * M).events == (100, 120)
    outages = [Outage("api", M, 2 * M, reclassified="planned")]
    facts = AccountingInput(outages, (), AGREED, AGREED, (), events=MINUTES)
    assert figures(facts, Terms(), 3 * M).events == (100, 110)


def test_what_is_left_of_a_budget_ends_where_the_figure_is() -> None:
    spent = [(M, 1.0), (2 * M, 0.0), (50 * M, 3.0)]
    course = burnt(spent, 8.0, Interval(0, 60 * M))
    assert (course[0], course[-1][1]) == ((0, 1.0), 0.5)
    assert [left for _, left in course] == sorted([left for _, left in course], reverse=True)


WHOLE = (Interval(0, 60 * M),)
SLICED = [minute(0, 50), minute(1, 0), minute(10, 4), minute(20, 100)]


def sliced(**facts: Any) -> AccountingInput:
    known: dict[str, Any] = {"gaps": (), "covered": WHOLE, "agreed": WHOLE, "events": SLICED}
    return AccountingInput(**{"outages": ()} | known | facts)


def test_good_slices_are_counted_of_all() -> None:
    """Of twelve slices of five minutes those of 0 and 20 are bad; one with 4 % of errors is not."""
    terms = Terms(Fraction(8, 10), slicing=Slicing(5 * M, 0.95))
    found = figures(sliced(), terms, 60 * M)
    assert found.slices is not None
    assert (found.slices.good, found.slices.total) == (10, 12)
    assert (found.availability, found.met) == (10 / 12, True)
    assert found.budget_remaining == pytest.approx(1 - 2 / 2.4)


def test_without_a_target_the_mean_of_the_slices_counts() -> None:
    terms = Terms(Fraction(8, 10), slicing=Slicing(5 * M, None))
    found = figures(sliced(), terms, 60 * M)
    assert found.availability == pytest.approx((12 - 0.25 - 0.04 - 1) / 12)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("exclude", (10, 11)), ("count_up", (11, 12)), ("count_down", (10, 12))],
)
def test_bad_slices_in_a_window_count_as_the_policy_says(
    policy: Policy, expected: tuple[float, int]
) -> None:
    terms = Terms(accounting=Accounting(maintenance=policy), slicing=Slicing(5 * M, 0.95))
    found = figures(sliced(planned=(Interval(0, 6 * M),)), terms, 60 * M).slices
    assert found is not None
    assert found[:2] == expected


@pytest.mark.parametrize(
    ("policy", "expected"), [("exclude", (8, 10)), ("count_up", (10, 12)), ("count_down", (8, 12))]
)
def test_slices_of_which_nothing_is_known_count_as_the_policy_says(
    policy: Policy, expected: tuple[float, int]
) -> None:
    terms = Terms(accounting=Accounting(unknown=policy), slicing=Slicing(5 * M, 0.95))
    found = figures(sliced(gaps=(Interval(30 * M, 40 * M),)), terms, 60 * M).slices
    assert found is not None
    assert found[:2] == expected
