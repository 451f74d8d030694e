"""What falls due if an agreement, or a service with credits of its own, is missed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from service_catalogue.agreement import Agreement
from service_catalogue.past import at as held_at
from service_catalogue.service import Credit
from sla_engine.accounting.contracts import contract_kinds
from sla_engine.accounting.terms import agreed_time
from sla_engine.domain.agreement import AgreementWindow, Stake, added, step
from sla_engine.domain.contract_window import ROLLING, RunningWindow, WindowState, running_at
from sla_engine.domain.interval import Interval
from sla_engine.domain.objective import ratio
from sla_engine.domain.report import PeriodReport, ServiceReport

_NEAREST: tuple[WindowState | None, ...] = ("at_risk", "on_course", None, "lost")
"""Whose next step is told where each service has its own: who is nearest to the first one."""


class _Judged(NamedTuple):
    """What has a ladder of its own: a service where each is judged alone, else the agreement."""

    name: str | None
    state: WindowState | None
    left: float
    due: float


class _Paid(NamedTuple):
    """The fee of a window and its currency."""

    fee: float | None
    currency: str


def stake_that_runs(
    held: Agreement,
    currency: str,
    window: AgreementWindow,
    parts: Mapping[str, RunningWindow],
) -> Stake | None:
    """Return what may fall due of a window that runs, by the terms that it has (``held``).

    ``parts`` are the windows of its services, by name. None where there are no credits.
    """
    steps = _steps(held.credits)
    if held.rule == "each":
        judged = [
            _Judged(name, one.state, _left(one.figures.budget_remaining), _due(one, steps))
            for name, one in parts.items()
        ]
    else:
        lost = window.state == "lost"
        due = step(window.availability, steps) if lost else None
        judged = [_Judged(None, window.state, 0.0, due or 0.0)]
    return _stake(steps, _Paid(held.fee, currency), window.span, window.state, judged)


def stake_to_come(
    held: Agreement, currency: str, span: Interval, services: Sequence[str]
) -> Stake | None:
    """Return what may fall due of a window that has not begun; None where there are no credits."""
    names: Sequence[str | None] = services if held.rule == "each" else [None]
    judged = [_Judged(name, None, 1.0, 0.0) for name in names]
    return _stake(_steps(held.credits), _Paid(held.fee, currency), span, None, judged)


def with_own_stakes(report: PeriodReport, catalogue: Catalogue, at: int) -> PeriodReport:
    """Return a report whose services say what a miss of their own credits would cost.

    It is known ``at`` (ms UTC), of the window that runs when the period ends, or comes then.
    """
    moment = min(at, report.period.end)
    services = tuple(
        replace(one, stake=_own(one, catalogue, catalogue.service(one.id), moment))
        for one in report.services
    )
    return replace(report, services=services)


def _own(one: ServiceReport, catalogue: Catalogue, service: Service, moment: int) -> Stake | None:
    """Return what may fall due of a service by credits of its own, whose fee nobody knows."""
    run = None if one.contract is None else one.contract.running
    window = running_at(contract_kinds(catalogue, service), moment + 1) if run is None else run.span
    held = None if window is None else held_at(service, window.start)
    if window is None or held is None or not held.credits or held.window in ROLLING:
        return None  # of one that rolls and never closes no credit is ever due
    if not agreed_time(catalogue, service, window, one.began):
        return None
    steps, paid = _steps(held.credits), _Paid(None, catalogue.currency_at(window.start))
    if run is None:
        return _stake(steps, paid, window, None, [_Judged(None, None, 1.0, 0.0)])
    judged = _Judged(None, run.state, _left(run.figures.budget_remaining), _due(run, steps))
    return _stake(steps, paid, window, run.state, [judged])


def _steps(credits_agreed: Iterable[Credit]) -> list[tuple[Fraction, float]]:
    return [(ratio(one.below), one.credit) for one in credits_agreed]


def _left(remaining: float | None) -> float:
    return 1.0 if remaining is None else remaining


def _due(one: RunningWindow, steps: Sequence[tuple[Fraction, float]]) -> float:
    """Return what is due of a service as it stands; nothing while its budget may still last."""
    return (step(one.figures.availability, steps) or 0.0) if one.state == "lost" else 0.0


def _stake(
    steps: Sequence[tuple[Fraction, float]],
    paid: _Paid,
    span: Interval,
    state: WindowState | None,
    judged: Sequence[_Judged],
) -> Stake | None:
    if not steps or not judged:
        return None
    due = added([one.due for one in judged]) or 0.0
    most = added([max(credit for _, credit in steps)] * len(judged)) or 0.0
    for one in sorted(judged, key=lambda one: (_NEAREST.index(one.state), one.left)):
        found = _next(one.due, steps)
        if found is not None:
            below, credit = found
            rest = [other.due for other in judged if other is not one]
            percent = added([*rest, credit]) or 0.0
            if percent <= due:
                continue  # the whole fee is due already
            alone = one.name if len(judged) > 1 and one.state is not None else None
            return Stake(span, state, due, float(below), percent, most, *paid, alone)
    return Stake(span, state, due, None, due, most, *paid)


def _next(due: float, steps: Sequence[tuple[Fraction, float]]) -> tuple[Fraction, float] | None:
    """Return the first step that costs more than what is due."""
    return max((one for one in steps if one[1] > due), default=None)
