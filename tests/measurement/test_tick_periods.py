import pytest

from sla_engine.domain.interval import Interval, union
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.ingest import TRAIL, tail, tick_periods
from tests.catalogues import catalogue

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 20_000 * DAY


def derived(ledger: Ledger, service: str, start: int, end: int, state: State = State.UP) -> None:
    ledger.apply([Derived(service, (Segment(start, end, state),), start)])


@pytest.fixture
def ledger() -> Ledger:
    return Ledger.open("sqlite://")


def test_the_first_tick_looks_back_a_little(ledger: Ledger) -> None:
    assert tick_periods(Books(catalogue("a"), ledger), NOW) == (Interval(NOW - TRAIL, NOW),)


def test_a_tick_reaches_back_to_what_an_earlier_one_could_only_guess(ledger: Ledger) -> None:
    """A sample holds for an hour before it turns out that a hole began a minute after it."""
    patient = {"id": "a", "max_gap": "1h"}
    assert tick_periods(Books(catalogue(patient), ledger), NOW) == (Interval(NOW - HOUR, NOW),)


def test_a_tick_reaches_back_before_an_open_outage(ledger: Ledger) -> None:
    derived(ledger, "a", NOW - HOUR, NOW - 1, State.DOWN)
    assert tick_periods(Books(catalogue("a"), ledger), NOW) == (Interval(NOW - HOUR - TRAIL, NOW),)


def test_after_a_standstill_everything_missed_is_derived_day_by_day(ledger: Ledger) -> None:
    derived(ledger, "a", NOW - 9 * DAY, NOW - 3 * DAY)
    periods = tick_periods(Books(catalogue("a"), ledger), NOW)
    assert union(periods) == (Interval(NOW - 3 * DAY - TRAIL, NOW),)
    assert [p.length for p in periods] == [DAY, DAY, DAY, TRAIL]


def test_a_service_that_left_or_ended_holds_nobody_up(ledger: Ledger) -> None:
    derived(ledger, "gone", NOW - 9 * DAY, NOW - 3 * DAY, State.DOWN)
    ended = {"id": "ended", "until": "2000-01-01T00:00:00Z"}
    derived(ledger, "ended", NOW - 9 * DAY, NOW - 5 * DAY)
    derived(ledger, "a", NOW - HOUR, NOW)
    assert tick_periods(Books(catalogue("a", ended), ledger), NOW) == (Interval(NOW - TRAIL, NOW),)


def test_nothing_is_guessed_of_a_service_that_ended_long_ago() -> None:
    """What is known of its last minutes stays, though its samples are lost since."""
    ended = catalogue({"id": "shop", "until": "2026-09-01T00:00:00Z", "max_gap": "10m"})
    at = 1_788_220_800_000
    found = [tail(ended, ended.service("shop"), at + later) for later in (0, 1_200_000, 1_200_001)]
    assert found == [1_200_000, 1_200_000, 0]
