"""Agreements of the catalogue -> what was kept of them; each service is measured once (rule 16)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce

from service_catalogue import Catalogue, Service
from service_catalogue.agreement import Agreement
from service_catalogue.past import at as held_at
from service_catalogue.past import pieces
from service_catalogue.service import FOREVER, Piece
from sla_engine.accounting.contracts import Contracts, contract_kinds, contract_reach, to_come
from sla_engine.accounting.figures import figures_in
from sla_engine.accounting.stakes import stake_that_runs, stake_to_come
from sla_engine.accounting.terms import agreed_time
from sla_engine.domain.agreement import (
    AgreementReport,
    AgreementWindow,
    Budget,
    NoBudget,
    Part,
    Rule,
    Stake,
    Unit,
    added,
    agreed_for_all,
    all_up,
    holds,
    step,
    together,
    weighted,
    worst,
)
from sla_engine.domain.availability import AccountingInput, Figures
from sla_engine.domain.contract_window import (
    DAY,
    ClosedWindow,
    ContractWindow,
    RunningWindow,
    WindowState,
    forecast,
    last_day,
    running_at,
    spent,
    windows_of,
)
from sla_engine.domain.interval import Interval, Intervals, clip, intersect, subtract, total, union
from sla_engine.domain.objective import ratio

_WORST_FIRST: tuple[WindowState, ...] = ("lost", "at_risk", "on_course")


def as_agreed(agreement: Agreement, service: Service) -> Service:
    """Return a service, as it was at one time, by the terms of an agreement."""
    own = {
        "window": agreement.window,
        "window_from": agreement.window_from,
        "credits": agreement.credits,
    }
    for name in ("objective", "calendar", "timezone"):
        if getattr(agreement, name) is not None:
            own[name] = getattr(agreement, name)
    return service.model_copy(update=own)


def as_judged(agreement: Agreement, service: Service) -> Service:
    """Return a service by the terms of an agreement, as it is judged alone.

    Where one figure of all is, no objective was promised of any; credits are of the agreement.
    """
    own: dict[str, object] = {"credits": ()}
    if agreement.rule in {"weighted", "all"}:
        own["objective"] = None
    return as_agreed(agreement, service).model_copy(update=own)


def by_terms(
    catalogue: Catalogue,
    agreement: Agreement,
    parts: Sequence[Service],
    *,
    hours: bool = False,
    terms: Callable[[Agreement, Service], Service] = as_agreed,
) -> list[Service]:
    """Return services that are part of an agreement, by the terms that it had at each time.

    An agreement has one window at a time: where services are of several zones and it names none,
    its days begin in the organisation's. Their ``hours`` stay in their own zones. ``terms`` are
    those of a service by the agreement's.
    """
    edges = {seen for seen, _ in catalogue.ever_agreed(agreement)[1:]}
    edges |= {end for service in parts for end, _ in service.past if end < FOREVER}
    found: dict[str, list[Piece]] = {service.id: [] for service in parts}
    start = -FOREVER
    for end in (*sorted(edges), FOREVER):
        held = catalogue.agreed(agreement, start)
        home = not hours and _several_zones(catalogue, held, parts, start)
        for service in parts:
            for _, until, then in pieces(service, start, end):
                one = None if then is None else terms(held, then)
                if one is not None and home:
                    one = one.model_copy(update={"timezone": None})
                found[service.id].append(Piece(until, one))
        start = end
    return [_with(terms(agreement, service), found[service.id]) for service in parts]


def _with(service: Service, past: Sequence[Piece]) -> Service:
    """Return a service with its past, as it is in the last piece where it is there."""
    last = past[-1].service if past else None
    return (last or service).with_past(tuple(past))


def _several_zones(
    catalogue: Catalogue, agreement: Agreement, parts: Sequence[Service], moment: int
) -> bool:
    """Say whether the services of an agreement that names no zone were of several at a moment."""
    there = (next(pieces(service, moment, moment + 1))[2] for service in parts)
    zones = {
        held.timezone or catalogue.timezone
        for held in there
        if held is not None and agreement.covers(held)
    }
    return agreement.timezone is None and len(zones) > 1


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


def while_there(
    catalogue: Catalogue, agreement: Agreement, facts: AccountingInput
) -> AccountingInput:
    """Return facts of which nothing is owed while the agreement was not in the catalogue."""
    away = tuple(Interval(*gone) for gone in catalogue.away(agreement))
    return replace(facts, agreed=subtract(facts.agreed, away)) if away else facts


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
        parts = members(catalogue, agreement, period)
        yield _Case(catalogue, agreement, parts, facts, first, period=period, at=at).report()


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
        at: int,
    ) -> None:
        self._catalogue, self._agreement = catalogue, agreement
        self._period, self._at = period, at
        self._services = by_terms(catalogue, agreement, parts)
        self._first = first
        self._hours = {s.id: s for s in by_terms(catalogue, agreement, parts, hours=True)}
        self._facts = {name: self._owed(s, facts[name]) for name, s in self._hours.items()}

    def _held(self, span: Interval) -> Agreement:
        """Return the terms of a window: those of its start."""
        return self._catalogue.agreed(self._agreement, span.start)

    def _owed(self, service: Service, facts: AccountingInput) -> AccountingInput:
        facts = self._while_there(facts)
        every = [one for _, one in self._catalogue.ever_agreed(self._agreement)]
        if all(one.calendar is None and one.timezone is None for one in every):
            return facts
        spans = [*facts.agreed, *facts.covered]
        whole = contract_reach(self._catalogue, self._services, self._period, self._at)
        reach = Interval(
            min([whole.start, *(s.start for s in spans)]), max([whole.end, *(s.end for s in spans)])
        )
        agreed = agreed_time(self._catalogue, service, reach, self._first.get(service.id))
        return self._while_there(replace(facts, agreed=agreed))

    def _while_there(self, facts: AccountingInput) -> AccountingInput:
        return while_there(self._catalogue, self._agreement, facts)

    def report(self) -> AgreementReport:
        at = self._at
        contracts = Contracts(self._catalogue, self._period, at, hours=self._hours)
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
        moment = min(at, self._period.end)
        agreement = self._catalogue.agreed(self._agreement, moment - 1)
        paid = self._held(max(closed)) if closed else agreement
        goal = _goal(agreement)
        run = self._running(running, moment) if running else None
        return AgreementReport(
            id=agreement.id,
            customer=agreement.customer,
            rule=agreement.rule,
            window=agreement.window,
            objective=None if goal is None else float(goal),
            fee=paid.fee,
            currency=self._paid_in(paid, max(closed).start if closed else moment - 1),
            closed=tuple(self._closed(span, closed[span], at) for span in sorted(closed)),
            running=run,
            zone=next(
                (contract_kinds(self._catalogue, s)[-1].window.zone for s in self._services), None
            ),
            stake=self._stake(run, running, moment),
        )

    def _stake(
        self, run: AgreementWindow | None, windows: Mapping[str, RunningWindow], moment: int
    ) -> Stake | None:
        """Return what may fall due next, as known at a moment; nothing of one that left."""
        held = self._held(Interval(moment, moment + 1) if run is None else run.span)
        if run is not None:
            named = {s.name: windows[s.id] for s in self._services if s.id in windows}
            return stake_that_runs(held, self._paid_in(held, run.span.start), run, named)
        inside = [s for s in self._services if self._holds(s, Interval(moment, moment + 1))]
        spans = [
            span
            for service in inside
            for span in windows_of(
                contract_kinds(self._catalogue, service), Interval(moment, moment + 1)
            )
        ]
        left = self._catalogue.left_at(self._agreement)
        if not spans or (left is not None and left <= moment):
            return None
        span = Interval(min(s.start for s in spans), max(s.end for s in spans))
        paid = self._paid_in(held, moment)
        return stake_to_come(held, paid, span, [service.name for service in inside])

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
                _down(one.figures),
                one.figures.events,
            )
            for service in self._services
            if service.id in windows
        )

    def _closed(
        self, span: Interval, windows: Mapping[str, ClosedWindow], at: int
    ) -> AgreementWindow:
        parts, held = self._parts(windows), self._held(span)
        if held.rule == "each":
            judged = [part.met for part in parts if part.met is not None]
            met, due = all(judged) if judged else None, added([part.credit for part in parts])
            availability = None
        else:
            availability = self._measured(span, at)
            steps = [(ratio(one.below), one.credit) for one in held.credits]
            met, due = holds(availability, _goal(held)), step(availability, steps)
        money = None if held.fee is None or due is None else held.fee * due / 100
        found = AgreementWindow(span, parts, availability, met, due, money)
        return replace(found, fee=held.fee, currency=self._paid_in(held, span.start))

    def _paid_in(self, held: Agreement, moment: int) -> str:
        """Return the currency of terms: their own, else the organisation's at a moment."""
        return held.currency or self._catalogue.currency_at(moment)

    def _measured(self, span: Interval, moment: int) -> float | None:
        """Return the one figure of the agreement in a window, up to a moment (ms UTC)."""
        services = [service for service in self._services if self._holds(service, span)]
        held = self._held(span)
        if held.rule == "all":
            return all_up([self._facts[s.id].within(span) for s in services], moment)
        known = {
            s.id: figures_in(s, self._facts[s.id], span, moment).availability
            for s in services
            if clip(self._facts[s.id].agreed, span)
        }
        if held.rule == "weighted":
            return weighted(known, held.weights)
        return worst(known)

    def _running(self, windows: Mapping[str, RunningWindow], moment: int) -> AgreementWindow:
        parts, spans = self._parts(windows), [one.span for one in windows.values()]
        span = Interval(min(s.start for s in spans), max(s.end for s in spans))
        held = self._held(span)
        rule, goal = held.rule, _goal(held)
        if rule in {"each", "worst"}:
            states = {one.state for one in windows.values()}
            gone = [one.exhausted for one in windows.values() if one.exhausted is not None]
            budget = self._least(windows)
            return AgreementWindow(
                span,
                parts,
                None if rule == "each" else self._measured(span, moment),
                state=next((state for state in _WORST_FIRST if state in states), None),
                exhausted=min(gone, default=None),
                budget=budget,
                no_budget=None if budget else self._no_budget(span),
            )
        now = self._measured(span, moment)
        if now is None or goal is None:
            why: NoBudget = "nothing_promised" if goal is None else "nothing_known"
            return AgreementWindow(span, parts, now, no_budget=why)
        agreed, ahead = self._time(rule, span, moment)
        budget = self._whole(rule, span, agreed, goal, moment)
        day = last_day(agreed, moment) or Interval(moment - DAY, moment)
        burnt = budget.used - self._whole(rule, span, agreed, goal, day.start).used
        exhausted = forecast(budget.left, burnt, total(clip(agreed, day)), ahead)
        state: WindowState = "lost" if budget.left < 0 else "at_risk" if exhausted else "on_course"
        return AgreementWindow(span, parts, now, state=state, exhausted=exhausted, budget=budget)

    def _no_budget(self, span: Interval) -> NoBudget:
        """Return why none of the services that are judged in a window has a budget."""
        goals = (held_at(one, span.start).objective for one in self._inside(span))
        return "nothing_promised" if all(goal is None for goal in goals) else "nothing_known"

    def _least(self, windows: Mapping[str, RunningWindow]) -> Budget | None:
        """Return the budget of the service that has least of its own left."""
        known = [
            (one.figures.budget_remaining, service.name, one.figures)
            for service in self._services
            if (one := windows.get(service.id)) and one.figures.budget_remaining is not None
        ]
        if not known:
            return None
        _, name, figures = min(known, key=lambda one: one[0])
        timed = figures.budget is not None
        allowed = figures.budget if timed else figures.allowed
        unit: Unit = "time" if timed else "events" if figures.slices is None else "slices"
        return Budget(allowed or 0.0, spent(figures) or 0.0, unit, name)

    def _inside(self, span: Interval) -> list[Service]:
        """Return the services that are part of a window and owed in it."""
        parts = (s for s in self._services if self._holds(s, span))
        return [s for s in parts if clip(self._facts[s.id].agreed, span)]

    def _time(self, rule: Rule, span: Interval, moment: int) -> tuple[Intervals, Intervals]:
        """Return the time that a window's one figure is of, and what of it is to come."""
        facts = [self._facts[s.id].within(span) for s in self._inside(span)]
        coming = [
            to_come(
                self._catalogue,
                self._hours[service.id],
                clip(self._facts[service.id].agreed, span),
                span,
                moment,
                began=self._first.get(service.id),
            )
            for service in self._inside(span)
        ]
        if rule == "all":
            return agreed_for_all(facts), reduce(intersect, coming) if coming else ()
        return union(*(one.agreed for one in facts)), union(*coming)

    def _whole(
        self, rule: Rule, span: Interval, agreed: Intervals, goal: Fraction, moment: int
    ) -> Budget:
        """Return the budget of a window with one figure, as it was at a moment (ms UTC)."""
        past = total(clip(agreed, Interval(span.start, moment)))
        if rule == "all":
            facts = [self._facts[s.id].within(span) for s in self._inside(span)]
            if (found := together(facts, moment)) is None:
                return Budget(float(1 - goal) * total(agreed), 0.0)
            counts = total(agreed) - (found.agreed - found.judged)
            return Budget(float((1 - goal) * counts), found.lost)
        now = self._measured(span, moment)
        return Budget(float((1 - goal) * total(agreed)), 0.0 if now is None else (1 - now) * past)


