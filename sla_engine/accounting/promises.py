"""Ledger -> closed months by owner, and agreements: a little at a time, between ticks.

A year of a thousand services takes longer than a tick may; what is closed seldom changes.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from service_catalogue.agreement import Agreement
from sla_engine.accounting.agreements import agreement_reports, lately, members, reach_of
from sla_engine.accounting.contracts import contract_kinds, contract_reach
from sla_engine.accounting.figures import as_of, facts_of, figures_in
from sla_engine.accounting.report_context import cost
from sla_engine.accounting.service_levels import account_fault
from sla_engine.accounting.terms import terms
from sla_engine.domain.agreement import AgreementReport
from sla_engine.domain.availability import AccountingInput, figures
from sla_engine.domain.contract_window import DAY, closed_in
from sla_engine.domain.interval import Interval, clip
from sla_engine.domain.isolation import Fault, Isolation, Item
from sla_engine.domain.period import Period, containing, shifted
from sla_engine.domain.promises import MONTHS, MonthOfOwner, Promises
from sla_engine.domain.service_level import REFRESH
from sla_engine.ledger import Books

_BATCH = 20  # services that are read from the ledger at once
_LATELY = 31 * DAY  # so long the last window is told of an agreement that left
_AGAIN = 6 * 3_600_000  # closed months are looked at again: late samples may have changed one


class _Month(NamedTuple):
    """A service's part of a closed month; downtime in ms."""

    verdicts: tuple[bool | None, ...]
    planned: int
    unplanned: int
    cost: float | None


@dataclass(slots=True)
class _Agreed:
    """What is known of an agreement, as of when."""

    report: AgreementReport
    basis: Hashable
    at: int


@dataclass(slots=True)
class PromiseWatch:
    """Keeps what is published of promises up to date, for one catalogue.

    ``faults`` are the agreements and services of which nothing can be worked out, and why.
    """

    _months: dict[str, dict[str, _Month]] = field(default_factory=dict)
    _done: dict[str, Hashable] = field(default_factory=dict)
    _agreed: dict[str, _Agreed] = field(default_factory=dict)
    _parts: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    _owners: tuple[MonthOfOwner, ...] = ()
    _summed: Hashable = None
    faults: dict[str, Fault] = field(default_factory=dict)

    def step(self, books: Books, now: int, may_go_on: Callable[[], bool]) -> Promises:
        """Work on what is due as long as it may go on, and return what is known.

        Args:
            books: what is owed, and what is known.
            now: ms UTC.
            may_go_on: asked before each piece of work; the first is done without.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        at, catalogue = as_of(books.ledger, now), books.catalogue
        months = closed_months(catalogue, at)
        basis = (months[-1].end, books.ledger.decisions(), now // _AGAIN)
        agreements = lately(catalogue, at, _LATELY)
        due = list(self._months_due(books, months, basis, at))
        pieces = [*self._agreements_due(books, agreements, months, basis, at), *due]
        for number, work in enumerate(pieces):
            if number and not may_go_on():
                break
            work()
        known = all(service.id in self._done for service in catalogue.services)
        for one in agreements:
            if one.id not in self._parts:
                self._parts[one.id] = tuple(_parts(catalogue, one))
        return Promises(
            agreements=tuple(self._agreed[a.id].report for a in agreements if a.id in self._agreed),
            parts=tuple(part for one in agreements for part in self._parts[one.id]),
            months=self._by_owner(catalogue, months, anew=bool(due)) if known else None,
        )

    def _agreements_due(
        self,
        books: Books,
        agreements: Sequence[Agreement],
        months: Sequence[Period],
        basis: Hashable,
        at: int,
    ) -> Iterator[Callable[[], None]]:
        for one in agreements:
            known = self._agreed.get(one.id)
            if known is None or known.basis != basis or not 0 <= at - known.at < REFRESH:
                yield partial(self._agree, books, one, months[0].start, basis, at)

    def _agree(
        self, books: Books, agreement: Agreement, since: int, basis: Hashable, at: int
    ) -> None:
        def work(_: object) -> None:
            self._keep(books, agreement, since, basis, at)

        self._isolated([agreement.id], lambda name: name, work)

    def _keep(
        self, books: Books, agreement: Agreement, since: int, basis: Hashable, at: int
    ) -> None:
        known = self._agreed.get(agreement.id)
        if known is None or known.basis != basis:
            found = _kept(books, agreement, Interval(since, at), at)
            found = replace(found, closed=found.closed[-MONTHS:])
        else:
            fresh = _kept(books, agreement, Interval(at - DAY, at), at)
            closed = {one.span: one for one in (*known.report.closed, *fresh.closed)}
            found = replace(fresh, closed=tuple(closed[s] for s in sorted(closed))[-MONTHS:])
        self._agreed[agreement.id] = _Agreed(found, basis, at)

    def _months_due(
        self, books: Books, months: Sequence[Period], basis: Hashable, at: int
    ) -> Iterator[Callable[[], None]]:
        due = [s for s in books.catalogue.services if self._done.get(s.id) != basis]
        for start in range(0, len(due), _BATCH):
            yield partial(self._account, books, due[start : start + _BATCH], months, basis, at)

    def _account(
        self,
        books: Books,
        services: Sequence[Service],
        months: Sequence[Period],
        basis: Hashable,
        at: int,
    ) -> None:
        def work(some: Sequence[Service]) -> None:
            self._months |= _of_services(books, months, at, some)

        self._isolated(services, lambda one: one.id, work)
        self._done |= dict.fromkeys((service.id for service in services), basis)

    def _isolated(
        self,
        items: Sequence[Item],
        named: Callable[[Item], str],
        work: Callable[[Sequence[Item]], None],
    ) -> None:
        """Do work so that the fault of one stays its own."""
        isolation = Isolation(account_fault)
        for _ in isolation.divided(items, named, work):
            pass
        for item in items:
            self.faults.pop(named(item), None)
        self.faults |= isolation.faults

    def _by_owner(
        self, catalogue: Catalogue, months: Sequence[Period], *, anew: bool
    ) -> tuple[MonthOfOwner, ...]:
        """Return the sums of closed months, which are the same from tick to tick."""
        if anew or self._summed != months:
            self._owners, self._summed = tuple(self._sums(catalogue, months)), tuple(months)
        return self._owners

    def _sums(self, catalogue: Catalogue, months: Sequence[Period]) -> Iterator[MonthOfOwner]:
        for month in months:
            parts: dict[str, list[_Month]] = defaultdict(list)
            for service in catalogue.services:
                part = self._months.get(service.id, {}).get(month.name)
                if part is not None:
                    parts[service.owner].append(part)
            for owner in sorted(parts):
                yield _summed(owner, month, parts[owner], catalogue.currency_at(month.start))


def _parts(catalogue: Catalogue, agreement: Agreement) -> Iterator[tuple[str, str]]:
    for service in catalogue.services:
        if agreement.covers(service):
            yield agreement.id, service.id


def closed_months(catalogue: Catalogue, at: int) -> tuple[Period, ...]:
    """Return the closed months before a moment (ms UTC), in the organisation's zone."""
    this = containing("month", at, catalogue.timezone)
    return tuple(shifted(this, -count) for count in range(MONTHS, 0, -1))


