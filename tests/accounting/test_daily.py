"""The days of a strip, worked out only where something happened, are those of a full account."""

from hypothesis import given
from hypothesis import strategies as st

from sla_engine.accounting.daily import Daily
from sla_engine.accounting.terms import terms
from sla_engine.domain.availability import AccountingInput, figures
from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.interval import Interval, Intervals, clip
from sla_engine.domain.outage import Outage, gaps, outages
from sla_engine.domain.report import Day
from sla_engine.domain.timeline import Segment, State, Timeline
from tests.catalogues import catalogue
from tests.domain.test_interval import sets
from tests.domain.test_timeline import lines

BOOK = catalogue("shop")
DAYS = [Interval(start, start + 20) for start in range(0, 200, 20)]
WHOLE = Interval(0, 200)
QUIET = (Segment(*WHOLE, State.UP),)


def fully(facts: AccountingInput, day: Interval, now: int) -> Day:
    found = figures(facts.within(day), terms(BOOK.services[0], day.start), now)
    sums = found.planned, found.unplanned, found.unknown
    return Day(day, found.agreed, found.availability, *sums)


@given(
    st.one_of(lines, st.just(QUIET)),
    sets,
    sets,
    st.one_of(sets, st.just((WHOLE,))),
    st.integers(1, 200),
)
def test_every_day_is_that_of_a_full_account(
    line: Timeline, agreed: Intervals, planned: Intervals, covered: Intervals, now: int
) -> None:
    found = tuple(Outage("shop", *o) for o in outages(line) if o.start < now)
    known = clip(covered, Interval(0, now))
    facts = AccountingInput(found, gaps(line), known, clip(agreed, WHOLE), planned)
    expected = tuple(fully(facts, day, now) for day in DAYS)
    assert Daily(DAYS, now).of(BOOK.services[0], facts) == expected


def test_events_say_how_available_a_day_without_an_outage_was() -> None:
    days = [Interval(start, start + MINUTE) for start in (0, MINUTE, 2 * MINUTE)]
    whole = (Interval(0, 3 * MINUTE),)
    events = (Minute(0, 9, 10), Minute(MINUTE, 5, 5))
    found = Daily(days, 3 * MINUTE).of(
        BOOK.services[0], AccountingInput((), (), whole, whole, (), events)
    )
    assert [day.availability for day in found] == [0.9, 1, None]
