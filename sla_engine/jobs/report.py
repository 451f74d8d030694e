"""Ledger and catalogue -> the values of a report."""

from collections.abc import Iterable

from catalogue import Catalogue, Service
from sla_engine.domain.availability import Figures
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import Period
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.jobs.accounting import account
from sla_engine.jobs.agreement import terms
from sla_engine.ledger import Ledger


def report(
    catalogue: Catalogue,
    ledger: Ledger,
    period: Period,
    now: int,
    services: Iterable[str] | None = None,
) -> PeriodReport:
    """Return the figures of a period, up to ``now`` (ms UTC), of all services or those named.

    Raises:
        KeyError: a service is not in the catalogue.
        LedgerError: the ledger cannot be read.
    """
    wanted = Interval(period.start, period.end)
    chosen = [catalogue.service(s) for s in services] if services else catalogue.services
    accounts = account(catalogue, ledger, wanted, now, chosen)
    return PeriodReport(
        organization=catalogue.organization,
        currency=catalogue.currency,
        source=catalogue.prometheus.url,
        generated_at=now,
        period=wanted,
        timezone=str(period.zone),
        services=tuple(_service(service, accounts[service.id], wanted) for service in chosen),
    )


def _service(service: Service, account: Figures, period: Interval) -> ServiceReport:
    objective = terms(service, period.start).objective
    return ServiceReport(
        id=service.id,
        name=service.name,
        owner=service.owner,
        tier=service.tier,
        objective=None if objective is None else float(objective),
        figures=account,
    )