def _kept(books: Books, agreement: Agreement, period: Interval, at: int) -> AgreementReport:
    """Return what was kept of an agreement: windows that closed in a period, and the one now."""
    catalogue = books.catalogue
    reach = contract_reach(catalogue, reach_of(catalogue, [agreement], period), period, at)
    facts = facts_of(books, reach, members(catalogue, agreement, period))
    first = books.ledger.first_samples()
    [found] = agreement_reports(catalogue, [agreement], facts, first, period, at=at)
    return found


def _of_services(
    books: Books, months: Sequence[Period], at: int, services: Sequence[Service]
) -> dict[str, dict[str, _Month]]:
    """Return the closed months of services in which they were owed, by id and name of month."""
    whole = Interval(months[0].start, months[-1].end)
    facts = facts_of(books, contract_reach(books.catalogue, services, whole, at), services)
    return {
        service.id: {
            month.name: _of_month(books.catalogue, service, facts[service.id], month, at)
            for month in months
            if clip(facts[service.id].agreed, Interval(month.start, month.end))
        }
        for service in services
    }


def _of_month(
    catalogue: Catalogue, service: Service, facts: AccountingInput, month: Period, at: int
) -> _Month:
    span = Interval(month.start, month.end)
    whole = figures_in(service, facts, span, at)
    verdicts = [
        whole.met
        if closed == span
        else figures(facts.within(closed), terms(service, closed.start), at).met
        for closed in closed_in(contract_kinds(catalogue, service), span, at)
        if clip(facts.agreed, closed)
    ]
    owed = terms(service, month.start).objective is not None
    return _Month(
        tuple(verdicts) if owed else (),
        whole.planned,
        whole.unplanned,
        cost(service, whole, month.start),
    )


def _summed(owner: str, month: Period, parts: Iterable[_Month], currency: str) -> MonthOfOwner:
    found = list(parts)
    verdicts = [verdict for one in found for verdict in one.verdicts]
    costs = [one.cost for one in found if one.cost is not None]
    return MonthOfOwner(
        owner=owner,
        month=month.name,
        met=verdicts.count(True),
        missed=verdicts.count(False),
        unjudged=verdicts.count(None),
        planned=sum(one.planned for one in found),
        unplanned=sum(one.unplanned for one in found),
        cost=sum(costs) if costs else None,
        currency=currency,
    )
