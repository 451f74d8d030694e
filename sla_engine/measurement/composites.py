"""Services that are made of other services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import chain
from types import MappingProxyType

from service_catalogue import Service
from sla_engine.domain.history import History, preserved, timeline_of
from sla_engine.domain.interval import Interval, Intervals, subtract, union
from sla_engine.domain.isolation import Isolation
from sla_engine.domain.timeline import (
    Segment,
    State,
    Timeline,
    components,
    cut,
    during,
    first_known,
    joined,
)
from sla_engine.ledger import Books, Derived
from sla_engine.measurement.derive import last_moment, lifetime


def composites(
    books: Books,
    services: Sequence[Service],
    period: Interval,
    derived: Iterable[Derived],
    isolation: Isolation | None = None,
    *,
    floors: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[Derived]:
    """Yield the composites among the services, from their components' timelines in a period.

    A component is unknown outside its lifetime. What is derived of one now counts as the ledger
    will hold it, and those not derived now are as the ledger has them: what fails is unknown from
    where it failed. A composite guesses nothing by itself: it gives up what it knew only where a
    component gives up, or changes, a state. With ``isolation`` a composite that fails is left out
    and named there. Nothing is derived of one before its ``floors`` (ms UTC).
    """
    wanted = [s for s in services if s.method == "components"]
    if not wanted:
        return
    histories = books.ledger.histories(period)
    known = {item.service: item for item in derived}

    def part(name: str) -> tuple[Timeline, Intervals]:
        history = histories.get(name, History())
        before = timeline_of(history, period)
        if (item := known.get(name)) is None:
            return before, ()
        line = preserved(history, item.timeline, item.tail, item.released, item.unseen)
        here = Interval(line[0].start, line[-1].end)
        gone = _changed(cut(before, here), line)
        alive = lifetime(books.catalogue, books.catalogue.service(name), period)
        earlier = cut(before, Interval(alive.start, here.start))
        later = cut(before, Interval(here.end, alive.end))
        return _filled(joined((*earlier, *line, *later)), period), union(gone, item.released)

    def made(some: Sequence[Service]) -> Iterable[Derived]:
        (service,) = some
        alive = lifetime(books.catalogue, service, period)
        alive = Interval(max(alive.start, floors.get(service.id, alive.start)), alive.end)
        if alive.length <= 0:
            return ()
        parts = [part(name) for name in service.components]
        whole = components([cut(line, alive) for line, _ in parts], service.need)
        released = union(*(gone for _, gone in parts))
        item = Derived(
            service.id,
            whole,
            first_known(whole),
            0,
            None,
            released,
            made_of=tuple(service.components),
            ends=last_moment(books.catalogue, service),
        )
        known[service.id] = item
        return (item,)

    for service in _in_order(wanted):
        if isolation is None:
            yield from made((service,))
        else:
            yield from chain(*isolation.divided((service,), lambda s: s.id, made))


def _changed(before: Timeline, now: Timeline) -> Intervals:
    """Return where what was known is not what is known now."""
    known = ((state, during(before, state)) for state in (State.UP, State.DOWN))
    return union(*(subtract(old, during(now, state)) for state, old in known))


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
