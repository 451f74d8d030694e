"""The context of a report's figures: the period before, days, planned work, business."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, TypedDict

from service_catalogue import Catalogue, Service
from service_catalogue.past import at as held_at
from sla_engine.accounting.contracts import Contracts, contract_reach
from sla_engine.accounting.daily import Daily, strip
from sla_engine.accounting.figures import as_of, figures_in, period_report
from sla_engine.accounting.terms import terms
from sla_engine.domain.availability import AccountingInput, Figures
from sla_engine.domain.contract_window import Contract
from sla_engine.domain.credits import impact
from sla_engine.domain.dependencies import during, needed
from sla_engine.domain.interval import Interval, clip, intersect, subtract, total
from sla_engine.domain.maintenance import MaintenanceWindow
from sla_engine.domain.objective import burn_rate, exhausted_at
from sla_engine.domain.period import Period, shifted
from sla_engine.domain.report import PeriodReport, ServiceReport, Work
from sla_engine.ledger import Books, Ledger
from sla_engine.maintenance.windows import concerns, windows_in
from sla_engine.reports import plots

Strips = bool | Literal["worst"]
"""Whose days are worked out: nobody's, everybody's, or theirs who lost most."""


def period_needed(
    catalogue: Catalogue, services: Sequence[Service], period: Period, now: int
) -> Interval:
    """Return all the time that a report of services in a period speaks of (ms UTC)."""
    before = shifted(period, -1)
    whole, previous = Interval(period.start, period.end), Interval(before.start, before.end)
    owed = contract_reach(catalogue, services, whole, now, previous)
    return Interval(min(owed.start, strip(period, now)[0].start), owed.end)


def measured(
    books: Books,
    services: Sequence[Service],
    facts: Mapping[str, AccountingInput],
    period: Period,
    now: int,
    *,
    strips: Strips,
    hours: Mapping[str, Service] = MappingProxyType({}),
    proceed: Callable[[], None],
) -> PeriodReport:
    """Return the figures of services with all their context, from facts of `period_needed`.

    ``hours`` is as in `with_context`, ``proceed`` is called between the steps.
    """
    catalogue, at = books.catalogue, as_of(books.ledger, now)
    whole = Interval(period.start, period.end)
    found = period_report(catalogue, services, facts, whole, now=now, at=at)
    found = with_context(found, catalogue, books.ledger, facts, period=period, at=at, hours=hours)
    found = with_causes(found, catalogue, at)
    if not strips:
        return found
    proceed()
    whose = None if strips is True else {one.id for one in plots.shown(found)}
    return with_days(found, catalogue, facts, period, at, whose=whose)


def with_context(
    report: PeriodReport,
    catalogue: Catalogue,
    ledger: Ledger,
    facts: Mapping[str, AccountingInput],
    *,
    period: Period,
    at: int,
    hours: Mapping[str, Service] = MappingProxyType({}),
) -> PeriodReport:
    """Return a report with the context of its figures, from facts of all that, as known ``at``.

    ``hours`` are services, by id, whose hours to come count in place of those of the catalogue's.
    """
    before = shifted(period, -1)
    chosen = [catalogue.service(s.id) for s in report.services]
    first, previous = ledger.first_samples(), Interval(before.start, before.end)
    contracts = Contracts(catalogue, report.period, at, previous, hours=hours)
    windows = windows_in(catalogue, ledger.windows.touching(report.period), report.period)
    was = {s.id: _figures(s, facts[s.id], previous, at) for s in chosen}
    return replace(
        report,
        previous=previous,
        services=tuple(
            _service(
                one,
                service,
                facts[one.id].within(report.period),
                contracts.of(service, facts[one.id], first.get(one.id), one.figures, was[one.id]),
                period=report.period,
                now=at,
                previous=was[one.id],
                began=_inside(first.get(one.id), report.period),
            )
            for one, service in zip(report.services, chosen, strict=True)
        ),
        works=tuple(_works(windows, chosen, facts, report.period, at)),
    )


def with_causes(report: PeriodReport, catalogue: Catalogue, at: int) -> PeriodReport:
    """Return a report whose outages say during which outages of dependencies they began.

    Only services of the report are known to it; ``at`` is in ms UTC.
    """
    every = {one.id: one for one in report.services}
    edges = {s.id: s.depends_on for s in (*catalogue.left, *catalogue.services)}
    return replace(
        report,
        services=tuple(
            replace(one, during=_during(one, every, needed(one.id, edges), at))
            for one in report.services
        ),
    )


def _during(
    one: ServiceReport, every: Mapping[str, ServiceReport], names: Sequence[str], at: int
) -> dict[str, tuple[str, ...]]:
    known = [every[name] for name in names if name in every]
    found = {}
    for share in (*one.figures.shares, *one.figures.short):
        causes = tuple(
            other.name
            for other in known
            if during(share.outage, [s.outage for s in other.figures.shares], at)
        )
        if causes:
            found[share.outage.id] = causes
    return found


def with_days(
    report: PeriodReport,
    catalogue: Catalogue,
    facts: Mapping[str, AccountingInput],
    period: Period,
    at: int,
    *,
    whose: Collection[str] | None = None,
) -> PeriodReport:
    """Return a report with the last days of every service in it, or of those ``whose`` ids it are.

    They come from facts of what surrounds the period.
    """
    days = Daily(strip(period, report.generated_at), at)
    services = tuple(
        replace(one, days=days.of(catalogue.service(one.id), facts[one.id]))
        if whose is None or one.id in whose
        else one
        for one in report.services
    )
    return replace(report, services=services)


def _service(
    report: ServiceReport,
    service: Service,
    facts: AccountingInput,
    contract: Contract,
    *,
    period: Interval,
    now: int,
    previous: Figures | None,
    began: int | None,
) -> ServiceReport:
    agreed = clip(facts.agreed, Interval(period.start, min(period.end, now)))
    windows = intersect(agreed, facts.planned)
    down = tuple(outage.until(now) for outage in facts.outages)
    return replace(
        report,
        windows=total(windows),
        windows_used=total(subtract(intersect(windows, down), facts.gaps)),
        impact=cost(service, report.figures, period.start),
        cost_per_hour=held_at(service, period.start).cost_per_hour,
        credit=contract.credit,
        contract=contract,
        previous=previous,
        began=began,
        **_pace(report.figures, terms(service, period.start).objective, period, now),
    )


def cost(service: Service, figures: Figures, at: int) -> float | None:
    """Return what a service's downtime cost, by the terms of a moment (ms UTC)."""
    return impact(figures, held_at(service, at).cost_per_hour)


