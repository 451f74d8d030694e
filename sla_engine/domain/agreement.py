"""What an agreement promised and what was kept, over several services (rule 16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from fractions import Fraction
from typing import Literal, NamedTuple

from sla_engine.domain.availability import AccountingInput
from sla_engine.domain.contract_window import WindowState
from sla_engine.domain.events import Weighed
from sla_engine.domain.interval import (
    Interval,
    Intervals,
    clip,
    complement,
    intersect,
    subtract,
    total,
    union,
)

Rule = Literal["each", "worst", "weighted", "all"]
Unit = Literal["time", "events", "slices"]
NoBudget = Literal["nothing_promised", "nothing_known"]


class Budget(NamedTuple):
    """What may be lost of a window that runs, and what was: milliseconds, events or slices.

    ``service`` is whose it is where a rule judges each, or the worst: the one with least left.
    """

    allowed: float
    used: float
    unit: Unit = "time"
    service: str | None = None

    @property
    def left(self) -> float:
        """Return what may still be lost; less than nothing where more was than may."""
        return self.allowed - self.used

    @property
    def left_ratio(self) -> float | None:
        """Return what is left, of 1; None where nothing may be lost."""
        return self.left / self.allowed if self.allowed else None


class Part(NamedTuple):
    """A service's part of an agreement's window: availability (ratio), verdict, credit percent.

    ``unplanned`` is how long it was down in the window (ms), ``down`` are the outages (ms UTC);
    ``events`` are those of a service that counts them.
    """

    service: str
    availability: float | None
    met: bool | None
    credit: float | None
    unplanned: int
    down: Intervals = ()
    events: Weighed | None = None

    @property
    def failed(self) -> float:
        """Return how many events failed; none of a service that does not count them."""
        return 0.0 if self.events is None else self.events.failed


@dataclass(frozen=True, slots=True)
class AgreementWindow:
    """A window of an agreement: one figure, its verdict, and what is due.

    ``credit`` is a percent of the ``fee``, ``money`` the amount, both in the ``currency`` that was
    agreed when it began; ``state`` is there while it runs, and either ``budget`` or why there is
    none (``no_budget``).
    """

    span: Interval
    parts: tuple[Part, ...]
    availability: float | None
    met: bool | None = None
    credit: float | None = None
    money: float | None = None
    state: WindowState | None = None
    exhausted: int | None = None
    fee: float | None = None
    currency: str = ""
    budget: Budget | None = None
    no_budget: NoBudget | None = None


class Stake(NamedTuple):
    """What falls due if a window of an agreement gets worse: percents of its fee.

    ``due`` is what is due as it stands, of a window that is lost. ``percent`` is due in all where
    the next step is fallen short of, which is ``below`` so much (ratio; None where all steps are
    reached); ``most`` is all that can fall due. ``state`` is None of a window that only comes;
    ``service`` is whose step it is, where the rule judges each alone.
    """

    span: Interval
    state: WindowState | None
    due: float
    below: float | None
    percent: float
    most: float
    fee: float | None
    currency: str
    service: str | None = None

    def money(self, percent: float) -> float | None:
        """Return so many percent of the fee, in ``currency``; None where it is not known."""
        return None if self.fee is None else self.fee * percent / 100


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """An agreement in a period: the windows that closed, and the one that runs.

    ``zone`` is the one in which its windows begin. ``fee`` and ``currency`` are those of the last
    window that closed; an earlier one may have had others. ``stake`` is what may fall due next, of
    the window that runs, or of the one that comes; None where no credits were agreed.
    """

    id: str
    customer: str
    rule: Rule
    window: str
    objective: float | None
    fee: float | None
    currency: str
    closed: tuple[AgreementWindow, ...] = ()
    running: AgreementWindow | None = None
    zone: tzinfo | None = None
    stake: Stake | None = None

    @property
    def met(self) -> bool | None:
        """Say whether every window that closed was met; None where none could be judged."""
        judged = [one.met for one in self.closed if one.met is not None]
        return all(judged) if judged else None

    @property
    def money(self) -> float | None:
        """Return what is due for the windows that closed, in ``currency``."""
        return self.due.get(self.currency)

    def paid_in(self, window: AgreementWindow) -> str:
        """Return the currency of a window."""
        return window.currency or self.currency

    @property
    def due(self) -> dict[str, float]:
        """Return what is due for the windows that closed, by currency."""
        found: dict[str, float] = {}
        for one in self.closed:
            if one.money is not None:
                currency = self.paid_in(one)
                found[currency] = found.get(currency, 0.0) + one.money
        return found


def worst(parts: Mapping[str, float | None]) -> float | None:
    """Return the least availability; what is not known is left out."""
    return min((one for one in parts.values() if one is not None), default=None)


def weighted(parts: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """Return sum(w x A) / sum(w) over those that are known; without a weight it counts 1."""
    known = {name: one for name, one in parts.items() if one is not None}
    if not known:
        return None
    whole = sum(weights.get(name, 1.0) for name in known)
    return sum(weights.get(name, 1.0) * one for name, one in known.items()) / whole


class Together(NamedTuple):
    """Time agreed for all of several services, up to a moment (ms).

    ``judged`` is what counts of it, ``lost`` when not all were up.
    """

    agreed: int
    judged: int
    lost: int


def all_up(facts: Sequence[AccountingInput], now: int) -> float | None:
    """Return the part of the time agreed for all in which all were up, as a ratio (`together`)."""
    found = together(facts, now)
    if found is None or not found.judged:
        return None
    return (found.judged - found.lost) / found.judged


def agreed_for_all(facts: Sequence[AccountingInput]) -> Intervals:
    """Return the time that is agreed for each of some services."""
    if not facts:
        return ()
    agreed = facts[0].agreed
    for one in facts[1:]:
        agreed = intersect(agreed, one.agreed)
    return agreed


def together(facts: Sequence[AccountingInput], now: int) -> Together | None:
    """Return what was lost of the time agreed for all, up to a moment; None where there is none.

    Known downtime of one is downtime of all, whatever is unknown of another. What is planned of
    everything that is down, and what is unknown of any while none is down, does not count.
    """
    if not facts or not all(one.agreed for one in facts):
        return None
    agreed = clip(agreed_for_all(facts), Interval(facts[0].agreed[0].start, now))
    if not agreed:
        return None
    whole = Interval(agreed[0].start, agreed[-1].end)
    unplanned: Intervals = ()
    planned: Intervals = ()
    blind: Intervals = ()
    for one in facts:
        unknown = union(complement(clip(one.covered, whole), whole), one.gaps)
        blind = union(blind, unknown)
        for outage in one.outages:
            down = subtract((outage.until(now),), unknown)
            work = _planned(outage.reclassified, down, one.planned)
            unplanned, planned = union(unplanned, subtract(down, work)), union(planned, work)
    lost = intersect(agreed, unplanned)
    left_out = subtract(intersect(agreed, union(planned, blind)), lost)
    return Together(total(agreed), total(agreed) - total(left_out), total(lost))


def _planned(reclassified: str | None, down: Intervals, windows: Intervals) -> Intervals:
    if reclassified == "planned":
        return down
    return () if reclassified == "unplanned" else intersect(down, windows)


def holds(availability: float | None, objective: Fraction | None) -> bool | None:
    """Say whether an availability meets an objective; None where either is not known."""
    if availability is None or objective is None:
        return None
    return availability >= float(objective) - 1e-12


def step(availability: float | None, steps: Sequence[tuple[Fraction, float]]) -> float | None:
    """Return the percent of the fee that is due: the highest step that was fallen short of."""
    if availability is None or not steps:
        return None
    return max((due for below, due in steps if availability < float(below)), default=0.0)


def added(credits_due: Sequence[float | None]) -> float | None:
    """Return credits of several services added up, at most the whole fee (percent)."""
    known = [one for one in credits_due if one is not None]
    return min(100.0, sum(known)) if known else None
