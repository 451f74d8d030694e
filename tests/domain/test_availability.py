from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.availability import AccountingInput, Figures, Terms, figures
from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval, Intervals, clip, complement, subtract, union
from sla_engine.domain.objective import Accounting, Policy, burn_rate, exhausted_at, ratio
from sla_engine.domain.outage import Outage, gaps, outages
from sla_engine.domain.timeline import Timeline
from tests.domain.test_interval import sets
from tests.domain.test_timeline import lines

PERIOD = Interval(0, 1000)
DAY = (PERIOD,)
TENTH = Terms(ratio(90))
NINES = Terms(ratio(99))


def account(
    *down: tuple[int, int | None],
    gap: Intervals = (),
    planned: Intervals = (),
    agreed: Intervals = DAY,
    terms: Terms = TENTH,
    now: int = 1000,
) -> Figures:
    found = tuple(Outage("shop", *span) for span in down)
    return figures(AccountingInput(found, gap, (Interval(0, now),), agreed, planned), terms, now)


def test_availability_is_what_was_owed_less_downtime() -> None:
    result = account((100, 150))
    assert (result.availability, result.met, result.coverage) == (0.95, True, 1.0)
    assert (result.budget, result.budget_remaining) == (100, 0.5)
    assert (result.mtbf, result.mtrs, result.mtbsi, result.longest) == (950, 50, 1000, 50)


def test_without_outages_means_are_unknown_not_zero() -> None:
    result = account()
    assert (result.availability, result.mtbf, result.mtrs, result.longest) == (
        1.0,
        None,
        None,
        None,
    )


def test_nothing_known_is_neither_0_nor_100_percent() -> None:
    result = figures(AccountingInput((), (), (), DAY), TENTH, 1000)
    assert (result.availability, result.met, result.coverage) == (None, None, 0.0)
    assert (result.unknown, result.budget_remaining) == (1000, None)


@pytest.mark.parametrize(
    ("policy", "availability", "excluded"),
    [("exclude", 860 / 900, 100), ("count_up", 960 / 1000, 0), ("count_down", 860 / 1000, 0)],
)
def test_the_maintenance_policy_decides_what_planned_downtime_does(
    policy: Policy, availability: float, excluded: int
) -> None:
    window = (Interval(100, 300),)
    terms = Terms(ratio(90), Accounting(maintenance=policy))
    result = account((200, 340), planned=window, terms=terms)
    assert (result.availability, result.excluded) == (availability, excluded)
    assert (result.planned, result.unplanned, result.shares[0].kind) == (100, 40, "overrun")


@pytest.mark.parametrize(
    ("policy", "availability"),
    [("exclude", 750 / 800), ("count_up", 950 / 1000), ("count_down", 750 / 1000)],
)
def test_the_unknown_policy_decides_what_missing_data_does(
    policy: Policy, availability: float
) -> None:
    terms = Terms(ratio(90), Accounting(unknown=policy))
    result = account((100, 150), gap=(Interval(500, 700),), terms=terms)
    assert (result.availability, result.coverage) == (availability, 0.8)


def test_unknown_time_inside_an_outage_is_shown_beside_its_downtime() -> None:
    share = account((100, 200), gap=(Interval(120, 150),)).shares[0]
    assert (share.down, share.unknown) == (70, 30)


def test_an_outage_that_a_window_only_interrupts_at_its_end_is_no_overrun() -> None:
    assert account((100, 200), planned=(Interval(150, 200),)).shares[0].kind == "unplanned"
    assert account((100, 200), planned=(Interval(0, 150),)).shares[0].kind == "overrun"
    assert account((100, 200), planned=(Interval(0, 200),)).shares[0].kind == "planned"


def test_only_agreed_service_time_counts() -> None:
    result = account((100, 200), (900, 950), agreed=(Interval(150, 800),))
    assert (result.agreed, result.unplanned, len(result.shares)) == (650, 50, 1)


def test_the_period_so_far_is_judged_against_the_budget_of_the_whole() -> None:
    result = account((100, None), now=150)
    assert (result.agreed, result.unplanned, result.budget) == (150, 50, 100)


def test_short_outages_lose_seconds_but_do_not_count() -> None:
    result = account((100, 105), (200, 300), terms=Terms(ratio(90), min_outage=10))
    assert (result.unplanned, len(result.shares), len(result.short)) == (105, 1, 1)


