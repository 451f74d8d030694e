"""What is new beside a catalogue that people keep, and what of it has vanished."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from service_catalogue.counters import UnreadableError, read_counters
from sla_engine.discovery.naming import identifiers
from sla_engine.discovery.proposal import Proposed
from sla_engine.prometheus.inventory import Labels
from sla_engine.prometheus.selectors import selectors

Ask = Callable[[str], Sequence[Labels]]
"""Returns the labels of the series of a selector."""


class Difference(NamedTuple):
    """``new`` services with ids that are free, and the ids of those whose series are gone."""

    new: tuple[Proposed, ...]
    vanished: tuple[str, ...]


def difference(kept: Catalogue, proposed: Sequence[Proposed], ask: Ask) -> Difference:
    """Return what a catalogue lacks: services none of whose series it reads already.

    ``ask`` is called for every selector of the catalogue that is not proposed in the same words.
    """
    words = {one.source for one in proposed}
    known: set[frozenset[tuple[str, str]]] = set()
    sources, vanished = set[tuple[tuple[str, str], ...]](), []
    for service in kept.services:
        source = _source(service)
        sources.add(source)
        if source in words or not (read := list(_read(service))):
            continue
        found = [labels for one in read for labels in ask(one)]
        known |= {frozenset(labels.items()) for labels in found}
        if not found:
            vanished.append(service.id)
    probed = {service.id for service in kept.services if service.method == "probes"}
    new = [
        one
        for one in proposed
        if one.source not in sources
        and not any(_is_known(labels, known, probed) for labels in one.members)
    ]
    return Difference(tuple(_free(new, kept)), tuple(vanished))


def _is_known(
    labels: Labels, known: Collection[frozenset[tuple[str, str]]], probed: Collection[str]
) -> bool:
    ours = labels.get("__name__") == "service_up" and labels.get("service", "") in probed
    return ours or frozenset(labels.items()) in known


def _source(service: Service) -> tuple[tuple[str, str], ...]:
    sli = service.sli
    given = (
        {} if sli is None else {n: getattr(sli, n) for n in ("promql", "good", "errors", "total")}
    )
    return tuple(sorted((name, text) for name, text in given.items() if text is not None))


def _read(service: Service) -> Iterator[str]:
    for name, expression in _source(service):
        if name == "promql":
            yield from selectors(expression)
            continue
        try:
            read = read_counters(expression)
        except UnreadableError:
            continue
        yield from (*read.added, *read.taken)


def _free(new: Sequence[Proposed], kept: Catalogue) -> Iterator[Proposed]:
    """Yield services under ids that the catalogue has not, and never had."""
    taken = {name for s in kept.services for name in (s.id, *s.formerly)}
    for one in new:
        twice = identifiers([one.id, one.id], [str(one.source), ""])
        yield one._replace(id=twice[0]) if one.id in taken else one
