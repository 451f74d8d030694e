"""The periods before a report's, from the ledger: 13 months, or weeks, and the year so far."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from service_catalogue import Service
from service_catalogue.agreement import Agreement
from sla_engine.accounting.agreements import agreement_reports, members, reach_of
from sla_engine.accounting.components import wholes
from sla_engine.accounting.contracts import contract_kinds
from sla_engine.accounting.figures import as_of, facts_of, figures_in
from sla_engine.accounting.past import watched
from sla_engine.accounting.report_context import cost
from sla_engine.accounting.service_levels import account_fault
from sla_engine.accounting.terms import is_owed_before, terms
from sla_engine.domain.agreement import AgreementReport
from sla_engine.domain.availability import AccountingInput, Figures, Terms, figures
from sla_engine.domain.contract_window import Held, all_met, closed_in
from sla_engine.domain.interval import Interval, clip
from sla_engine.domain.isolation import Isolation
from sla_engine.domain.period import Period, PeriodKind, containing, shifted
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.trend import Entry, PeriodTotals, added, joined, totals
from sla_engine.ledger import Books
from sla_engine.ledger.frozen import Snapshot

LENGTH = 13
"""How many periods: the same month of the year before is the first."""
_NOTHING = figures(AccountingInput((), (), (), ()), Terms(None), 0)
"""The figures of a service to which nothing was owed."""
Chosen = Callable[[Interval], Sequence[Service] | None]
"""Returns the services of a period, of which customers' agreements have others at other times."""
_STEPS: dict[PeriodKind, PeriodKind] = {
    "week": "week", "month": "month", "quarter": "month", "year": "month",
}  # fmt: skip


def with_trend(
    report: PeriodReport,
    books: Books,
    period: Period,
    now: int,
    *,
    named: Chosen = lambda _: None,
    agreements: Sequence[Agreement] = (),
    proceed: Callable[[], None] = lambda: None,
) -> PeriodReport:
    """Return a report with the periods before its own, and the year up to its end.

    Args:
        report: whose own period is not worked out again.
        books: what is owed, and what is known.
        period: the report's.
        now: the end of what can be known (ms UTC).
        named: returns the services to sum up in a period; None: all that were watched.
        agreements: those of the report.
        proceed: called between the periods; it may raise to end the work.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    at = as_of(books.ledger, now)
    spans = [span for span in _spans(period) if span.start < at]
    if not spans:
        return report
    left_out = frozenset(one.id for one in report.not_computed)
    known, alone = _before(report), bool(report.customer)
    past = _Past(books, at, named, left_out, agreements=agreements, known=known, alone=alone)
    found: list[PeriodTotals] = []
    for span in spans:
        proceed()
        found.append(_own(report) if span == report.period else past.of(span))
    same = [books.catalogue.currency_at(one.span.start) == report.currency for one in found]
    trend = [
        one if kept else replace(one, cost=None) for one, kept in zip(found, same, strict=True)
    ]
    year = _year(found, period)
    alike = all(
        kept
        for one, kept in zip(found, same, strict=True)
        if year and one.span.start >= year.span.start
    )
    if year is not None and not alike:
        year = replace(year, cost=None)  # nothing converts one currency into another
    return replace(report, trend=tuple(trend[-LENGTH:]), year=year)


def _spans(period: Period) -> list[Interval]:
    """Return the periods to show, and those of the year before them, oldest first."""
    step = _STEPS.get(period.kind)
    if step is None:
        return []
    last = containing(step, period.end - 1, period.zone)
    spans = [shifted(last, -back) for back in range(LENGTH - 1, -1, -1)]
    return [Interval(one.start, one.end) for one in spans]


def _year(found: Sequence[PeriodTotals], period: Period) -> PeriodTotals | None:
    """Return the sums of the months of the year that a period ends in."""
    if _STEPS[period.kind] != "month":
        return None
    begin = containing("year", period.end - 1, period.zone).start
    return joined([one for one in found if one.span.start >= begin])


def _own(report: PeriodReport) -> PeriodTotals:
    """Return the sums of a report's own period, from its figures."""
    entries = [Entry(s.id, s.part_of, s.met, s.figures, s.impact) for s in report.services]
    missing = len(report.not_computed)
    own = totals(report.period, entries, _debts(report.agreements), missing)
    return _promised(own, report.agreements) if report.customer else own


def _promised(found: PeriodTotals, agreements: Sequence[AgreementReport]) -> PeriodTotals:
    """Return sums whose verdicts are those of agreements: of each window that closed."""
    judged = [w.met for one in agreements for w in one.closed if w.met is not None]
    return replace(found, judged=len(judged), met=sum(judged))


def _before(report: PeriodReport) -> dict[Interval, dict[str, Entry]]:
    """Return what a report knows of the period before: what it cost is not known to it."""
    if report.previous is None:
        return {}
    entries = {
        s.id: Entry(s.id, None, s.previous_met, s.previous or _NOTHING, None)
        for s in report.services
    }
    return {report.previous: entries}


def _debts(agreements: Sequence[AgreementReport]) -> dict[str, float]:
    return added(one.due for one in agreements if any(one.due.values()))


