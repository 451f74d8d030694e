from hypothesis import given
from hypothesis import strategies as st

from sla_engine.domain.interval import Interval
from sla_engine.prometheus.extract import Source
from sla_engine.prometheus.pack import Wanted, packed

HOUR = 3_600_000

sources = st.integers(0, 30).map(
    lambda n: Source(f"s{n}", "up" if n % 7 == 0 else None, 15_000 if n % 2 else 60_000)
)
periods = st.tuples(st.integers(0, 200), st.integers(1, 6)).map(
    lambda pair: Interval(pair[0] * HOUR, (pair[0] + pair[1]) * HOUR)
)


def _each(wanted: Wanted) -> list[tuple[Interval, Source]]:
    return [(period, source) for period, some in wanted.items() for source in some]


@given(st.dictionaries(periods, st.lists(sources, min_size=1, unique=True), max_size=20))
def test_what_is_wanted_is_asked_for_by_no_more_questions(wanted: Wanted) -> None:
    asked = list(packed(wanted))
    for period, source in _each(wanted):
        assert any(
            source in ask.sources
            and ask.period.start <= period.start
            and period.end <= ask.period.end
            for ask in asked
        )
    assert len(asked) <= len(_each(wanted))
    assert {s for ask in asked for s in ask.sources} == {s for _, s in _each(wanted)}


def _hours(count: int, apart: int, services: int = 1) -> Wanted:
    return {
        Interval(hour * apart * HOUR, (hour * apart + 1) * HOUR): [
            Source(f"s{hour}-{i}") for i in range(services)
        ]
        for hour in range(count)
    }


def test_neighbours_share_a_question_and_the_distant_do_not() -> None:
    (one,) = packed(_hours(3, 1))
    assert one.period == Interval(0, 3 * HOUR)
    assert len(list(packed(_hours(3, 12)))) == 3


def test_many_services_are_not_asked_for_an_hour_that_only_few_want() -> None:
    assert len(list(packed(_hours(2, 1, services=100)))) == 2
