"""The terms of a period in words: what was agreed, since when that is known."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from service_catalogue import Catalogue, Service
from service_catalogue.agreement import Agreement
from service_catalogue.past import afterwards, pieces
from service_catalogue.terms import Value, agreement_value, service_value
from sla_engine.domain.interval import Interval, subtract
from sla_engine.domain.report import SaidAfterwards, TermsInForce
from sla_engine.ledger import Books
from sla_engine.ledger.in_force import versions_of
from sla_engine.ledger.terms import UPGRADE, Term

_OF_ITSELF = {"id", "name", "owner", "labels", "formerly", "history"}
"""What no figure hangs on, or is told otherwise."""


def terms_in_force(
    rows: Sequence[Term],
    services: Iterable[Service],
    period: Interval,
    *,
    catalogue: Catalogue | None = None,
    agreements: Iterable[Agreement] = (),
) -> tuple[TermsInForce, ...]:
    """Return the terms of services in a period, those of the same together, and of agreements.

    ``catalogue`` is what knows how the ``agreements`` were.
    """
    promised = () if catalogue is None else _of_agreements(rows, agreements, period, catalogue)
    return (*_of_services(rows, services, period), *promised)


def _of_agreements(
    rows: Sequence[Term], agreements: Iterable[Agreement], period: Interval, catalogue: Catalogue
) -> Iterator[TermsInForce]:
    for one in agreements:
        ours = [r for r in rows if tuple(r.subject) == ("agreement", one.id)]
        for span, held in _agreed(catalogue, one, period) if ours else ():
            known = [row for row in ours if row.time <= span.start and row.after is not None]
            row = known[-1] if known else ours[0]
            values = tuple(values_of_agreement(agreement_value(held)))
            upgrade = row.origin == UPGRADE
            yield TermsInForce(
                (), span, values, row.time, row.digest, upgrade, (one.id, held.customer)
            )


def _agreed(
    catalogue: Catalogue, agreement: Agreement, period: Interval
) -> Iterator[tuple[Interval, Agreement]]:
    """Yield how an agreement was while it was there, piece by piece."""
    away = tuple(Interval(*gone) for gone in catalogue.away(agreement))
    known = catalogue.ever_agreed(agreement)
    ends = (*(seen for seen, _ in known[1:]), period.end)
    start = period.start
    for (_, held), end in zip(known, ends, strict=True):
        until = min(end, period.end)
        if start < until:
            yield from ((span, held) for span in subtract((Interval(start, until),), away))
            start = until


def _of_services(
    rows: Sequence[Term], services: Iterable[Service], period: Interval
) -> tuple[TermsInForce, ...]:
    by_service: dict[str, list[Term]] = defaultdict(list)
    for row in rows:
        if row.subject.kind == "service":
            by_service[row.subject.name].append(row)
    found: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for service in services:
        names = (service.id, *service.formerly)
        ours = sorted((row for name in names for row in by_service[name]), key=lambda r: r.id)
        for start, end, held in _told(service, period):
            known = [row for row in ours if row.time <= start and row.after is not None]
            if known or ours:
                row = known[-1] if known else ours[0]
                key = (start, end, held, row.time, row.digest, row.origin)
                found[key].append(service.name)
    return tuple(
        TermsInForce(tuple(names), Interval(start, end), values, time, digest, origin == UPGRADE)
        for (start, end, values, time, digest, origin), names in found.items()
    )


def said_afterwards(
    books: Books, rows: Sequence[Term], services: Iterable[Service], period: Interval
) -> Iterator[SaidAfterwards]:
    """Yield what was said of a part of a period against what had been in force there."""
    by_name: dict[str, list[Term]] = defaultdict(list)
    for row in rows:
        by_name[row.subject.name].append(row)
    for service in services:
        ours = [row for name in (service.id, *service.formerly) for row in by_name[name]]
        for one in afterwards(versions_of(books.catalogue, ours, service.id)):
            span = Interval(max(one.start, period.start), min(one.end, period.end))
            if span.length:
                before, after = words(one.before), words(one.after)
                yield SaidAfterwards(service.name, one.field, span, before, after, one.seen)


def _told(service: Service, period: Interval) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Yield what held in a period, piece by piece; pieces that say the same are one."""
    last: tuple[int, int, tuple[Any, ...]] | None = None
    for start, end, held in pieces(service, *period):
        said = () if held is None else tuple(values_of(service_value(held)))
        if last is not None and last[2] == said:
            last = (last[0], end, said)
            continue
        if last is not None and last[2]:
            yield last
        last = (start, end, said)
    if last is not None and last[2]:
        yield last


def values_of(value: Value) -> Iterator[tuple[str, str]]:
    """Yield what a service's figures hang on, as key and words."""
    for key, item in value.items():
        if key not in _OF_ITSELF:
            yield key, words(item).partition("@")[0] if key == "calendar" else words(item)


def values_of_agreement(value: Value) -> Iterator[tuple[str, str]]:
    """Yield what is owed by an agreement, as key and words; also what it did not need to say."""
    usual = {name: Agreement.model_fields[name].default for name in ("rule", "window")}
    for key, item in (usual | value).items():
        if key not in {"id", "to"}:
            yield key, words(item).partition("@")[0] if key == "calendar" else words(item)


def changes_of(term: Term, hidden: Collection[str] = ()) -> Iterator[str]:
    """Yield in words what a term changed: each key but those that are hidden, before and after."""
    if term.before is None or term.after is None:
        yield "new" if term.before is None else "left the catalogue"
        return
    for key in sorted(term.before.keys() | term.after.keys()):
        before, after = term.before.get(key), term.after.get(key)
        if before != after and key not in hidden:
            yield f"{key} {words(before)} -> {words(after)}"


def words(value: Any) -> str:
    """Return a value of the file as people read it."""
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {words(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(words, value)) or "none"
    return str(value)