class _Past:
    """Periods that are over, as the ledger knows them ``at`` (ms UTC).

    ``alone``: of an agreement, whose verdicts count, and not what was frozen of its services.
    """

    def __init__(
        self,
        books: Books,
        at: int,
        named: Chosen,
        left_out: frozenset[str],
        *,
        agreements: Sequence[Agreement],
        known: Mapping[Interval, Mapping[str, Entry]],
        alone: bool = False,
    ) -> None:
        self._books, self._at, self._named, self._agreements = books, at, named, agreements
        self._left_out, self._known, self._alone = left_out, known, alone
        self._first = books.ledger.first_samples()
        self._kinds: dict[str, tuple[Held, ...]] = {}

    def of(self, span: Interval) -> PeriodTotals:
        """Return the sums of a period; a service that cannot be computed is counted as missing."""
        named = self._named(span)
        chosen = watched(self._books, span) if named is None else named
        services = [one for one in chosen if one.id not in self._left_out]
        isolation = Isolation(account_fault)
        parts = isolation.divided(services, lambda one: one.id, partial(self._entries, span))
        entries = [entry for part in parts for entry in part]
        whole = wholes(self._books.catalogue, [one.id for one in entries])
        entries = [one._replace(part_of=whole.get(one.id)) for one in entries]
        missing = len(self._left_out) + len(isolation.faults)
        made = self._made(span, isolation)
        found = totals(span, entries, _debts(made), missing)
        return _promised(found, made) if self._alone else found

    def _entries(self, span: Interval, services: Sequence[Service]) -> list[Entry]:
        frozen, known = self._frozen(span, services), self._known.get(span, {})
        found, rest = {}, []
        for one in services:
            if one.id not in frozen and one.id in known:
                found[one.id] = self._priced(one, known[one.id], span)
            elif one.id in frozen or self._is_owed(one, span):
                rest.append(one)
            else:
                found[one.id] = self._priced(one, Entry(one.id, None, None, _NOTHING, None), span)
        found |= self._worked_out(span, rest, frozen)
        return [found[one.id] for one in services]

    def _is_owed(self, service: Service, span: Interval) -> bool:
        """Say whether anything was owed in a period, or in a window that closed in it."""
        return is_owed_before(self._books.catalogue, service, span.end, self._first.get(service.id))

    def _priced(self, service: Service, entry: Entry, span: Interval) -> Entry:
        return entry._replace(impact=cost(service, entry.figures, span.start))

    def _worked_out(
        self, span: Interval, services: Sequence[Service], frozen: Mapping[str, Snapshot]
    ) -> dict[str, Entry]:
        if not services:
            return {}
        kinds = {one.id: self._held(one) for one in services}
        windows = {held: closed_in(held, span, self._at) for held in set(kinds.values())}
        closed = {name: windows[held] for name, held in kinds.items()}
        begin = min([span.start, *(w.start for some in closed.values() for w in some)])
        rest = [one for one in services if one.id not in frozen]
        facts = facts_of(self._books, Interval(begin, span.end), rest)
        events = [one for one in services if one.id in frozen]
        known = facts_of(self._books, span, events, events=False) if events else {}
        return {
            one.id: self._kept(one, known[one.id], span, frozen[one.id])
            if one.id in frozen
            else self._entry(one, facts[one.id], span, closed[one.id])
            for one in services
        }

    def _frozen(self, span: Interval, services: Sequence[Service]) -> dict[str, Snapshot]:
        """Return what was frozen of the services that count events, which are many to read."""
        counting = [one for one in services if one.method == "events" and not self._alone]
        first = self._books.ledger.frozen.first(span) if counting else {}
        return {one.id: first[one.id].figures for one in counting if one.id in first}

    def _kept(
        self, service: Service, facts: AccountingInput, span: Interval, frozen: Snapshot
    ) -> Entry:
        """Return a service that counts events: downtime by its outages, the rest as reported."""
        own = figures_in(service, facts, span, self._at)
        return Entry(service.id, None, frozen.get("met"), own, frozen.get("cost"))

    def _held(self, service: Service) -> tuple[Held, ...]:
        if service.id not in self._kinds:
            self._kinds[service.id] = contract_kinds(self._books.catalogue, service)
        return self._kinds[service.id]

    def _entry(
        self, service: Service, facts: AccountingInput, span: Interval, closed: Sequence[Interval]
    ) -> Entry:
        own = figures_in(service, facts, span, self._at)
        met = all_met(self._verdicts(service, facts, closed, {span: own}))
        return Entry(service.id, None, met, own, cost(service, own, span.start))

    def _verdicts(
        self,
        service: Service,
        facts: AccountingInput,
        closed: Sequence[Interval],
        known: Mapping[Interval, Figures],
    ) -> Iterator[bool | None]:
        for window in closed:
            if clip(facts.agreed, window):
                found = known.get(window)
                if found is None:
                    held = terms(service, window.start)
                    found = figures(facts.within(window), held, self._at)
                yield found.met

    def _made(self, span: Interval, isolation: Isolation) -> Sequence[AgreementReport]:
        """Return what was kept of agreements in a period, where that counts for its sums."""
        catalogue, failed = self._books.catalogue, {*self._left_out, *isolation.faults}
        parts = {one.id: members(catalogue, one, span) for one in self._agreements}
        kept = [a for a in self._agreements if failed.isdisjoint(s.id for s in parts[a.id])]
        if not kept or not (self._alone or any(one.fee for one in kept)):
            return ()
        services = reach_of(catalogue, kept, span)
        spans = [closed_in(contract_kinds(catalogue, s), span, self._at) for s in services]
        begin = min([span.start, *(window.start for some in spans for window in some)])
        covered = {s.id: s for one in kept for s in parts[one.id]}
        facts = facts_of(self._books, Interval(begin, span.end), covered.values())
        return tuple(agreement_reports(catalogue, kept, facts, self._first, span, at=self._at))
