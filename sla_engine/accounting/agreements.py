"""Agreements of the catalogue -> what was kept of them; each service is measured once (rule 16)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from service_catalogue import Catalogue, Service
from service_catalogue.agreement import Agreement
from service_catalogue.past import pieces
from service_catalogue.service import Piece
from sla_engine.accounting.contracts import Contracts, contract_kinds
from sla_engine.accounting.figures import figures_in
from sla_engine.accounting.terms import agreed_time
from sla_engine.domain.agreement import (
    AgreementReport,
    AgreementWindow,
    Part,
    added,
    all_up,
    holds,
    step,
    weighted,
    worst,
)
from sla_engine.domain.availability import AccountingInput
from sla_engine.domain.contract_window import (
    DAY,
    ROLLING,
    ClosedWindow,
    ContractWindow,
    RunningWindow,
    WindowState,
    forecast,
)
from sla_engine.domain.interval import Interval, Intervals, clip, total, union
from sla_engine.domain.objective import ratio

_WORST_FIRST: tuple[WindowState, ...] = ("lost", "at_risk", "on_course")


def as_agreed(agreement: Agreement, service: Service) -> Service:
    """Return a service by the terms of an agreement: now, and in the past."""
    own = {
        "window": agreement.window,
        "window_from": agreement.window_from,
        "credits": agreement.credits,
    }
    for name in ("objective", "calendar", "timezone"):
        if getattr(agreement, name) is not None:
            own[name] = getattr(agreement, name)
    past = tuple(
        Piece(until, None if held is None else held.model_copy(update=own))
        for until, held in service.past
    )
    return service.model_copy(update=own).with_past(past)


def is_member(catalogue: Catalogue, agreement: Agreement, service: Service, moment: int) -> bool:
    """Say whether a service was part of an agreement at a moment (ms UTC), as both were then."""
    _, _, held = next(pieces(service, moment, moment + 1))
    return held is not None and catalogue.agreed(agreement, moment).covers(held)


def members(
    catalogue: Catalogue, agreement: Agreement, period: Interval, *, margin: int = DAY
) -> list[Service]:
    """Return the services that were ever part of an agreement in the windows of a period.

    Those that left the catalogue or the agreement since are among them. Windows of a service's own
    zone may begin so much (``margin``, ms) before those of the agreement.
    """
    known = catalogue.ever_agreed(agreement)
    first = period.start
    for _, held in known:
        kind = ContractWindow(held.window, held.timezone or catalogue.timezone, held.window_from)
        first = min(first, kind.around(period.start).start - margin)
    edges = {first, *(seen for seen, _ in known if first < seen < period.end)}
    return [
        service
        for service in (*catalogue.services, *catalogue.left)
        if any(
            is_member(catalogue, agreement, service, moment)
            for moment in edges | {end for end, _ in service.past if first < end < period.end}
        )
    ]


def services_of(
    catalogue: Catalogue, agreement: Agreement, parts: Sequence[Service]
) -> list[Service]:
    """Return services that are part of an agreement, by its terms.

    An agreement has one window at a time: where services are of several zones and it names none,
    its days begin in the organisation's.
    """
    found = [as_agreed(agreement, service) for service in parts]
    kinds = {contract_kinds(catalogue, service) for service in found}
    if agreement.window in ROLLING or not [*kinds][1:]:
        return found
    return [_at_home(service) for service in found]


def _at_home(service: Service) -> Service:
    past = tuple(
        Piece(until, None if held is None else held.model_copy(update={"timezone": None}))
        for until, held in service.past
    )
    return service.model_copy(update={"timezone": None}).with_past(past)


def agreement_reports(
    catalogue: Catalogue,
    agreements: Sequence[Agreement],
    facts: Mapping[str, AccountingInput],
    first: Mapping[str, int],
    period: Interval,
    *,
    at: int,
) -> Iterator[AgreementReport]:
    """Yield what was kept of agreements in a period, as known ``at`` (ms UTC).

    ``facts`` are of all time that `contract_reach` names, of the `members`; ``first`` are the
    first samples.
    """
    for agreement in agreements:
        found: list[AgreementReport] = []
        closed: list[AgreementWindow] = []
        parts = members(catalogue, agreement, period)
        for _, held in catalogue.ever_agreed(agreement):
            found.append(_Case(catalogue, held, parts, facts, first, period=period).report(at))
            kept = (
                w for w in found[-1].closed if catalogue.agreed(agreement, w.span.start) == held
            )
            closed += [window for window in kept if window not in closed]
        yield replace(found[-1], closed=tuple(sorted(closed, key=lambda window: window.span)))


class _Case:
    """One agreement in a period, with the facts of its services by its own hours."""

    def __init__(
        self,
        catalogue: Catalogue,
        agreement: Agreement,
        parts: Sequence[Service],
        facts: Mapping[str, AccountingInput],
        first: Mapping[str, int],
        *,
        period: Interval,
    ) -> None:
        self._catalogue, self._agreement, self._period = catalogue, agreement, period
        self._services = services_of(catalogue, agreement, parts)
        self._first = first
        hours = [as_agreed(agreement, service) for service in parts]
        self._facts = {s.id: self._owed(s, facts[s.id]) for s in hours}
        self._steps = [(ratio(one.below), one.credit) for one in agreement.credits]
        goal = agreement.objective
        self._objective = None if goal is None else ratio(goal)

    def _owed(self, service: Service, facts: AccountingInput) -> AccountingInput:
        if self._agreement.calendar is None and self._agreement.timezone is None:
            return facts
        spans = [*facts.agreed, *facts.covered]
        reach = Interval(
            min([self._period.start, *(s.start for s in spans)]),
            max([self._period.end, *(s.end for s in spans)]),
        )
        agreed = agreed_time(self._catalogue, service, reach, self._first.get(service.id))
        return replace(facts, agreed=agreed)

    def report(self, at: int) -> AgreementReport:
        contracts = Contracts(self._catalogue, self._period, at)
        closed: dict[Interval, dict[str, ClosedWindow]] = {}
        running: dict[str, RunningWindow] = {}
        for service in self._services:
            facts = self._facts[service.id]
            whole = figures_in(service, facts, self._period, at)
            found = contracts.of(service, facts, self._first.get(service.id), whole)
            for one in found.closed:
                if self._holds(service, one.span):
                    closed.setdefault(one.span, {})[service.id] = one
            if found.running is not None and self._holds(service, found.running.span):
                running[service.id] = found.running
        agreement, goal = self._agreement, self._objective
        return AgreementReport(
            id=agreement.id,
            customer=agreement.customer,
            rule=agreement.rule,
            window=agreement.window,
            objective=None if goal is None else float(goal),
            fee=agreement.fee,
            currency=agreement.currency or self._catalogue.currency,
            closed=tuple(self._closed(span, closed[span], at) for span in sorted(closed)),
            running=self._running(running, min(at, self._period.end)) if running else None,
            zone=next(
                (contract_kinds(self._catalogue, s)[-1].window.zone for s in self._services), None
            ),
        )

    def _holds(self, service: Service, span: Interval) -> bool:
        """Say whether a service is part of a window: whether it was at its start."""
        return is_member(self._catalogue, self._agreement, service, span.start)

    def _parts(self, windows: Mapping[str, ClosedWindow | RunningWindow]) -> tuple[Part, ...]:
        return tuple(
            Part(
                service.name,
                (one := windows[service.id]).figures.availability,
                one.figures.met if isinstance(one, ClosedWindow) else None,
                one.credit if isinstance(one, ClosedWindow) else None,
                one.figures.unplanned,
            )
            for service in self._services
            if service.id in windows
        )

    def _closed(
        self, span: Interval, windows: Mapping[str, ClosedWindow], at: int
    ) -> AgreementWindow:
        parts = self._parts(windows)
        if self._agreement.rule == "each":
            judged = [part.met for part in parts if part.met is not None]
            met, due = all(judged) if judged else None, added([part.credit for part in parts])
            availability = None
        else:
            availability = self._measured(span, at)
            met, due = holds(availability, self._objective), step(availability, self._steps)
        fee = self._agreement.fee
        money = None if fee is None or due is None else fee * due / 100
        return AgreementWindow(span, parts, availability, met, due, money)

    def _measured(self, span: Interval, moment: int) -> float | None:
        """Return the one figure of the agreement in a window, up to a moment (ms UTC)."""
        services = [service for service in self._services if self._holds(service, span)]
        if self._agreement.rule == "all":
            return all_up([self._facts[s.id].within(span) for s in services], moment)
        known = {
            s.id: figures_in(s, self._facts[s.id], span, moment).availability
            for s in services
            if clip(self._facts[s.id].agreed, span)
        }
        if self._agreement.rule == "weighted":
            return weighted(known, self._agreement.weights)
        return worst(known)

    def _running(self, windows: Mapping[str, RunningWindow], moment: int) -> AgreementWindow:
        parts, spans = self._parts(windows), [one.span for one in windows.values()]
        span = Interval(min(s.start for s in spans), max(s.end for s in spans))
        rule = self._agreement.rule
        if rule in {"each", "worst"}:
            states = {one.state for one in windows.values()}
            gone = [one.exhausted for one in windows.values() if one.exhausted is not None]
            return AgreementWindow(
                span,
                parts,
                None if rule == "each" else self._measured(span, moment),
                state=next((state for state in _WORST_FIRST if state in states), None),
                exhausted=min(gone, default=None),
            )
        now = self._measured(span, moment)
        if now is None or self._objective is None:
            return AgreementWindow(span, parts, now)
        agreed = union(*(clip(self._facts[name].agreed, span) for name in windows))
        lost = partial(self._lost, span, agreed)
        left = float(1 - self._objective) * total(agreed) - lost(moment)
        ahead = clip(agreed, Interval(moment, span.end))
        past = Interval(moment - DAY, moment)
        burnt = lost(moment) - lost(past.start)
        exhausted = forecast(left, burnt, total(clip(agreed, past)), ahead)
        state: WindowState = "lost" if left < 0 else "at_risk" if exhausted else "on_course"
        return AgreementWindow(span, parts, now, state=state, exhausted=exhausted)

    def _lost(self, span: Interval, agreed: Intervals, moment: int) -> float:
        """Return what was lost of a window up to a moment, as agreed time (ms)."""
        found = self._measured(span, moment)
        past = total(clip(agreed, Interval(span.start, moment)))
        return 0.0 if found is None else (1 - found) * past


def reach_of(
    catalogue: Catalogue, agreements: Sequence[Agreement], period: Interval
) -> list[Service]:
    """Return the services by the terms of agreements, each kind of window once."""
    found = {}
    for agreement in agreements:
        parts = members(catalogue, agreement, period)
        for _, held in catalogue.ever_agreed(agreement):
            for service in services_of(catalogue, held, parts):
                found[contract_kinds(catalogue, service)] = service
    return list(found.values())
