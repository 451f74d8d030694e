"""Ledger and catalogue -> the values of a report."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from service_catalogue import Catalogue, Service
from service_catalogue.agreement import Agreement
from service_catalogue.past import pieces
from sla_engine.accounting.agreements import agreement_reports, members, reach_of, touches
from sla_engine.accounting.coming import with_coming
from sla_engine.accounting.components import with_components
from sla_engine.accounting.figures import as_of, facts_of
from sla_engine.accounting.host_health import with_health
from sla_engine.accounting.isolated import isolated
from sla_engine.accounting.latencies import Target
from sla_engine.accounting.past import terms_known, watched
from sla_engine.accounting.promised_report import as_promised, owed_services
from sla_engine.accounting.report_age import with_age
from sla_engine.accounting.report_context import Strips, measured, period_needed
from sla_engine.accounting.restatements import restatements
from sla_engine.accounting.snapshots import basis, freeze, with_frozen
from sla_engine.accounting.stakes import with_own_stakes
from sla_engine.accounting.terms_in_force import said_afterwards, terms_in_force
from sla_engine.accounting.trend import with_trend
from sla_engine.domain.customer import for_customer
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import Period
from sla_engine.domain.report import USUAL_PERCENTILE, PeriodReport
from sla_engine.ledger import Books
from sla_engine.prometheus import Client
from sla_engine.reports import Format
from sla_engine.reports.language import language as reader
from uptime_common.failure import Failures, failure_words, without_targets


def make_report(
    books: Books,
    period: Period,
    now: int,
    formats: Collection[Format],
    *,
    client: Client | None = None,
    services: Iterable[str] | None = None,
    agreement: str | None = None,
    language: str = "en",
    paper: str = "A4",
    frozen: bool = False,
    proceed: Callable[[], None] = lambda: None,
) -> PeriodReport:
    """Return the report of a period as these formats need it: for command line, web and schedule.

    Args:
        books: what is owed, and what is known.
        period: what the report is about.
        now: the end of what can be known (ms UTC).
        formats: what will write it; what none of them shows is not worked out.
        client: asked for server health; without it there is none.
        services: those to report on; all where none is named.
        agreement: the one to report on, with its services alone.
        language: of dates and numbers.
        paper: what it is printed on.
        frozen: whether people keep it: a period that is over and known to its end is frozen by it.
        proceed: called between its steps; it may raise to end the work.

    Raises:
        KeyError: a service or the agreement is not in the catalogue.
        LedgerError: the ledger cannot be written.
    """
    daily = [one for one in formats if one.needs_daily]
    strips: Strips = bool(daily) and ("worst" if all(one.few_days for one in daily) else True)
    make = frozen_report if frozen else report
    services = None if services is None else tuple(services)
    made = make(books, period, now, services, strips=strips, agreement=agreement, proceed=proceed)
    proceed()
    made = with_frozen(made, books, agreement)
    if agreement is not None:
        promise = books.catalogue.agreement(agreement)
        made = as_promised(made, books, period, now, promise, strips=strips, proceed=proceed)
    whole = Interval(period.start, period.end)
    named = _named(books.catalogue, whole, services, agreement)
    seen = _why(books, made, told=agreement is not None)
    say = reader(replace(made, language=language)).phrase
    made = replace(
        made,
        language=language,
        paper=paper,
        why={name: failure_words(one) for name, one in seen.items()},
        why_told={name: failure_words(one, say) for name, one in seen.items()},
        external_url=books.catalogue.external_url,
        named=_asked_for(books, period, named),
        ledger_head=str(books.ledger.head() or ""),
    )
    if any(one.needs_trend for one in formats):
        chosen = list(watched(books, whole)) if named is None else named
        agreements = _agreements(books.catalogue, whole, chosen, agreement)
        of = None if agreement is None else books.catalogue.agreement(agreement)
        chosen_in = (lambda _: named) if of is None else partial(owed_services, books, of)
        made = with_trend(
            made, books, period, now, named=chosen_in, agreements=agreements, proceed=proceed
        )
    if client is not None and any(one.needs_health for one in formats):
        made = with_health(made, client, now, _targets(books.catalogue))
    return made if agreement is None else for_customer(made)


def _targets(catalogue: Catalogue) -> dict[str, Target]:
    """Return how fast services are meant to be, by id."""
    return {
        s.id: Target(
            s.latency.below / 1000,
            s.latency.least_share,
            s.latency.histogram,
            s.latency.percentile or USUAL_PERCENTILE,
        )
        for s in catalogue.services
        if s.latency
    }


def _why(books: Books, made: PeriodReport, *, told: bool) -> dict[str, Failures]:
    """Return why the outages of a report began, by the id of each; as is ``told`` to a customer."""
    listed = [
        (share.outage, service.name)
        for service in made.services
        for share in (*service.figures.shares, *service.figures.short)
    ]
    if not listed:
        return {}
    period = Interval(min(outage.start for outage, _ in listed), made.period.end)
    known = books.ledger.reasons.within(period)
    found = {}
    for outage, name in listed:
        lasted = Interval(outage.start, period.end if outage.end is None else outage.end)
        why = known[outage.service].inside(lasted) if outage.service in known else None
        if why is not None:
            found[outage.id] = without_targets(why, name) if told else why
    return found


def report(
    books: Books,
    period: Period,
    now: int,
    services: Iterable[str] | None = None,
    *,
    strips: Strips = True,
    agreement: str | None = None,
    proceed: Callable[[], None] = lambda: None,
) -> PeriodReport:
    """Return the figures of a period, up to ``now`` (ms UTC), of all services or those named.

    Without ``strips`` the services' days, which take the most time, are left out. A service whose
    figures cannot be computed is named as such and leaves out no other.

    Raises:
        KeyError: a service or the agreement is not in the catalogue.
    """
    whole = Interval(period.start, period.end)
    named = _named(books.catalogue, whole, services, agreement)
    chosen = list(watched(books, whole)) if named is None else list(named)
    work = partial(_computed, books, period, now, strips, agreement=agreement, proceed=proceed)
    return isolated(chosen, work)


def _named(
    catalogue: Catalogue, period: Interval, services: Iterable[str] | None, agreement: str | None
) -> tuple[Service, ...] | None:
    """Return the services that a report is of; None: all that were watched."""
    if agreement is not None:  # one without services is of none, and never of everybody's
        found = members(catalogue, catalogue.agreement(agreement), period, margin=0)
        return tuple(one for one in found if _was_there(one, period))
    return tuple(map(catalogue.service, services or ())) or None


def _was_there(service: Service, period: Interval) -> bool:
    """Say whether a service was watched in any part of a period."""
    return any(held is not None for _, _, held in pieces(service, *period))


def _asked_for(books: Books, period: Period, named: Sequence[Service] | None) -> tuple[str, ...]:
    """Return the ids of the services that were named, where these are not all."""
    ids = tuple(one.id for one in named or ())
    every = {one.id for one in watched(books, Interval(period.start, period.end))}
    return () if every <= set(ids) else ids


def _agreements(
    catalogue: Catalogue, period: Interval, chosen: Sequence[Service], only: str | None
) -> list[Agreement]:
    """Return the agreements of which every service is reported on, or the one that is named.

    What left the catalogue before the period is reported on by nobody, and hides no agreement.
    """
    gone = (one for one in catalogue.left if not _was_there(one, period))
    there = {service.id for service in (*chosen, *gone)}
    listed = (*catalogue.agreements, *(one for _, one in catalogue.departed))
    found = (a for a in listed if only in {None, a.id} and touches(catalogue, a, period))
    return [a for a in found if {s.id for s in members(catalogue, a, period)} <= there]


def _computed(
    books: Books,
    period: Period,
    now: int,
    strips: Strips,
    chosen: Sequence[Service],
    *,
    agreement: str | None,
    proceed: Callable[[], None],
) -> PeriodReport:
    whole, at = Interval(period.start, period.end), as_of(books.ledger, now)
    agreements = _agreements(books.catalogue, whole, chosen, agreement)
    owed = [*chosen, *reach_of(books.catalogue, agreements, whole)]
    parts = (s for one in agreements for s in members(books.catalogue, one, whole))
    needed = {service.id: service for service in (*chosen, *parts)}
    facts = facts_of(
        books, period_needed(books.catalogue, owed, period, at), tuple(needed.values())
    )
    proceed()
    found = measured(books, chosen, facts, period, now, strips=strips, proceed=proceed)
    first = books.ledger.first_samples()
    kept = agreement_reports(books.catalogue, agreements, facts, first, whole, at=at)
    found, rows = replace(found, agreements=tuple(kept)), terms_known(books, now)
    found = replace(
        found,
        timezone=str(period.zone),
        restatements=restatements(books, found, rows),
        terms=terms_in_force(rows, chosen, whole, catalogue=books.catalogue, agreements=agreements),
        afterwards=tuple(said_afterwards(books, rows, chosen, whole)),
    )
    found = with_coming(found, books, period, chosen, now)
    if agreement is None:  # a service's own credits are no matter of one customer's
        found = with_own_stakes(found, books.catalogue, at)
    return with_components(with_age(found, books, now), books.catalogue)


def frozen_report(
    books: Books,
    period: Period,
    now: int,
    services: Iterable[str] | None = None,
    *,
    strips: Strips = True,
    agreement: str | None = None,
    proceed: Callable[[], None] = lambda: None,
) -> PeriodReport:
    """Return the report of a period, for people to keep: what is known to its end is frozen.

    Raises:
        KeyError: a service or the agreement is not in the catalogue.
        LedgerError: the ledger cannot be written.
    """
    known = basis(books.ledger)
    found = report(
        books, period, now, services, strips=strips, agreement=agreement, proceed=proceed
    )
    return found if period.end > now else freeze(books, found, known)
