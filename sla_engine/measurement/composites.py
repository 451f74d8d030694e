"""Services that are made of other services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import chain

from service_catalogue import Service
from sla_engine.domain.history import History, timeline_of
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Isolation
from sla_engine.domain.timeline import Segment, State, Timeline, components, cut, joined
from sla_engine.ledger import Books, Derived
from sla_engine.measurement.derive import first_known, lifetime


def composites(
    books: Books,
    services: Sequence[Service],
    period: Interval,
    derived: Mapping[str, Timeline],
    isolation: Isolation | None = None,
) -> Iterator[Derived]:
    """Yield the composites among the services, from their components' timelines in a period.

    A component is unknown outside its lifetime. Those not derived now are as the ledger has them:
    what fails is unknown from where it failed. With ``isolation`` a composite that fails is left
    out and named there.
    """
    wanted = [s for s in services if s.method == "components"]
    if not wanted:
        return
    known = dict(derived)
    histories = books.ledger.histories(period)

    def part(name: str) -> Timeline:
        history = histories.get(name, History())
        if name not in known:
            return timeline_of(history, period)
        return _filled(known[name], period)

    def made(some: Sequence[Service]) -> Iterable[Derived]:
        (service,) = some
        alive = lifetime(books.catalogue, service, period)
        if not alive.length:
            return ()
        parts = [cut(part(name), alive) for name in service.components]
        whole = known[service.id] = components(parts, service.need)
        return (Derived(service.id, whole, first_known(whole)),)

    for service in _in_order(wanted):
        if isolation is None:
            yield from made((service,))
        else:
            yield from chain(*isolation.divided((service,), lambda s: s.id, made))


def _filled(timeline: Timeline, period: Interval) -> Timeline:
    """Return a timeline over the whole period, unknown where the service did not live."""
    before = Segment(period.start, timeline[0].start, State.UNKNOWN)
    after = Segment(timeline[-1].end, period.end, State.UNKNOWN)
    return joined((before, *timeline, after))


def _in_order(services: Sequence[Service]) -> Iterator[Service]:
    """Yield composites after the composites that they are made of."""
    known = {s.id: s for s in services}
    graph = {s.id: {c for c in s.components if c in known} for s in services}
    yield from (known[name] for name in TopologicalSorter(graph).static_order())
