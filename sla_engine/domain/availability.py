"""Availability and its companions of one service in one period (rules 4 to 6).

Every figure derives from the same intervals as the outage list, so that they cannot disagree.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from operator import attrgetter
from typing import NamedTuple, TypedDict

from sla_engine.domain.events import (
    MINUTE,
    Minute,
    Sliced,
    Slicing,
    Weighed,
    bad_slices,
    burnt,
    expected,
    judged,
    lost_time,
    planned_slices,
    slice_count,
    weigh,
)
from sla_engine.domain.interval import (
    Interval,
    Intervals,
    clip,
    intersect,
    subtract,
    total,
    union,
)
from sla_engine.domain.objective import Accounting
from sla_engine.domain.outage import Outage, OutageClass


@dataclass(frozen=True, slots=True)
class AccountingInput:
    """What the ledger knows of a service in and around a period; milliseconds UTC.

    ``outages`` and ``events`` are in order of their starts. ``covered`` are the stretches that were
    derived from samples: outside of them, and in ``gaps``, nothing is known. ``agreed`` is the
    agreed service time of the period, future included.
    ``planned`` are the approved maintenance windows, as a union. ``events`` are those of a service
    that counts them, from one ``slice`` (ms) before the period on: what is judged by its last
    millisecond may have begun before.
    """

    outages: Sequence[Outage]
    gaps: Intervals
    covered: Intervals
    agreed: Intervals
    planned: Intervals = ()
    events: Sequence[Minute] | None = None
    slice: int = MINUTE

    def within(self, period: Interval) -> "AccountingInput":
        """Return what of the facts is about a part of their period."""
        start, end = period
        events = self.events
        if events is not None:
            first = start - self.slice + 1
            events = events[bisect_left(events, (first,)) : bisect_left(events, (end,))]
        return AccountingInput(
            outages=self.outages[_first_after(self.outages, start) : _at(self.outages, end)],
            gaps=clip(self.gaps, period),
            covered=clip(self.covered, period),
            agreed=clip(self.agreed, period),
            planned=clip(self.planned, period),
            events=events,
            slice=self.slice,
        )


_EVER = -(2**62)
_START = attrgetter("start")


def _at(outages: Sequence[Outage], moment: int) -> int:
    """Return the place of the first outage that does not begin before a moment."""
    return bisect_left(outages, moment, key=_START)


def _first_after(outages: Sequence[Outage], moment: int) -> int:
    """Return the place of the first outage that ends after a moment."""
    at = _at(outages, moment)
    return at - 1 if at and outages[at - 1].until(moment + 1).end > moment else at


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a service: objective as a ratio, accounting, outages too short to count.

    ``slicing`` is how a service that counts events is judged where not by all of them at once.
    ``timed``: time judges it, although it counts events at another time.
    """

    objective: Fraction | None = None
    accounting: Accounting = field(default_factory=Accounting)
    min_outage: int = 0
    slicing: Slicing | None = None
    timed: bool = False


class Share(NamedTuple):
    """An outage's part of a period: milliseconds inside the agreed service time."""

    outage: Outage
    kind: OutageClass
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
    availability, what is left of the budget, and whether the objective is met, or else ``slices``
    do; ``allowed`` is how many of them may fail, and there is no budget of time; ``at_most`` is how
    many may if far more come than was seen so far. ``lost`` is what failed events cost in time
    (ms). ``exhausted`` is when the budget is used up if the last day's burn goes on (ms UTC), of a
    contract's window that runs.
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
    slices: Sliced | None = None
    allowed: float | None = None
    at_most: float | None = None
    lost: float | None = None
    exhausted: int | None = None

    @property
    def mtbsi(self) -> float | None:
        """Return the mean time between service incidents: MTBF + MTRS (ITIL Service Design)."""
        return None if self.mtbf is None or self.mtrs is None else self.mtbf + self.mtrs


