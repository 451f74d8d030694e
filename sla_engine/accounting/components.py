"""Components of a composite service, and parts of a group, stand under it in a report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from service_catalogue import Catalogue
from sla_engine.domain.report import PeriodReport, ServiceReport


def with_components(report: PeriodReport, catalogue: Catalogue) -> PeriodReport:
    """Return a report in which components follow the composite that they are of.

    What is of several stands under the first; what is of none that is reported stands alone.
    """
    there = {service.id: service for service in report.services}
    below = _below(catalogue, there)
    above = _above(below)
    found: dict[str, ServiceReport] = {}
    for name in (*(one for one in there if one not in above), *there):
        for part in _down(name, below, above):
            found.setdefault(part, replace(there[part], part_of=above.get(part)))
    return replace(report, services=tuple(found.values()))


def wholes(catalogue: Catalogue, names: Iterable[str]) -> dict[str, str]:
    """Return of which composite each component is a part, of the services of these ids."""
    there = dict.fromkeys(names)
    return _above(_below(catalogue, there))


def _above(below: Mapping[str, Sequence[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, parts in below.items():
        for part in parts:
            found.setdefault(part, name)
    return found


def _below(catalogue: Catalogue, there: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """Return what stands under each service: its components, then what names it as its group."""
    found = {name: _components(catalogue, name, there) for name in there}
    for name in there:
        service = catalogue.find(name)
        group = None if service is None else service.group
        if group in found and group != name and name not in found[group]:
            found[group] = (*found[group], name)
    return found


def _components(catalogue: Catalogue, name: str, there: Mapping[str, object]) -> tuple[str, ...]:
    service = catalogue.find(name)
    return tuple(c for c in service.components if c in there and c != name) if service else ()


def _down(name: str, below: dict[str, tuple[str, ...]], above: dict[str, str]) -> Iterator[str]:
    """Yield a service and what stands under it, each before what is under that."""
    waiting: list[Sequence[str]] = [(name,)]
    seen: set[str] = set()
    while waiting:
        first, *rest = waiting.pop()
        if rest:
            waiting.append(rest)
        if first not in seen:
            seen.add(first)
            yield first
            if under := [one for one in below[first] if above[one] == first]:
                waiting.append(under)
