"""Why the ledger has an outage of events: what was counted, and what makes such an outage."""

from contextlib import closing

from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import outage_id
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement.event_outages import EventOutages
from sla_engine.measurement.explain import explain
from sla_engine.prometheus import Client
from tests.catalogues import catalogue

M = 60_000


def test_an_outage_of_events_is_explained_without_asking_prometheus() -> None:
    sli = {"errors": "sum(rate(all[5m])) - sum(rate(fine[5m]))", "total": "sum(rate(all[5m]))"}
    book = catalogue({"id": "api", "objective": 99, "sli": sli})
    with closing(Ledger.open("sqlite://")) as ledger, Client(book.prometheus) as client:
        books, period = Books(book, ledger), Interval(0, 10 * M)
        minutes = (Minute(2 * M, 0, 9), Minute(5 * M, 9, 9))
        item = Derived("api", (Segment(*period, State.UP),), 0, 0, minutes)
        ledger.apply([EventOutages(books, period).judged(item)])
        said = list(explain(books, client, outage_id("api", 2 * M), 10 * M))
    assert "derived from: failed, all less fine over all, by the minute" in said
    assert any(line.startswith("query: (fine)[") for line in said)
    assert any(line.endswith("the first minute in which too many events failed") for line in said)
    assert not any("quorum" in line for line in said)
    assert "a minute of outage: 0.144 of its events failed; 5 in all, or more" in said