def figures(facts: AccountingInput, terms: Terms, now: int) -> Figures:
    """Account for the agreed service time up to ``now`` (milliseconds UTC)."""
    agreed = clip(facts.agreed, Interval(_EVER, now))
    unknown = _unknown(facts, agreed)
    found = [share(outage, agreed, unknown, facts.planned, now) for outage in facts.outages]
    found = [share for share in found if share.planned or share.unplanned]
    planned, unplanned = sum([s.planned for s in found]), sum([s.unplanned for s in found])
    owed, blind = total(agreed), total(unknown)
    excluded, lost = _policies(terms.accounting, planned, blind)
    judged, known = owed - excluded, owed - blind
    good = judged - unplanned - lost if known and judged else None
    counted, short = _counted(found, terms.min_outage, now)
    mtbf, mtrs = _means(counted, good)
    timed = Figures(
        agreed=owed,
        excluded=excluded,
        planned=planned,
        unplanned=unplanned,
        unknown=blind,
        availability=None if good is None else good / judged,
        coverage=known / owed if owed else None,
        **_against(terms.objective, total(facts.agreed) - excluded, judged, good),
        shares=counted,
        short=short,
        mtbf=mtbf,
        mtrs=mtrs,
        longest=max([s.down for s in counted], default=None),
    )
    if facts.events is None or terms.timed:
        return timed
    return _by_events(timed, facts, terms, agreed, unknown)


def shares(facts: AccountingInput, now: int) -> list[Share]:
    """Return every outage's part of the agreed time up to ``now`` (ms UTC), if only nothing."""
    agreed = clip(facts.agreed, Interval(_EVER, now))
    unknown = _unknown(facts, agreed)
    return [share(outage, agreed, unknown, facts.planned, now) for outage in facts.outages]


def _unknown(facts: AccountingInput, agreed: Intervals) -> Intervals:
    """Return the agreed time of which nothing is known."""
    holes = subtract(agreed, facts.covered)
    return union(holes, intersect(agreed, facts.gaps)) if facts.gaps else holes


def _counted(
    shares: Sequence[Share], min_outage: int, now: int
) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
    """Return the shares of outages that count, and of those that are too short."""
    if not min_outage:
        return tuple(shares), ()
    short = tuple(s for s in shares if s.outage.until(now).length < min_outage)
    return tuple(s for s in shares if s not in short), short


def _by_events(
    timed: Figures, facts: AccountingInput, terms: Terms, agreed: Intervals, unknown: Intervals
) -> Figures:
    """Let events, not time, say how available a service was; a period without one is unknown."""
    assert facts.events is not None  # noqa: S101 - the caller looked
    planned = _planned_failures(facts, agreed)
    found = weigh(facts.events, agreed, planned, terms.accounting.maintenance)
    lost = lost_time(facts.events, agreed, planned)
    timed = replace(timed, events=found, lost=lost, budget=None)
    if terms.slicing is not None:
        slices, owed = _sliced(facts, terms, agreed, unknown, planned)
        timed = replace(timed, slices=slices)
        return _held(timed, terms.objective, slices.good, slices.total, owed)
    owed = total(agreed)
    coming = expected(found.total, owed - total(unknown), total(facts.agreed) - owed)
    held = _held(timed, terms.objective, found.good, found.total, coming.total)
    if terms.objective is None or coming.at_most == coming.total:
        return held
    return replace(held, at_most=float(1 - terms.objective) * coming.at_most)


def _planned_failures(facts: AccountingInput, agreed: Intervals) -> Intervals:
    """Return when failures count as planned: inside windows, unless somebody decided otherwise."""
    planned = facts.planned
    for outage in facts.outages:
        if outage.reclassified is not None and agreed:
            span = (outage.until(agreed[-1].end),)
            by_hand = outage.reclassified == "planned"
            planned = union(planned, span) if by_hand else subtract(planned, span)
    return planned


def _held(
    timed: Figures, objective: Fraction | None, good: float, judged: float, owed: float
) -> Figures:
    """Hold good events or slices against the objective; ``owed`` are those of the whole period."""
    if not judged:
        return replace(timed, availability=None, met=None, budget_remaining=None)
    if objective is None:
        return replace(timed, availability=good / judged, met=None, budget_remaining=None)
    allowed = float(1 - objective) * owed
    return replace(
        timed,
        availability=good / judged,
        met=good >= float(objective) * judged - 1e-9 * judged,
        budget_remaining=1 - (judged - good) / allowed if allowed else None,
        allowed=allowed,
    )


def _sliced(
    facts: AccountingInput,
    terms: Terms,
    agreed: Intervals,
    unknown: Intervals,
    planned: Intervals,
) -> tuple[Sliced, int]:
    """Return the slices up to now, and how many count in all, those to come included."""
    accounting, slicing = terms.accounting, terms.slicing
    assert slicing is not None  # noqa: S101 - the caller looked
    known = subtract(agreed, unknown)
    bad = bad_slices(facts.events or (), slicing, known)
    in_windows = planned_slices(bad, planned)
    count = slice_count(known, slicing)
    good = count - sum(1 - one.good for one in bad)
    excluded = 0
    if accounting.maintenance == "exclude":
        excluded += len(in_windows)
        good -= sum(one.good for one in in_windows)
    elif accounting.maintenance == "count_up":
        good += sum(1 - one.good for one in in_windows)
    blind = slice_count(agreed, slicing) - count
    if accounting.unknown == "exclude":
        excluded += blind
    elif accounting.unknown == "count_up":
        good += blind
    judged = count + blind - excluded
    if not count:
        judged = 0
    return Sliced(good, judged, slicing), slice_count(facts.agreed, slicing) - excluded


