"""Ledger and catalogue -> the values of a report."""

from collections.abc import Iterable
from dataclasses import replace

from service_catalogue import Catalogue
from sla_engine.accounting.figures import as_of, facts_of, period_report
from sla_engine.accounting.report_context import surrounded, surroundings, with_days
from sla_engine.accounting.snapshots import freeze, is_closed_month, restatements
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import Period
from sla_engine.domain.report import PeriodReport
from sla_engine.ledger import Ledger


def report(
    catalogue: Catalogue,
    ledger: Ledger,
    period: Period,
    now: int,
    services: Iterable[str] | None = None,
    *,
    strips: bool = True,
) -> PeriodReport:
    """Return the figures of a period, up to ``now`` (ms UTC), of all services or those named.

    Without ``strips`` the services' days, which take the most time, are left out.

    Raises:
        KeyError: a service is not in the catalogue.
    """
    chosen = [catalogue.service(s) for s in services] if services else catalogue.services
    whole, at = Interval(period.start, period.end), as_of(ledger, now)
    facts = facts_of(catalogue, ledger, surroundings(period, now), chosen)
    found = period_report(catalogue, chosen, facts, whole, now=now, at=at)
    found = surrounded(found, catalogue, ledger, facts, period=period, at=at)
    if strips:
        found = with_days(found, catalogue, facts, period, at)
    return replace(found, restatements=restatements(catalogue, ledger, found))


def frozen_report(
    catalogue: Catalogue,
    ledger: Ledger,
    period: Period,
    now: int,
    services: Iterable[str] | None = None,
    *,
    strips: bool = True,
) -> PeriodReport:
    """Return the report of a period, for people to keep: a month that is over is frozen by it.

    Raises:
        KeyError: a service is not in the catalogue.
        LedgerError: the ledger cannot be written.
    """
    found = report(catalogue, ledger, period, now, services, strips=strips)
    if is_closed_month(period, now):
        freeze(ledger, found)
    return found
