"""Availability and its companions of one service in one period (rules 4 to 6).

Every figure derives from the same intervals as the outage list, so that they cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import compress
from typing import TypedDict

from sla_engine.domain.events import Minute, Weighed, weigh
from sla_engine.domain.interval import (
    Interval,
    Intervals,
    clip,
    intersect,
    subtract,
    total,
    union,
)
from sla_engine.domain.objective import Accounting, error_budget
from sla_engine.domain.outage import Kind, Outage


@dataclass(frozen=True, slots=True)
class Facts:
    """What the ledger knows of a service in and around a period; milliseconds UTC.

    ``covered`` are the stretches that were derived from samples: outside of them, and in ``gaps``,
    nothing is known. ``agreed`` is the agreed service time of the period, future included.
    ``planned`` are the approved maintenance windows, as a union. ``events`` are those of a service
    that counts them.
    """

    outages: Sequence[Outage]
    gaps: Intervals
    covered: Intervals
    agreed: Intervals
    planned: Intervals = ()
    events: Sequence[Minute] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a service: objective as a ratio, accounting, outages too short to count."""

    objective: Fraction | None = None
    accounting: Accounting = field(default_factory=Accounting)
    min_outage: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """An outage's part of a period: milliseconds inside the agreed service time."""

    outage: Outage
    kind: Kind
    planned: int
    unplanned: int
    unknown: int

    @property
    def down(self) -> int:
        """Return the known downtime, milliseconds."""
        return self.planned + self.unplanned


@dataclass(frozen=True, slots=True)
class Figures:
    """One service in one period; milliseconds, ratios from 0 to 1, None where nothing is known.

    ``shares`` are the outages with downtime in the agreed time that count; ``short`` are those
    under ``min_outage``: their seconds count, they do not. Where there are ``events``, these make
    availability, what is left of the budget, and whether the objective is met.
    """

    agreed: int
    excluded: int
    planned: int
    unplanned: int
    unknown: int
    availability: float | None
    coverage: float | None
    budget: float | None
    budget_remaining: float | None
    met: bool | None
    shares: tuple[Share, ...]
    short: tuple[Share, ...]
    mtbf: float | None
    mtrs: float | None
    longest: int | None
    events: Weighed | None = None

    @property
    def mtbsi(self) -> float | None:
        """Return the mean time between service incidents: MTBF + MTRS (ITIL Service Design)."""
        return None if self.mtbf is None or self.mtrs is None else self.mtbf + self.mtrs


def figures(facts: Facts, terms: Terms, now: int) -> Figures:
    """Account for the agreed service time up to ``now`` (milliseconds UTC)."""
    past = Interval(-(2**62), now)
    agreed = clip(facts.agreed, past)
    unknown = intersect(agreed, union(facts.gaps, subtract(agreed, facts.covered)))
    shares = [share(outage, agreed, unknown, facts.planned, now) for outage in facts.outages]
    shares = [share for share in shares if share.down]
    planned, unplanned = sum(s.planned for s in shares), sum(s.unplanned for s in shares)
    owed = {"agreed": total(agreed), "unknown": total(unknown), "planned": planned}
    accounting = terms.accounting
    excluded = sum(owed[k] for k in _under(accounting, "exclude"))
    lost = unplanned + sum(owed[k] for k in _under(accounting, "count_down"))
    judged, known = owed["agreed"] - excluded, owed["agreed"] - owed["unknown"]
    good = judged - lost if known and judged else None
    long_enough = [s.outage.until(now).length >= terms.min_outage for s in shares]
    counted = tuple(compress(shares, long_enough))
    mtbf, mtrs = _means(counted, good)
    timed = Figures(
        agreed=owed["agreed"],
        excluded=excluded,
        planned=planned,
        unplanned=unplanned,
        unknown=owed["unknown"],
        availability=None if good is None else good / judged,
        coverage=known / owed["agreed"] if owed["agreed"] else None,
        **_against(terms.objective, total(facts.agreed) - excluded, judged, good),
        shares=counted,
        short=tuple(s for s, counts in zip(shares, long_enough, strict=True) if not counts),
        mtbf=mtbf,
        mtrs=mtrs,
        longest=max((s.down for s in counted), default=None),
    )
    return timed if facts.events is None else _by_events(timed, facts, terms, agreed, unknown)


def _by_events(
    timed: Figures, facts: Facts, terms: Terms, agreed: Intervals, unknown: Intervals
) -> Figures:
    """Let events, not time, say how available a service was; a period without one is unknown."""
    assert facts.events is not None  # noqa: S101 - the caller looked
    planned: Intervals = ()
    for outage in facts.outages:
        down = subtract(clip(agreed, outage.until(agreed[-1].end)), unknown) if agreed else ()
        planned = union(planned, _planned(outage, down, facts.planned))
    found = weigh(facts.events, agreed, planned, terms.accounting.maintenance)
    met = left = None
    if terms.objective is not None and found.total:
        met = found.good >= float(terms.objective) * found.total - 1e-9 * found.total
        left = 1 - (found.total - found.good) / (float(1 - terms.objective) * found.total)
    return replace(timed, availability=found.ratio, met=met, budget_remaining=left, events=found)


class _Judgement(TypedDict):
    budget: float | None
    budget_remaining: float | None
    met: bool | None


def _against(objective: Fraction | None, owed: int, judged: int, good: int | None) -> _Judgement:
    """Hold the good time against the objective, exactly: 99.9 % of 1000 s is met by 999 s."""
    if objective is None:
        return _Judgement(budget=None, budget_remaining=None, met=None)
    budget = error_budget(objective, owed)
    if good is None:
        return _Judgement(budget=float(budget), budget_remaining=None, met=None)
    left = float(1 - (judged - good) / budget) if budget > 0 else None
    met = good >= objective * judged
    return _Judgement(budget=float(budget), budget_remaining=left, met=met)


def _under(accounting: Accounting, policy: str) -> list[str]:
    """Return which of planned and unknown time a policy governs."""
    kinds = {"planned": accounting.maintenance, "unknown": accounting.unknown}
    return [kind for kind, chosen in kinds.items() if chosen == policy]


def share(
    outage: Outage, agreed: Intervals, unknown: Intervals, windows: Intervals, now: int
) -> Share:
    """Return an outage's part of the agreed time, split by what is known and planned (rule 4)."""
    inside = clip(agreed, outage.until(now))
    down = subtract(inside, unknown)
    planned = _planned(outage, down, windows)
    unplanned = subtract(down, planned)
    return Share(
        outage=outage,
        kind=_kind(planned, unplanned),
        planned=total(planned),
        unplanned=total(unplanned),
        unknown=total(inside) - total(down),
    )


def _planned(outage: Outage, down: Intervals, windows: Intervals) -> Intervals:
    match outage.reclassified:
        case "planned":
            return down
        case "unplanned":
            return ()
        case None:
            return intersect(down, windows)


def _kind(planned: Intervals, unplanned: Intervals) -> Kind:
    """An overrun goes on after its window; one that a window only interrupts is unplanned."""
    if not planned:
        return "unplanned"
    if not unplanned:
        return "planned"
    return "overrun" if unplanned[-1].end > planned[0].start else "unplanned"


def _means(shares: Sequence[Share], uptime: int | None) -> tuple[float | None, float | None]:
    """Return MTBF and MTRS over the unplanned outages (ITIL Service Design), None without any."""
    failures = [share for share in shares if share.unplanned]
    if not failures or uptime is None:
        return None, None
    return uptime / len(failures), sum(s.unplanned for s in failures) / len(failures)
