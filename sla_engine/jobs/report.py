"""Ledger and catalogue -> the values of a report."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from catalogue import Catalogue, Service
from catalogue.maintenance import Scope
from sla_engine.domain.availability import Facts, Terms, figures
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval, Intervals, clip, union
from sla_engine.domain.objective import Accounting, ratio
from sla_engine.domain.outage import Outage
from sla_engine.domain.period import Period
from sla_engine.domain.report import PeriodReport, ServiceReport
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
    """
    wanted = Interval(period.start, period.end)
    chosen = [catalogue.service(s) for s in services] if services else catalogue.services
    histories = ledger.histories(wanted, [s.id for s in chosen])
    first = ledger.first_samples()
    return PeriodReport(
        organization=catalogue.organization,
        currency=catalogue.currency,
        source=catalogue.prometheus.url,
        generated_at=now,
        period=wanted,
        timezone=str(period.zone),
        services=tuple(
            _service(
                catalogue, s, histories.get(s.id, History()), _owed(s, wanted, first.get(s.id)), now
            )
            for s in chosen
        ),
    )


def _service(
    catalogue: Catalogue, service: Service, history: History, owed: Interval, now: int
) -> ServiceReport:
    objective = None if service.objective is None else ratio(service.objective)
    accounting = Accounting(service.accounting.maintenance, service.accounting.unknown)
    facts = Facts(
        outages=[Outage(service.id, *stretch) for stretch in history.outages],
        gaps=history.gaps,
        covered=history.covered,
        agreed=clip((owed,), owed),
        planned=_planned(catalogue, service, owed),
    )
    return ServiceReport(
        id=service.id,
        name=service.name,
        owner=service.owner,
        tier=service.tier,
        objective=None if objective is None else float(objective),
        figures=figures(facts, Terms(objective, accounting, service.min_outage or 0), now),
    )


def _owed(service: Service, period: Interval, first_sample: int | None) -> Interval:
    """Return the part of a period from the service's first day on, to its last (rule 5)."""
    start = first_sample if service.since is None else _instant(service.since)
    end = period.end if service.until is None else _instant(service.until)
    return Interval(max(period.start, start or period.start), min(period.end, end))


def _planned(catalogue: Catalogue, service: Service, period: Interval) -> Intervals:
    windows = (
        Interval(start, _instant(w.end, zone) if w.end else start + (w.duration or 0))
        for w in catalogue.maintenance.windows
        if w.approver and _covers(w, service)
        for zone in (w.timezone or catalogue.timezone,)
        for start in (_instant(w.start, zone),)
    )
    return clip(union(windows), period)


def _covers(scope: Scope, service: Service) -> bool:
    return (
        (not scope.services or service.id in scope.services)
        and (not scope.tiers or service.tier in scope.tiers)
        and scope.labels.items() <= service.labels.items()
    )


def _instant(moment: datetime, zone: tzinfo | None = None) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return round(aware.timestamp() * 1000)
