"""Coverage of a time that has not come is cut off, and the audit says so."""

import pytest
import sqlalchemy as sa

from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger, tables

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
MINUTE = 60_000
DAY = 86_400_000
NOW = 20_000 * DAY


def derive(ledger: Ledger, service: str, *edges: tuple[int, int, State]) -> None:
    line = tuple(Segment(NOW + start, NOW + end, state) for start, end, state in edges)
    ledger.apply([Derived(service, line, line[0].start)])


def audited(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.engine.begin() as connection:
        rows = connection.execute(sa.select(tables.audit.c.action, tables.audit.c.subject))
        return [(row.action, row.subject) for row in rows]


def test_once_forty_days_ahead_leaves_no_coverage_in_the_future(ledger: Ledger) -> None:
    for name in ("shop", "mail"):
        derive(ledger, name, (-10 * MINUTE, -5 * MINUTE, UP), (-5 * MINUTE, -MINUTE, DOWN))
        derive(ledger, name, (-MINUTE, 40 * DAY, UNKNOWN))
    done = ledger.cut(NOW, {"shop", "mail"})
    assert done.changes == ()
    assert set(done.services) == {"shop", "mail"}
    assert ledger.covered_until() == dict.fromkeys(("shop", "mail"), NOW - MINUTE)
    assert ledger.open_outages()["shop"] == OutageSpan(NOW - 5 * MINUTE, None)
    assert ("cut", "2 services") in audited(ledger)
    assert ledger.verify() == []
    assert ledger.cut(NOW, {"shop"}).services == ()


def test_what_samples_of_a_wrong_time_said_is_withdrawn(ledger: Ledger) -> None:
    derive(ledger, "shop", (-10 * MINUTE, 0, UP), (0, DAY, UNKNOWN))
    derive(ledger, "shop", (DAY, DAY + MINUTE, DOWN), (DAY + MINUTE, DAY + 3 * MINUTE, UP))
    ahead = Segment(NOW + DAY, NOW + DAY + 3 * MINUTE, UP)
    events = (Minute(NOW + DAY, 5, 5),)
    ledger.apply([Derived("shop2", (ahead,), NOW + DAY, events=events)])
    done = ledger.cut(NOW + MINUTE, {"shop"})
    assert [(change.kind, change.service) for change in done.changes] == [("withdrawn", "shop")]
    history = ledger.histories(Interval(0, 2**60))["shop"]
    assert history.outages == ()
    assert history.covered == (Interval(NOW - 10 * MINUTE, NOW),)
    assert ledger.events(Interval(NOW, NOW + 2 * DAY)) == {}
    assert ledger.verify() == []


@pytest.mark.parametrize(("known", "cut"), [(DAY, True), (DAY + 1, False)])
def test_more_than_a_day_is_no_clock_that_ran_ahead(
    ledger: Ledger, *, known: int, cut: bool
) -> None:
    derive(ledger, "shop", (-10 * MINUTE, known, UP))
    done = ledger.cut(NOW, {"shop"})
    assert (done.services, done.refused) == ((("shop",), ()) if cut else ((), ("shop",)))
    assert ledger.covered_until() == {"shop": NOW if cut else NOW + known}
