"""Until when the data of a report reach, and whose data end too early."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from service_catalogue.past import pieces
from sla_engine.accounting.service_levels import Reach, reach
from sla_engine.accounting.terms import longest_gap
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.outage import Outage
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.service_level import is_current
from sla_engine.ledger import Books

_SETTLING = 120_000  # ms from one tick to the next and to its end


def with_age(report: PeriodReport, books: Books, now: int) -> PeriodReport:
    """Return a report whose services say until when their data reach, as of ``now`` (ms UTC).

    Raises:
        LedgerError: the ledger cannot be read.
    """
    reached, end = reach(books, now), min(now, report.period.end)
    services = [_aged(books.catalogue, one, reached, end) for one in report.services]
    return replace(report, services=services)


class OutageAge(NamedTuple):
    """Until when an outage is known to last (ms UTC); ``is_stale``: too long ago to say more."""

    until: int
    is_stale: bool


def outage_ages(books: Books, now: int) -> Callable[[Service, Outage], OutageAge]:
    """Return what says of an outage until when it is known to last, as of ``now`` (ms UTC).

    Raises:
        LedgerError: the ledger cannot be read.
    """
    reached = reach(books, now)

    def age(service: Service, outage: Outage) -> OutageAge:
        if outage.end is not None:
            return OutageAge(outage.end, is_stale=False)
        known = reached.get(service.id)
        until = max(outage.start, known.until if known else outage.start)
        gap = longest_gap(books.catalogue, service)
        if is_current(until, gap, now):
            return OutageAge(now, is_stale=False)
        return OutageAge(until, is_stale=True)

    return age


def _aged(
    catalogue: Catalogue, one: ServiceReport, reached: Mapping[str, Reach], end: int
) -> ServiceReport:
    service = catalogue.service(one.id)
    owed = _owed_until(catalogue, service, end)
    if service.id not in reached:
        return one
    until = min(reached[service.id].until, owed)
    is_open = any(share.outage.end is None for share in (*one.figures.shares, *one.figures.short))
    refresh = 0 if is_open else _SETTLING  # an open outage is a state: no page waits to doubt it
    current = is_current(until, longest_gap(catalogue, service), owed, refresh=refresh)
    return replace(one, data_until=until, is_stale=not current)


def _owed_until(catalogue: Catalogue, service: Service, end: int) -> int:
    watched = [(until, held) for _, until, held in pieces(service, 0, end) if held is not None]
    end, service = watched[-1] if watched else (end, service)
    if service.until is None:
        return end
    return min(end, milliseconds(service.until, catalogue.timezone))