class _Pace(TypedDict):
    burn_rate: float | None
    exhausted: int | None


def _pace(figures: Figures, objective: Fraction | None, period: Interval, now: int) -> _Pace:
    """Return how fast the error budget burns, and when it will be used up."""
    if objective is None or objective == 1 or figures.availability is None:
        return _Pace(burn_rate=None, exhausted=None)
    left = figures.budget_remaining
    return _Pace(
        burn_rate=burn_rate(objective, figures.availability),
        exhausted=None if left is None else exhausted_at(left, period, now),
    )


def _figures(
    service: Service, facts: AccountingInput, period: Interval, now: int
) -> Figures | None:
    """Return the figures of a part of what the facts speak of; None where nothing was owed."""
    return figures_in(service, facts, period, now) if clip(facts.agreed, period) else None


def _works(
    windows: Sequence[MaintenanceWindow],
    services: Sequence[Service],
    facts: Mapping[str, AccountingInput],
    period: Interval,
    now: int,
) -> Iterator[Work]:
    """Yield the occurrences that touch the period, with the downtime that fell into each."""
    for window in windows:
        concerned = [s for s in services if concerns(window.scope, s)]
        if not concerned or window.state(now) in {"rejected", "cancelled"}:
            continue
        for occurrence in window.occurrences:
            part = Interval(max(occurrence.start, period.start), min(occurrence.end, period.end))
            used = sum(
                total(subtract(clip((o.until(now),), part), facts[s.id].gaps))
                for s in concerned
                for o in facts[s.id].outages
            )
            yield Work(
                window.id,
                window.title,
                occurrence,
                tuple(s.name for s in concerned),
                window.requester,
                window.approval.author if window.approval else None,
                used,
                window.afterwards(occurrence),
                window.approved_at,
                window.by_two,
            )


def _inside(moment: int | None, period: Interval) -> int | None:
    """Return a moment that lies after the period's beginning."""
    return moment if moment is not None and period.start < moment < period.end else None
