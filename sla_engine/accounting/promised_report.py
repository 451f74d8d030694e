"""A report of an agreement: its services by what the customer was promised, not by their own terms.

What is frozen, and what of it is restated, is of their own terms; so this comes after both.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from service_catalogue import Service
from service_catalogue.agreement import Agreement
from sla_engine.accounting.agreements import as_judged, by_terms, members, while_there
from sla_engine.accounting.components import with_components
from sla_engine.accounting.figures import as_of, facts_of
from sla_engine.accounting.isolated import isolated
from sla_engine.accounting.report_age import with_age
from sla_engine.accounting.report_context import Strips, measured, period_needed
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import Period
from sla_engine.domain.report import PeriodReport
from sla_engine.ledger import Books


def as_promised(
    report: PeriodReport,
    books: Books,
    period: Period,
    now: int,
    agreement: Agreement,
    *,
    strips: Strips,
    proceed: Callable[[], None],
) -> PeriodReport:
    """Return the report of an agreement with its services as they were promised.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    there = {one.id for one in report.services}
    parts = [one for one in owed_services(books, agreement, period) if one.id in there]

    def work(chosen: Sequence[Service]) -> PeriodReport:
        return _measured(books, period, now, agreement, chosen, strips=strips, proceed=proceed)

    found = isolated(parts, work)
    held = books.catalogue.agreed(agreement, min(now, period.end) - 1)
    return replace(
        report,
        customer=held.customer,
        services=found.services,
        not_computed=(*report.not_computed, *found.not_computed),
    )


def owed_services(books: Books, agreement: Agreement, period: Period | Interval) -> list[Service]:
    """Return an agreement's services of a period by its terms; hours are in their own zones."""
    whole = Interval(period.start, period.end)
    parts = members(books.catalogue, agreement, whole, margin=0)
    return by_terms(books.catalogue, agreement, parts, hours=True, terms=as_judged)


def _measured(
    books: Books,
    period: Period,
    now: int,
    agreement: Agreement,
    owed: Sequence[Service],
    *,
    strips: Strips,
    proceed: Callable[[], None],
) -> PeriodReport:
    catalogue, at = books.catalogue, as_of(books.ledger, now)
    parts = [catalogue.service(one.id) for one in owed]
    judged = {one.id: one for one in by_terms(catalogue, agreement, parts, terms=as_judged)}
    promised = books._replace(
        catalogue=catalogue.of_time(
            tuple(judged.get(one.id, one) for one in catalogue.services),
            left=tuple(judged.get(one.id, one) for one in catalogue.left),
        )
    )
    services = list(judged.values())
    reach = period_needed(promised.catalogue, services, period, at)
    facts = {
        name: while_there(catalogue, agreement, one)
        for name, one in facts_of(promised, reach, owed).items()
    }
    hours = {one.id: one for one in owed}
    found = measured(
        promised, services, facts, period, now, strips=strips, hours=hours, proceed=proceed
    )
    return with_components(with_age(found, promised, now), catalogue)
