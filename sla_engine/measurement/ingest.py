"""PromQL -> ledger: the same way for every tick and for months of the past."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from service_catalogue.past import measured_since
from service_catalogue.service import FOREVER
from sla_engine.domain.cadence import RUN
from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.history import NOTHING_UNSEEN, Unseen
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Isolation
from sla_engine.domain.notice import Notice
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.timeline import cut, first_known
from sla_engine.ledger import Books, Derived
from sla_engine.measurement.composites import composites
from sla_engine.measurement.derive import cadence, last_moment, lifetime
from sla_engine.measurement.event_outages import EventOutages, widened
from sla_engine.measurement.fetch import timelines
from sla_engine.measurement.reasons import reasons
from sla_engine.prometheus import Client

TRAIL = 15 * 60_000
"""How far back every tick derives anew: samples that arrive this late still count (ms)."""
_GUESSED = 5 * 60_000
_DAY = 24 * 3_600_000


class Ingested(NamedTuple):
    """What an ingest did: the stretch that was derived, and what it changed."""

    period: Interval
    changes: tuple[Change, ...]


Notify = Callable[[Sequence[Change]], Iterable[Notice]]


def ingest(
    books: Books,
    client: Client,
    period: Interval,
    now: int,
    *,
    services: Iterable[Service] | None = None,
    notify: Notify | None = None,
    isolation: Isolation | None = None,
    keep_past: bool = False,
    summed: bool = False,
) -> Ingested:
    """Derive a period from Prometheus and let it take its place in the ledger.

    Repeating it, or crashing at any point and repeating it, gives the same ledger.

    Args:
        books: what was agreed, and where what is derived goes.
        client: the Prometheus to ask.
        period: what to derive, ms UTC; its end is cut to ``now``.
        now: ms UTC; nothing later is asked for.
        services: all of the catalogue's unless given.
        notify: makes the notices that are written in the same transaction as the changes.
        isolation: names the services that failed, of which the ledger is as before; without it a
            failure of one is raised.
        keep_past: leave alone what the ledger has of the time before a service was measured by what
            measures it now: an edit of the catalogue rewrites nothing.
        summed: over many hours count only the good samples where that will do, as `timelines` says.

    Raises:
        PrometheusError: the samples cannot be had; the ledger is as before.
    """
    period = Interval(period.start, min(period.end, now))
    if period.length == 0:
        return Ingested(period, ())
    chosen = tuple(books.catalogue.services if services is None else services)
    events: dict[str, tuple[Minute, ...]] = {}
    unseen: dict[str, Unseen] = {}
    found = timelines(
        books.catalogue,
        client,
        chosen,
        period,
        now,
        events=events,
        unseen=unseen,
        isolation=isolation,
        summed=summed,
    )
    floors = _floors(books, chosen, period) if keep_past else {}
    derived = []
    for name, line in found.items():
        service = books.catalogue.service(name)
        known = Derived(
            name,
            line,
            first_known(line),
            tail(books.catalogue, service, now),
            events.get(name),
            unseen=unseen.get(name, NOTHING_UNSEEN),
            ends=last_moment(books.catalogue, service),
        )
        derived.append(_since(known, floors[name]) if name in floors else known)
    derived = [item for item in derived if item.timeline]
    derived = EventOutages(books, period).all(derived, isolation)
    derived += composites(
        books, chosen, widened(period, derived), derived, isolation, floors=floors
    )

    seen = {} if notify is None else reasons(books, client, derived, now)

    def apply(some: Sequence[Derived]) -> tuple[Change, ...]:
        return books.ledger.apply(some, notify, at=now, seen=seen)

    if isolation is None:
        return Ingested(period, apply(derived))
    parts = isolation.divided(derived, lambda item: item.service, apply)
    return Ingested(period, tuple(chain(*parts)))


def _floors(books: Books, services: Iterable[Service], period: Interval) -> dict[str, int]:
    """Return from when on services are derived that were measured otherwise before (ms UTC).

    Where the ledger ends before that, from there on: nobody measures that time any more. Of events
    only whole minutes are of one source.
    """
    changed = {s.id: (s, at) for s in services if (at := measured_since(s)) is not None}
    changed = {name: one for name, one in changed.items() if one[1] > period.start}
    covered = books.ledger.covered_until() if changed else {}
    found = {}
    for name, (service, since) in changed.items():
        known = covered.get(name, -FOREVER)
        if service.method == "events":
            found[name] = min(-(-since // MINUTE), known // MINUTE) * MINUTE
        else:
            found[name] = min(since, known)
    return found


def _since(derived: Derived, floor: int) -> Derived:
    """Return what was derived from a moment on (ms UTC)."""
    whole = derived.timeline
    line = cut(whole, Interval(floor, whole[-1].end)) if floor < whole[-1].end else ()
    events = derived.events
    if events is not None:
        events = tuple(minute for minute in events if minute.start >= floor)
    return derived._replace(timeline=line, first_sample=first_known(line), events=events)


def tail(catalogue: Catalogue, service: Service, now: int) -> int:
    """Return how long the last sample before now was taken to hold, at the most (ms).

    Nothing is guessed any more of a service that nobody watches since long before now (ms UTC).
    """
    guessed = max(_GUESSED, 2 * cadence(catalogue, service).max_gap)
    if service.until is None:
        return guessed
    ever = Interval(now - 1, now)
    return 0 if lifetime(catalogue, service, ever).end < now - guessed else guessed


def tick_periods(
    books: Books, now: int, trail: int = TRAIL, services: Iterable[Service] | None = None
) -> tuple[Interval, ...]:
    """Return what a tick derives, oldest first: back before any open outage, and all it missed.

    After a standstill these are several, of a day at most and a transaction each. An outage that
    is open for longer than a day is not derived anew at every tick: the ledger joins what it holds
    with what is new. ``services`` are all of the catalogue's unless given.
    """
    moment = Interval(now - 1, now)
    chosen = books.catalogue.services if services is None else services
    alive = {s.id: s for s in chosen if lifetime(books.catalogue, s, moment).length}
    # A sample was taken to hold for as long as this, before a hole turned out to follow it; and
    # so many samples show whether it was one, or a slower cadence.
    beats = [cadence(books.catalogue, s) for s in alive.values()]
    guessed = max((max(beat.max_gap, RUN * beat.step) for beat in beats), default=0)
    starts = [o.start for s, o in books.ledger.open_outages().items() if s in alive]
    covered = [end for s, end in books.ledger.covered_until().items() if s in alive]
    first = min([now, *covered, *(start for start in starts if start > now - _DAY)])
    first -= max(trail, guessed)
    edges = [*range(first, now, _DAY), now]
    return tuple(Interval(*pair) for pair in pairwise(edges))
