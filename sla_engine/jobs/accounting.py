"""Ledger and catalogue -> figures: the one way in which reports, metrics and pages get theirs."""

from collections.abc import Iterable, Mapping

from catalogue import Catalogue, Service
from sla_engine.domain.availability import Facts, Figures, figures
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Outage
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.jobs.agreement import agreed_time, planned, terms
from sla_engine.ledger import Ledger


def account(
    catalogue: Catalogue,
    ledger: Ledger,
    period: Interval,
    now: int,
    services: Iterable[Service] | None = None,
) -> dict[str, Figures]:
    """Return the figures of a period by service id, in the catalogue's order (times in ms UTC).

    Raises:
        LedgerError: the ledger cannot be read.
    """
    chosen = tuple(catalogue.services if services is None else services)
    histories = ledger.histories(period, [service.id for service in chosen])
    first = ledger.first_samples()
    return {
        service.id: figures(
            _facts(catalogue, service, period, histories.get(service.id), first),
            terms(service, period.start),
            now,
        )
        for service in chosen
    }


def period_report(
    catalogue: Catalogue,
    ledger: Ledger,
    period: Interval,
    now: int,
    services: Iterable[Service] | None = None,
) -> PeriodReport:
    """Return the report of a period; see `account`."""
    chosen = tuple(catalogue.services if services is None else services)
    accounts = account(catalogue, ledger, period, now, chosen)
    return PeriodReport(
        organization=catalogue.organization,
        currency=catalogue.currency,
        source=catalogue.prometheus.url,
        generated_at=now,
        period=period,
        timezone=str(catalogue.timezone),
        services=[_service_report(service, accounts[service.id], period) for service in chosen],
    )


def _facts(
    catalogue: Catalogue,
    service: Service,
    period: Interval,
    history: History | None,
    first: Mapping[str, int],
) -> Facts:
    known = history or History()
    return Facts(
        outages=tuple(Outage(service.id, *stretch) for stretch in known.outages),
        gaps=known.gaps,
        covered=known.covered,
        agreed=agreed_time(catalogue, service, period, first.get(service.id)),
        planned=planned(catalogue, service, period),
    )


def _service_report(service: Service, account: Figures, period: Interval) -> ServiceReport:
    objective = terms(service, period.start).objective
    return ServiceReport(
        id=service.id,
        name=service.name,
        owner=service.owner,
        tier=service.tier,
        objective=None if objective is None else float(objective),
        figures=account,
    )
