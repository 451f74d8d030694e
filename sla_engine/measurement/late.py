"""Samples that come late: the gaps of the last day are asked for again, by a count per gap.

Every tick derives the last minutes anew. What an agent, a remote write or an outage of the network
held back for longer would stay unknown, as no tick looks there again.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from service_catalogue import Catalogue, Service
from sla_engine.domain.cadence import RUN
from sla_engine.domain.interval import Interval, clip
from sla_engine.domain.isolation import Fault, Isolation
from sla_engine.domain.outage_changes import Change
from sla_engine.ledger import Books
from sla_engine.measurement.derive import lifetime
from sla_engine.measurement.fetch import source
from sla_engine.measurement.ingest import TRAIL, Notify, ingest
from sla_engine.measurement.isolation import isolation
from sla_engine.measurement.request_counters import event_counters
from sla_engine.prometheus import Client
from sla_engine.prometheus.extract import Source
from sla_engine.prometheus.scan import counted

WINDOW = 24 * 3_600_000
"""How late samples may come and still be found without anybody's doing, unless told (ms)."""
EVERY = 10 * 60_000
"""How often the gaps are asked for again (ms)."""
_MARGIN = 5 * 60_000
_SETTLED = 3_600_000
"""After so long (ms) samples show whether a short gap was one, or a slower cadence."""
_SHORT = _SETTLED // RUN

Gaps = Mapping[Interval, Sequence[Service]]


class LateSamples:
    """Looks for them now and then; remembers how many samples each gap was seen to hold.

    A gap in which samples disagree holds some for ever: it is derived again only for more. What
    looks like a gap may be the first samples of a slower cadence: a short one is derived once more
    when it is settled. ``window`` (ms) is how far back gaps are asked for; 0 asks for none.
    """

    def __init__(self, window: int = WINDOW) -> None:
        self._window = window
        self._asked = 0
        self._seen: dict[tuple[str, int], int] = {}
        self.tampered: Mapping[str, Fault] = {}  # what the last search would not write over

    def find(
        self,
        books: Books,
        client: Client,
        now: int,
        notify: Notify,
        failing: Container[str] = (),
    ) -> tuple[Change, ...]:
        """Derive anew the gaps in which samples appeared, if it is time to; return what changed.

        Args:
            books: what was agreed, and where what is derived goes.
            client: the Prometheus to ask.
            now: ms UTC; every tick's own trail before it is left out.
            notify: makes the notices that are written with the changes.
            failing: ids of services that are not asked for: their queries fail.

        Raises:
            PrometheusError: the samples cannot be had; the next call asks again.
        """
        if self._window <= TRAIL or 0 <= now - self._asked < EVERY:
            return ()
        gaps = _gaps(books, Interval(now - self._window, now - TRAIL), failing)
        found = isolation(client)
        counts = _counts(books.catalogue, client, gaps, found)
        changes: list[Change] = []
        last = min(self._asked or now - _SETTLED, now)
        for gap, services in gaps.items():
            settled = gap.length < _SHORT and last - _SETTLED < gap.end <= now - _SETTLED
            fuller = [
                s
                for s in services
                if settled or counts.get((s.id, gap), 0) > self._seen.get((s.id, gap[0]), 0)
            ]
            if fuller:
                wide = Interval(gap.start - _MARGIN, gap.end + _MARGIN)
                chosen = (*fuller, *_made_of(books.catalogue, fuller))
                changes += ingest(
                    books,
                    client,
                    wide,
                    now,
                    services=chosen,
                    notify=notify,
                    isolation=found,
                    keep_past=True,
                ).changes
        self.tampered = {s: one for s, one in found.faults.items() if one.reason == "tampered"}
        self._seen = {
            (name, gap.start): count
            for (name, gap), count in counts.items()
            if name not in self.tampered  # told until a person has looked
        }
        self._asked = now
        return tuple(changes)


def _gaps(books: Books, period: Interval, failing: Container[str]) -> Gaps:
    """Return the gaps of a period with the services that have them: many share one."""
    histories = books.ledger.histories(period)
    found: dict[Interval, list[Service]] = defaultdict(list)
    for service in books.catalogue.services:
        alive = lifetime(books.catalogue, service, period)
        if service.id in failing or service.method == "components":
            continue
        if service.id in histories and alive.length > 0:
            for gap in clip(histories[service.id].gaps, alive):
                found[gap].append(service)
    return found


def _counts(
    catalogue: Catalogue, client: Client, gaps: Gaps, found: Isolation
) -> Mapping[tuple[str, Interval], int]:
    asked = {gap: [_source(catalogue, s) for s in services] for gap, services in gaps.items()}
    return counted(client, asked, found) if asked else {}


def _source(catalogue: Catalogue, service: Service) -> Source:
    """Return what shows that a service was watched: of events, all of them."""
    if service.method == "events":
        return Source(service.id, event_counters(service).total.added[0])
    return source(catalogue, service)


def _made_of(catalogue: Catalogue, services: Iterable[Service]) -> Iterator[Service]:
    """Yield the services that are made of some, directly or not."""
    names = {service.id for service in services}
    rest = [s for s in catalogue.services if s.method == "components"]
    while found := [s for s in rest if names & {*s.components}]:
        yield from found
        names = {s.id for s in found}
        rest = [s for s in rest if s not in found]
