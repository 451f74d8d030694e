"""Periods that follow one another, each in a few sums, and their year so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sla_engine.domain.availability import Figures
from sla_engine.domain.interval import Interval


class Entry(NamedTuple):
    """A service in a period: `part_of` the id of its composite, ``impact`` what downtime cost."""

    id: str
    part_of: str | None
    met: bool | None
    figures: Figures
    impact: float | None


@dataclass(frozen=True, slots=True)
class PeriodTotals:
    """All services in a period: milliseconds, and how many objectives were judged and met.

    Components count within their composite. ``inside`` is how many outages neither began before
    nor went on after it, ``crossing`` the ids of the others. ``cost`` is what unplanned downtime
    cost, None where nothing has a price; ``owed`` what customers are due, by currency. ``missing``
    is how many services could not be computed.
    """

    span: Interval
    judged: int = 0
    met: int = 0
    agreed: int = 0
    unknown: int = 0
    planned: int = 0
    unplanned: int = 0
    inside: int = 0
    crossing: frozenset[str] = frozenset()
    cost: float | None = None
    owed: Mapping[str, float] = field(default_factory=dict)
    missing: int = 0

    @property
    def outages(self) -> int:
        """Return how many outages touched the period."""
        return self.inside + len(self.crossing)

    @property
    def coverage(self) -> float | None:
        """Return the part of the agreed time that is known; None where nothing was owed."""
        return (self.agreed - self.unknown) / self.agreed if self.agreed else None


def totals(
    span: Interval, entries: Sequence[Entry], owed: Mapping[str, float], missing: int = 0
) -> PeriodTotals:
    """Return the sums of a period."""
    there = {one.id for one in entries}
    priced = {one.id for one in entries if one.impact is not None}
    own = [one for one in entries if one.part_of not in there]
    costs = [one.impact for one in entries if one.impact is not None and one.part_of not in priced]
    judged = [one.met for one in own if one.met is not None]
    outages = [share.outage for one in own for share in one.figures.shares]
    crossing = [o.id for o in outages if o.start < span.start or o.end is None or o.end > span.end]
    return PeriodTotals(
        span,
        judged=len(judged),
        met=sum(judged),
        agreed=sum(one.figures.agreed for one in own),
        unknown=sum(one.figures.unknown for one in own),
        planned=sum(one.figures.planned for one in own),
        unplanned=sum(one.figures.unplanned for one in own),
        inside=len(outages) - len(crossing),
        crossing=frozenset(crossing),
        cost=sum(costs) if costs else None,
        owed=dict(owed),
        missing=missing,
    )


def joined(parts: Sequence[PeriodTotals]) -> PeriodTotals | None:
    """Return the sums of periods that follow one another; None of none."""
    if not parts:
        return None
    costs = [one.cost for one in parts if one.cost is not None]
    return PeriodTotals(
        Interval(parts[0].span.start, parts[-1].span.end),
        judged=sum(one.judged for one in parts),
        met=sum(one.met for one in parts),
        agreed=sum(one.agreed for one in parts),
        unknown=sum(one.unknown for one in parts),
        planned=sum(one.planned for one in parts),
        unplanned=sum(one.unplanned for one in parts),
        inside=sum(one.inside for one in parts),
        crossing=frozenset().union(*(one.crossing for one in parts)),
        cost=sum(costs) if costs else None,
        owed=added(one.owed for one in parts),
        missing=max(one.missing for one in parts),
    )


def added(sums: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return amounts added up by currency."""
    found: dict[str, float] = {}
    for one in sums:
        for currency, amount in one.items():
            found[currency] = found.get(currency, 0.0) + amount
    return found
