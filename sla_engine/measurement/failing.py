"""Services that cannot be measured: who they are, since when, and when each is tried again."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault
from sla_engine.domain.outage_changes import Change
from sla_engine.ledger import Books, snapshot
from sla_engine.measurement.ingest import TRAIL, Notify, ingest, tick_periods
from sla_engine.measurement.isolation import isolation
from sla_engine.prometheus import Client

_FIRST_WAIT, _LONGEST_WAIT = 30_000, 300_000
_AT_ONCE = 20
"""How many failing services a tick tries again; the others wait for the next."""


class Failing(NamedTuple):
    """A service that fails; ``tries`` are those that failed, ``since`` and ``due`` ms UTC."""

    fault: Fault
    since: int
    tries: int
    due: int


class FailingServices:
    """What a tick has to know of the ones before. Not for several threads at once."""

    def __init__(self) -> None:
        self._known: dict[str, Failing] = {}

    @property
    def known(self) -> Mapping[str, Failing]:
        """Return those that fail, by service id."""
        return dict(self._known)

    def catch_up(self, books: Books, client: Client, now: int, notify: Notify) -> Iterator[Change]:
        """Derive all that is due and yield what that changed.

        Those that failed before are derived one by one after all others, seldom: the rest never
        waits for them, and is asked without them.

        Args:
            books: what was agreed, and where what is derived goes.
            client: the Prometheus to ask.
            now: ms UTC.
            notify: makes the notices that are written with the changes.

        Raises:
            PrometheusError: the server does not answer at all.
        """
        services = books.catalogue.services
        self._forget({service.id for service in services})
        sound = [service for service in services if service.id not in self._known]
        found = isolation(client)
        try:
            with snapshot(books.ledger) as ledger:
                periods = tick_periods(books._replace(ledger=ledger), now, services=sound)
            for period in periods:
                done = ingest(
                    books,
                    client,
                    period,
                    now,
                    services=[s for s in sound if s.id not in found.faults],
                    notify=notify,
                    isolation=found,
                    keep_past=True,
                )
                yield from done.changes
        finally:
            self._note(found.faults, now)
        for service in self._due(books.catalogue, now):
            yield from self._again(books, client, service, now, notify)

    def _forget(self, services: Iterable[str]) -> None:
        for gone in self._known.keys() - set(services):
            del self._known[gone]

    def _due(self, catalogue: Catalogue, now: int) -> list[Service]:
        # One that is due after more than the longest wait was put off by a clock that was wrong.
        due = sorted(
            (one.due, name)
            for name, one in self._known.items()
            if one.due <= now or one.due > now + _LONGEST_WAIT
        )
        return [catalogue.service(name) for _, name in due[:_AT_ONCE]]

    def _again(
        self, books: Books, client: Client, service: Service, now: int, notify: Notify
    ) -> Iterator[Change]:
        """Derive what a service missed; where that fails for what lies back, the last minutes."""
        missed = tick_periods(books, now, services=(service,))
        recent = Interval(now - TRAIL, now)
        fault = None
        for periods in (missed, (recent,)) if missed[0].start < recent.start else (missed,):
            found = isolation(client)
            for period in periods:
                if not found.faults:
                    done = ingest(
                        books,
                        client,
                        period,
                        now,
                        services=(service, *_made_of(books.catalogue, service)),
                        notify=notify,
                        isolation=found,
                        keep_past=True,
                    )
                    yield from done.changes
            fault = found.faults.get(service.id)
            if fault is None:
                del self._known[service.id]
                return
        if fault is not None:
            self._note({service.id: fault}, now)

    def _note(self, faults: Mapping[str, Fault], now: int) -> None:
        for service, fault in faults.items():
            before = self._known.get(service)
            tries = before.tries + 1 if before else 1
            wait = min(_FIRST_WAIT << min(tries - 1, 16), _LONGEST_WAIT)
            since = before.since if before else now
            self._known[service] = Failing(fault, since, tries, now + wait)


def _made_of(catalogue: Catalogue, part: Service) -> list[Service]:
    """Return the composites that a service is in, and those that these are in."""
    found: dict[str, Service] = {}
    names = {part.id}
    while names:
        wanted = [s for s in catalogue.services if names & set(s.components) and s.id not in found]
        found |= {service.id: service for service in wanted}
        names = {service.id for service in wanted}
    return list(found.values())
