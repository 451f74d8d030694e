"""Services -> what their contracts say: windows that closed in a period, and the running one."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from service_catalogue.past import at as held_at
from service_catalogue.past import pieces
from service_catalogue.service import FOREVER
from sla_engine.accounting.terms import agreed_time, terms
from sla_engine.domain.availability import AccountingInput, Figures, Terms, figures
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.contract_window import (
    ROLLING,
    ClosedWindow,
    Contract,
    ContractWindow,
    Held,
    RunningWindow,
    closed_in,
    forecast,
    last_day,
    running_at,
    spent,
    state_of,
    windows_of,
)
from sla_engine.domain.contract_window import held_at as window_at
from sla_engine.domain.credits import credit
from sla_engine.domain.interval import Interval, Intervals, clip, total
from sla_engine.domain.objective import ratio


def contract_kinds(catalogue: Catalogue, service: Service) -> tuple[Held, ...]:
    """Return by which windows a service was judged, piece by piece."""
    found: list[Held] = []
    zones = catalogue.zones(FOREVER)
    for start, until, held in pieces(service, -FOREVER, FOREVER):
        begin, one = start, held or service
        for end, zone in zones:
            if begin < min(end, until):
                window = ContractWindow(one.window, one.timezone or zone, one.window_from)
                begin = min(end, until)
                if found and found[-1].window == window:
                    found.pop()
                found.append(Held(begin, window))
    return tuple(found)


def contract_reach(
    catalogue: Catalogue,
    services: Iterable[Service],
    period: Interval,
    at: int,
    before: Interval | None = None,
) -> Interval:
    """Return all the time (ms UTC) that the contracts of services speak of in a period.

    ``before`` is the period before, where its verdicts are wanted.
    """
    known = period if before is None else Interval(before.start, period.end)
    first, last = known
    for held in {contract_kinds(catalogue, service) for service in services}:
        spans = [*windows_of(held, period)]
        if before is not None:
            spans += closed_in(held, before, at)
        if (running := running_at(held, min(at, period.end))) is not None:
            spans.append(running)
        first = min([first, *(span.start for span in spans)])
        last = max([last, *(span.end for span in spans)])
    return Interval(first, last)


class _Spans(NamedTuple):
    """The windows that closed in a period and in the one before it, and the one that runs."""

    closed: list[Interval]
    before: list[Interval]
    running: Interval | None


class Contracts:
    """The contracts of services in a period, as known ``at`` (ms UTC).

    ``before`` is the period before, where its verdicts are wanted; ``hours`` are services, by id,
    whose hours to come count in place of those of the one that is judged.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        period: Interval,
        at: int,
        before: Interval | None = None,
        *,
        hours: Mapping[str, Service] = MappingProxyType({}),
    ) -> None:
        self._catalogue, self._at, self._hours = catalogue, at, hours
        self._period, self._before = period, before
        self._spans: dict[tuple[Held, ...], _Spans] = {}

    def of(
        self,
        service: Service,
        facts: AccountingInput,
        began: int | None,
        whole: Figures,
        previous: Figures | None = None,
    ) -> Contract:
        """Return the contract of a service.

        Args:
            service: whose contract it is.
            facts: of all that `contract_reach` names.
            began: its first sample of all, if any (ms UTC).
            whole: its figures of the period.
            previous: its figures of the period before, where they are known.
        """
        held = contract_kinds(self._catalogue, service)
        spans = self._spans_of(held)
        closed = [
            self._closed(service, facts, span, began, whole if span == self._period else None)
            for span in spans.closed
            if clip(facts.agreed, span)
        ]
        before = [
            previous.met
            if previous is not None and span == self._before
            else figures(facts.within(span), terms(service, span.start), self._at).met
            for span in spans.before
            if clip(facts.agreed, span)
        ]
        moment = min(self._at, self._period.end)
        found = Contract(
            held_at(service, moment - 1).window,
            tuple(closed),
            previous=tuple(before),
            zone=window_at(held, moment - 1).zone,
        )
        running = spans.running
        if running is None or moment <= self._period.start or not clip(facts.agreed, running):
            return found
        return replace(found, running=self._running(service, facts, running, moment, began))

    def _spans_of(self, held: tuple[Held, ...]) -> "_Spans":
        """Return the windows of a kind, which most services share."""
        if held not in self._spans:
            self._spans[held] = _Spans(
                closed_in(held, self._period, self._at),
                closed_in(held, self._before, self._at) if self._before else [],
                running_at(held, min(self._at, self._period.end)),
            )
        return self._spans[held]

    def _closed(
        self,
        service: Service,
        facts: AccountingInput,
        span: Interval,
        began: int | None,
        known: Figures | None,
    ) -> ClosedWindow:
        found = known or figures(facts.within(span), terms(service, span.start), self._at)
        steps = ((ratio(step.below), step.credit) for step in held_at(service, span.start).credits)
        return ClosedWindow(span, found, credit(found, steps), self._entered(service, span, began))

    def _running(
        self,
        service: Service,
        facts: AccountingInput,
        span: Interval,
        moment: int,
        began: int | None,
    ) -> RunningWindow:
        inside, held = facts.within(span), terms(service, span.start)
        now = figures(inside, held, moment)
        own = self._hours.get(service.id, service)
        ahead = to_come(self._catalogue, own, inside.agreed, span, moment, began=began)
        exhausted = used_up(inside, held, now, moment, ahead)
        entered = self._entered(service, span, began)
        return RunningWindow(span, now, state_of(now, exhausted), exhausted, entered)

    def _entered(self, service: Service, span: Interval, began: int | None) -> int | None:
        """Return when a service began to be owed, if that was inside a window."""
        then = held_at(service, span.end - 1)
        if then.since is not None:
            began = milliseconds(then.since, then.timezone or self._catalogue.timezone)
        return began if began is not None and span.start < began < span.end else None


def to_come(
    catalogue: Catalogue,
    service: Service,
    agreed: Intervals,
    span: Interval,
    moment: int,
    *,
    began: int | None,
) -> Intervals:
    """Return the agreed time to come in a window; one that rolls on is as long again."""
    if held_at(service, moment - 1).window not in ROLLING:
        return clip(agreed, Interval(moment, span.end))
    return agreed_time(catalogue, service, Interval(moment, moment + span.length), began)


def used_up(
    facts: AccountingInput, held: Terms, now: Figures, moment: int, ahead: Intervals
) -> int | None:
    """Return when the budget of a window is used up if the last day's burn goes on (ms UTC).

    Args:
        facts: of the window.
        held: the terms of the window.
        now: its figures up to ``moment``.
        moment: until when it is looked at (ms UTC).
        ahead: the agreed time to come in it.
    """
    gone, day = spent(now), last_day(facts.agreed, moment)
    if gone is None or day is None or now.budget_remaining is None or not ahead:
        return None
    before = spent(figures(facts, held, day.start)) or 0.0
    whole = now.allowed if now.budget is None else now.budget
    over = total(clip(facts.agreed, day))
    return forecast((whole or 0.0) - gone, gone - before, over, ahead)
