"""Ledger and catalogue -> the values of a report."""

from collections.abc import Iterable
from dataclasses import replace

from catalogue import Catalogue
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import Period
from sla_engine.domain.report import PeriodReport
from sla_engine.jobs.accounting import period_report
from sla_engine.jobs.freeze import freeze, is_closed_month, restatements
from sla_engine.jobs.surroundings import surrounded
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
    chosen = [catalogue.service(s) for s in services] if services else None
    whole = Interval(period.start, period.end)
    figures = period_report(catalogue, ledger, whole, now, chosen)
    found = surrounded(figures, catalogue, ledger, period, now)
    return replace(found, restatements=restatements(catalogue, ledger, found))


def frozen_report(
    catalogue: Catalogue,
    ledger: Ledger,
    period: Period,
    now: int,
    services: Iterable[str] | None = None,
) -> PeriodReport:
    """Return the report of a period, for people to keep: a month that is over is frozen by it.

    Raises:
        KeyError: a service is not in the catalogue.
        LedgerError: the ledger cannot be written.
    """
    found = report(catalogue, ledger, period, now, services)
    if is_closed_month(period, now):
        freeze(ledger, found)
    return found
