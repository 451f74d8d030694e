"""A closed month is frozen when its report is made; what changes it later is a restatement."""

from collections.abc import Iterator, Sequence

from service_catalogue import Service
from sla_engine.domain.maintenance import MaintenanceWindow
from sla_engine.domain.period import Period
from sla_engine.domain.report import PeriodReport, Restatement, ServiceReport
from sla_engine.ledger import Books, Ledger
from sla_engine.ledger.frozen import Frozen, Snapshot
from sla_engine.maintenance.windows import concerns, windows_in

_NOBODY = ("sla-engine", "derived anew from samples")


def is_closed_month(period: Period, now: int) -> bool:
    """Say whether a period is a calendar month that is over."""
    return period.kind == "month" and period.end <= now


def freeze(ledger: Ledger, report: PeriodReport) -> int:
    """Write down what a report says; return of how many services that is new.

    Raises:
        LedgerError: the ledger cannot be written.
    """
    figures = {service.id: snapshot(service) for service in report.services}
    return ledger.frozen.add(report.period, figures, report.generated_at)


def snapshot(service: ServiceReport) -> Snapshot:
    """Return what is frozen of a service's figures; milliseconds and ratios."""
    known = service.figures
    return {
        "availability": known.availability,
        "agreed": known.agreed,
        "excluded": known.excluded,
        "planned": known.planned,
        "unplanned": known.unplanned,
        "unknown": known.unknown,
        "outages": len(known.shares),
    }


def restatements(books: Books, report: PeriodReport) -> tuple[Restatement, ...]:
    """Return how a report's figures differ from those that the first one of its period froze."""
    frozen = books.ledger.frozen.first(report.period)
    if not frozen:
        return ()
    windows = windows_in(
        books.catalogue, books.ledger.windows.touching(report.period), report.period
    )
    return tuple(
        _restatement(books.catalogue.service(service.id), service, frozen[service.id], windows)
        for service in report.services
        if service.id in frozen and frozen[service.id].figures != snapshot(service)
    )


def _restatement(
    entry: Service, service: ServiceReport, frozen: Frozen, windows: Sequence[MaintenanceWindow]
) -> Restatement:
    decisions = sorted(_decisions(entry, service, windows))
    later = [said for time, *said in decisions if time > frozen.time]
    author, reason = later[-1] if later else _NOBODY
    before = frozen.figures["availability"]
    return Restatement(service.name, before, service.figures.availability, author, reason)


def _decisions(
    entry: Service, service: ServiceReport, windows: Sequence[MaintenanceWindow]
) -> Iterator[tuple[int, str, str]]:
    """Yield what people decided about a service in the period: when, who, why."""
    for share in (*service.figures.shares, *service.figures.short):
        for correction in share.outage.corrections:
            yield correction.time, correction.author, correction.reason
    for window in windows:
        if concerns(window.scope, entry):
            for event in window.events:
                why = event.reason or f"{window.title}: {event.kind}"
                yield event.time, event.author, why