def budget_course(
    facts: AccountingInput, terms: Terms, figures: Figures, period: Interval
) -> tuple[tuple[int, float], ...]:
    """Return how the budget of events or slices was used up: moments (ms UTC), what was left of 1.

    Args:
        facts: of the period.
        terms: what held then.
        figures: what was made of both; the last point is their ``budget_remaining``.
        period: of the figures, up to where they reach.
    """
    if facts.events is None or not figures.allowed:
        return ()
    agreed = clip(facts.agreed, period)
    planned = _planned_failures(facts, agreed)
    policy = terms.accounting.maintenance
    spent = [
        (m.start + MINUTE - 1, m.failed) for m in judged(facts.events, agreed, planned, policy)
    ]
    if terms.slicing is not None:
        known = subtract(agreed, _unknown(facts, agreed))
        bad = bad_slices(facts.events, terms.slicing, known)
        freed = () if policy == "count_down" else planned_slices(bad, planned)
        spent = [(one.last, 1 - one.good) for one in bad if one not in freed]
    return burnt(spent, figures.allowed, period)


class _Judgement(TypedDict):
    budget: float | None
    budget_remaining: float | None
    met: bool | None


def _against(objective: Fraction | None, owed: int, judged: int, good: int | None) -> _Judgement:
    """Hold the good time against the objective, exactly: 99.9 % of 1000 s is met by 999 s.

    The error budget is what may be lost of the owed time: ``(1 - objective) x owed`` (Site
    Reliability Engineering, chapter 3).
    """
    if objective is None:
        return _Judgement(budget=None, budget_remaining=None, met=None)
    # In whole numbers, of which the last step divides two: as exact as fractions, and faster.
    parts = objective.denominator
    budget = (parts - objective.numerator) * owed
    if good is None:
        return _Judgement(budget=budget / parts, budget_remaining=None, met=None)
    left = (budget - (judged - good) * parts) / budget if budget > 0 else None
    met = good * parts >= objective.numerator * judged
    return _Judgement(budget=budget / parts, budget_remaining=left, met=met)


def _policies(accounting: Accounting, planned: int, unknown: int) -> tuple[int, int]:
    """Return what of planned and unknown time is excluded, and what counts as lost."""
    kinds = ((accounting.maintenance, planned), (accounting.unknown, unknown))
    excluded = sum([time for policy, time in kinds if policy == "exclude"])
    return excluded, sum([time for policy, time in kinds if policy == "count_down"])


def share(
    outage: Outage, agreed: Intervals, unknown: Intervals, windows: Intervals, now: int
) -> Share:
    """Return an outage's part of the agreed time, split by what is known and planned (rule 4)."""
    inside = clip(agreed, outage.until(now))
    down = subtract(inside, unknown)
    lasted = total(down)
    blind = 0 if down is inside else total(inside) - lasted
    planned = _planned(outage, down, windows)
    if not planned:
        return Share(outage, "unplanned", 0, lasted, blind)
    unplanned = subtract(down, planned)
    return Share(outage, _kind(planned, unplanned), total(planned), total(unplanned), blind)


def _planned(outage: Outage, down: Intervals, windows: Intervals) -> Intervals:
    match outage.reclassified:
        case "planned":
            return down
        case "unplanned":
            return ()
        case None:
            return intersect(down, windows) if windows else ()


def _kind(planned: Intervals, unplanned: Intervals) -> OutageClass:
    """An overrun goes on after its window; one that a window only interrupts is unplanned."""
    if not unplanned:
        return "planned"
    return "overrun" if unplanned[-1].end > planned[0].start else "unplanned"


def _means(shares: Sequence[Share], uptime: int | None) -> tuple[float | None, float | None]:
    """Return MTBF and MTRS over the unplanned outages (ITIL Service Design), None without any."""
    failures = [share for share in shares if share.unplanned]
    if not failures or uptime is None:
        return None, None
    return uptime / len(failures), sum(s.unplanned for s in failures) / len(failures)