def _down(figures: Figures) -> Intervals:
    """Return when a service was down unplanned, also for less than counts as an outage."""
    shares = (*figures.shares, *figures.short)
    return tuple(sorted(s.outage.until(FOREVER) for s in shares if s.unplanned))


def _goal(agreement: Agreement) -> Fraction | None:
    return None if agreement.objective is None else ratio(agreement.objective)


def touches(catalogue: Catalogue, agreement: Agreement, period: Interval) -> bool:
    """Say whether a period has to do with an agreement: until its last window closed, if it left.

    One that took the place of another was not there before.
    """
    away, left = catalogue.away(agreement), catalogue.left_at(agreement)
    if any(start <= period.start and period.end <= end for start, end in away) and left is None:
        return False
    if left is None or period.start < left:
        return True
    return period.start < last_close(catalogue, agreement, left)


def last_close(catalogue: Catalogue, agreement: Agreement, left: int) -> int:
    """Return when the last window closes of an agreement that left (both ms UTC)."""
    last = Interval(left - 1, left)
    for service in by_terms(catalogue, agreement, members(catalogue, agreement, last))[:1]:
        running = running_at(contract_kinds(catalogue, service), left)
        return left if running is None else running.end
    return left


def lately(catalogue: Catalogue, at: int, told: int) -> list[Agreement]:
    """Return the agreements, with those that left until so long after their last window closed.

    ``at`` is ms UTC, ``told`` milliseconds.
    """
    gone = (one for left, one in catalogue.departed if at < last_close(catalogue, one, left) + told)
    return [*catalogue.agreements, *gone]


def reach_of(
    catalogue: Catalogue, agreements: Sequence[Agreement], period: Interval
) -> list[Service]:
    """Return the services by the terms of agreements, each kind of window once."""
    found = {}
    for agreement in agreements:
        parts = members(catalogue, agreement, period)
        for service in by_terms(catalogue, agreement, parts):
            found[contract_kinds(catalogue, service)] = service
    return list(found.values())
