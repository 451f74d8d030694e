"""Services that are made of other services."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter

from service_catalogue import Service
from sla_engine.domain.history import History, timeline_of
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State, Timeline, components, cut, joined
from sla_engine.ledger import Books, Derived
from sla_engine.measurement.derive import first_known, lifetime


def composites(
    books: Books,
    services: Sequence[Service],
    period: Interval,
    derived: Mapping[str, Timeline],
) -> Iterator[Derived]:
    """Yield the composites among the services, from their components' timelines in a period.

    A component is unknown outside its lifetime. Those not derived now are as the ledger has them.
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

    for service in _in_order(wanted):
        alive = lifetime(books.catalogue, service, period)
        if alive.length:
            parts = [cut(part(name), alive) for name in service.components]
            whole = components(parts, service.need)
            known[service.id] = whole
            yield Derived(service.id, whole, first_known(whole))


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
