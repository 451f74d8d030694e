"""Ledger and catalogue -> figures: the one way in which reports, metrics and pages get theirs."""

from collections.abc import Iterable, Mapping, Sequence

from service_catalogue import Catalogue, Service
from service_catalogue.past import at as held_at
from service_catalogue.past import pieces
from service_catalogue.service import FOREVER
from sla_engine.accounting.corrections import said_of
from sla_engine.accounting.terms import agreed_time, ever_counts, longest_slice, terms
from sla_engine.domain.availability import AccountingInput, Figures, budget_course, figures
from sla_engine.domain.corrections import with_corrections
from sla_engine.domain.events import Minute
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.ledger import Books, Ledger
from sla_engine.maintenance.windows import planned, windows_in

_SETTLING = 120_000


def account(
    books: Books,
    period: Interval,
    now: int,
    services: Iterable[Service] | None = None,
) -> dict[str, Figures]:
    """Return the figures of a period by service id, in the catalogue's order (times in ms UTC).

    Raises:
        LedgerError: the ledger cannot be read.
    """
    now = as_of(books.ledger, now)
    chosen = tuple(books.catalogue.services if services is None else services)
    facts = facts_of(books, period, chosen)
    return {service.id: figures_in(service, facts[service.id], period, now) for service in chosen}


def figures_in(service: Service, facts: AccountingInput, period: Interval, now: int) -> Figures:
    """Return the figures of a period up to ``now`` (ms UTC), from facts of it or of more."""
    return figures(facts.within(period), terms(service, period.start), now)


def as_of(ledger: Ledger, now: int) -> int:
    """Return up to when a period that is not over can be accounted for (ms UTC).

    That is the last tick: the moments since are not unknown, nobody looked yet. An engine that
    stands still for longer is blind, and its figures show it.
    """
    last = ledger.derived_until()
    return min(last, now) if last is not None and now - _SETTLING <= last else now


def facts_of(
    books: Books,
    period: Interval,
    services: Iterable[Service] | None = None,
    *,
    events: bool = True,
) -> dict[str, AccountingInput]:
    """Return what the figures of a period are computed from, by service id (times in ms UTC).

    Without ``events`` those of services that count them, which are many, are left out.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    chosen = tuple(books.catalogue.services if services is None else services)
    everyone = len(chosen) == len(books.catalogue.services)
    first, corrections = books.ledger.first_samples(), books.ledger.corrections.of_all()
    histories: Mapping[str, History] = {}
    if any(at < period.end for at in first.values()):  # before all samples there is no history
        histories = books.ledger.histories(
            period, None if everyone else with_parts(books.catalogue, chosen)
        )
    windows = windows_in(books.catalogue, books.ledger.windows.touching(period), period)
    lengths = {service.id: longest_slice(service) for service in chosen}
    earlier = max(lengths.values(), default=0)
    seen = Interval(period.start - earlier, period.end)
    counted = books.ledger.events(seen) if events and any(map(ever_counts, chosen)) else None
    found = {}
    for service in chosen:
        history = histories.get(service.id, History())
        found[service.id] = AccountingInput(
            outages=with_corrections(service.id, history, said_of(service, corrections)),
            gaps=history.gaps,
            covered=history.covered,
            agreed=agreed_time(books.catalogue, service, period, first.get(service.id)),
            planned=planned(books.catalogue, service, windows, histories, period),
            events=_events(counted, service),
            slice=lengths[service.id],
        )
    return found


def _events(
    counted: Mapping[str, Sequence[Minute]] | None, service: Service
) -> Sequence[Minute] | None:
    """Return the events of a service that counts them, or did, where anybody asked."""
    if counted is None or not ever_counts(service):
        return None
    return counted.get(service.id, ())


def with_parts(catalogue: Catalogue, services: Iterable[Service]) -> set[str]:
    """Return the ids of services and of all that they are made of."""
    found: set[str] = set()
    names = [service.id for service in services]
    while names:
        found |= set(names)
        names = [p for name in names for p in _parts(catalogue, name) if p not in found]
    return found


def _parts(catalogue: Catalogue, name: str) -> set[str]:
    """Return what a service is made of, or was once."""
    service = catalogue.find(name)
    every = () if service is None else pieces(service, -FOREVER, FOREVER)
    return {part for _, _, held in every if held is not None for part in held.components}


def period_report(
    catalogue: Catalogue,
    services: Iterable[Service],
    facts: Mapping[str, AccountingInput],
    period: Interval,
    *,
    now: int,
    at: int,
) -> PeriodReport:
    """Return the report that is made ``now`` of a period of the services, as known ``at``."""
    return PeriodReport(
        organization=catalogue.organization,
        currency=catalogue.currency_at(period.start),
        source=catalogue.prometheus.url,
        generated_at=now,
        period=period,
        timezone=str(catalogue.timezone),
        services=[
            service_report(service, facts[service.id].within(period), period, at)
            for service in services
        ],
    )


def service_report(
    service: Service, facts: AccountingInput, period: Interval, at: int
) -> ServiceReport:
    """Return a service's figures of a period, from facts of it, as known ``at`` (ms UTC)."""
    agreed, held = terms(service, period.start), held_at(service, period.start)
    objective = agreed.objective
    account = figures(facts, agreed, at)
    return ServiceReport(
        id=service.id,
        name=service.name,
        owner=held.owner,
        tier=held.tier,
        objective=None if objective is None else float(objective),
        figures=account,
        accounting=agreed.accounting,
        course=budget_course(facts, agreed, account, Interval(period.start, min(period.end, at))),
    )
