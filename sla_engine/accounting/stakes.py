"""What falls due if an agreement is missed: the next step of its credits, in money."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from service_catalogue.agreement import Agreement
from sla_engine.domain.agreement import AgreementWindow, Stake, added, step
from sla_engine.domain.contract_window import RunningWindow, WindowState
from sla_engine.domain.interval import Interval
from sla_engine.domain.objective import ratio

_NEAREST: tuple[WindowState | None, ...] = ("at_risk", "on_course", None, "lost")
"""Whose next step is told where each service has its own: who is nearest to the first one."""


class _Judged(NamedTuple):
    """What has a ladder of its own: a service where each is judged alone, else the agreement."""

    name: str | None
    state: WindowState | None
    left: float
    due: float


def stake_that_runs(
    held: Agreement,
    currency: str,
    window: AgreementWindow,
    parts: Mapping[str, RunningWindow],
) -> Stake | None:
    """Return what may fall due of a window that runs, by the terms that it has (``held``).

    ``parts`` are the windows of its services, by name. None where there are no credits.
    """
    steps = _steps(held)
    if held.rule == "each":
        judged = [
            _Judged(name, one.state, _left(one.figures.budget_remaining), _due(one, steps))
            for name, one in parts.items()
        ]
    else:
        lost = window.state == "lost"
        due = step(window.availability, steps) if lost else None
        judged = [_Judged(None, window.state, 0.0, due or 0.0)]
    return _stake(held, currency, window.span, window.state, judged)


def stake_to_come(
    held: Agreement, currency: str, span: Interval, services: Sequence[str]
) -> Stake | None:
    """Return what may fall due of a window that has not begun; None where there are no credits."""
    names: Sequence[str | None] = services if held.rule == "each" else [None]
    return _stake(held, currency, span, None, [_Judged(name, None, 1.0, 0.0) for name in names])


def _steps(held: Agreement) -> list[tuple[Fraction, float]]:
    return [(ratio(one.below), one.credit) for one in held.credits]


def _left(remaining: float | None) -> float:
    return 1.0 if remaining is None else remaining


def _due(one: RunningWindow, steps: Sequence[tuple[Fraction, float]]) -> float:
    """Return what is due of a service as it stands; nothing while its budget may still last."""
    return (step(one.figures.availability, steps) or 0.0) if one.state == "lost" else 0.0


def _stake(
    held: Agreement,
    currency: str,
    span: Interval,
    state: WindowState | None,
    judged: Sequence[_Judged],
) -> Stake | None:
    steps = _steps(held)
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
            alone = one.name if len(judged) > 1 and one.state is not None else None
            return Stake(span, state, due, float(below), percent, most, held.fee, currency, alone)
    return Stake(span, state, due, None, due, most, held.fee, currency)


def _next(due: float, steps: Sequence[tuple[Fraction, float]]) -> tuple[Fraction, float] | None:
    """Return the first step that costs more than what is due."""
    return max((one for one in steps if one[1] > due), default=None)