def test_an_outage_of_exactly_the_shortest_length_counts() -> None:
    result = account((100, 110), (200, 209), (990, None), terms=Terms(ratio(90), min_outage=10))
    assert [share.outage.start for share in result.shares] == [100, 990]
    assert [share.outage.start for share in result.short] == [200]


def test_a_reclassified_outage_is_what_it_was_made() -> None:
    planned = Outage("shop", 100, 200, reclassified="planned")
    unplanned = Outage("shop", 300, 400, reclassified="unplanned")
    facts = AccountingInput((planned, unplanned), (), DAY, DAY, (Interval(300, 400),))
    result = figures(facts, Terms(), 1000)
    assert [share.kind for share in result.shares] == ["planned", "unplanned"]


def test_burn_rate_one_spends_the_budget_exactly() -> None:
    assert burn_rate(ratio(90), 0.9) == pytest.approx(1)
    assert burn_rate(ratio(99.9), 0.9856) == pytest.approx(14.4)


@pytest.mark.parametrize(
    ("left", "now", "expected"),
    [
        (0.5, 400, 800),
        (0.75, 250, None),  # not before the period ends
        (0.5, 99, None),  # too early to say
        (0.5, 100, 200),
        (0.0, 500, None),
        (0.7501, 250, None),
        (0.749, 250, 996),
        (1.0, 500, None),
        (-0.1, 500, None),
        (0.9, 5000, None),  # over, and something is left
    ],
)
def test_a_budget_is_gone_at_the_pace_so_far(left: float, now: int, expected: int | None) -> None:
    assert exhausted_at(left, PERIOD, now) == expected


def test_an_objective_is_met_to_the_millisecond() -> None:
    assert account((0, 1), terms=Terms(ratio(99.9))).met is True
    assert account((0, 2), terms=Terms(ratio(99.9))).met is False


def facts(
    line: Timeline, agreed: Intervals, planned: Intervals, period: Interval
) -> AccountingInput:
    found = [Outage("shop", *span) for span in outages(line)]
    return AccountingInput(found, gaps(line), (Interval(0, 200),), clip(agreed, period), planned)


@given(lines, sets, sets)
def test_the_figures_are_those_of_the_outage_list(
    line: Timeline, agreed: Intervals, planned: Intervals
) -> None:
    result = figures(facts(line, agreed, planned, Interval(0, 200)), NINES, 200)
    assert result.planned == sum(s.planned for s in result.shares)
    assert result.unplanned == sum(s.unplanned for s in result.shares)
    assert result.availability is None or 0 <= result.availability <= 1
    assert result.agreed >= result.planned + result.unplanned + result.unknown


@given(lines, sets, sets, st.integers(1, 199))
def test_splitting_a_period_never_changes_its_sums(
    line: Timeline, agreed: Intervals, planned: Intervals, at: int
) -> None:
    def sums(period: Interval) -> list[int]:
        result = figures(facts(line, agreed, planned, period), NINES, 200)
        return [result.agreed, result.planned, result.unplanned, result.unknown, result.excluded]

    parts = zip(sums(Interval(0, at)), sums(Interval(at, 200)), strict=True)
    assert sums(Interval(0, 200)) == [a + b for a, b in parts]


@given(lines, sets, sets, st.integers(0, 199), st.integers(1, 200))
def test_a_part_of_what_is_known_gives_the_figures_of_that_part(
    line: Timeline, agreed: Intervals, planned: Intervals, start: int, length: int
) -> None:
    whole, part = Interval(0, 200), Interval(start, start + length)
    events = [Minute(at, 1.0, at % 3 + 1.0) for at in range(0, 200, 7)]
    known = replace(facts(line, agreed, planned, whole), events=events)
    alone = replace(
        facts(line, agreed, planned, part),
        outages=[o for o in known.outages if o.until(200).end > start and o.start < part.end],
        events=[minute for minute in events if part.start <= minute.start < part.end],
    )
    for one, other in ((known, alone), (replace(known, events=None), replace(alone, events=None))):
        assert figures(one.within(part), NINES, 200) == figures(other, NINES, 200)


@given(sets, sets)
def test_overlapping_windows_are_a_union(a: Intervals, b: Intervals) -> None:
    down = (0, 60)
    assert account(down, planned=union(a, b)).planned == sum(
        i.length for i in (*union(a), *subtract(b, union(a)))
    )
    assert complement((), PERIOD) == DAY
