"""What the first page of a report says: the figures of all services in a few."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from sla_engine.domain.contract_window import WindowState
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.trend import PeriodTotals, joined

LOW_COVERAGE = 0.99
"""Under this coverage a figure is shown with a warning: it speaks of too little of the period."""
_WORST = 3


@dataclass(frozen=True, slots=True)
class Summary:
    """Services by verdict and in all; milliseconds, ``coverage`` a ratio.

    Components count within the composite that they are reported under, but for ``thin``.

    ``unjudged`` have no objective or no data; those ``on_course``, ``at_risk`` and ``lost`` have a
    contract whose window is not over. ``worst`` are up to three that lost the most of what
    they may lose, whether they missed their objective or not.
    """

    met: tuple[ServiceReport, ...]
    missed: tuple[ServiceReport, ...]
    unjudged: tuple[ServiceReport, ...]
    on_course: tuple[ServiceReport, ...]
    at_risk: tuple[ServiceReport, ...]
    lost: tuple[ServiceReport, ...]
    worst: tuple[ServiceReport, ...]
    planned: int
    unplanned: int
    outages: int
    coverage: float | None
    thin: tuple[ServiceReport, ...]

    @property
    def running(self) -> tuple[ServiceReport, ...]:
        """Return those whose contract has no verdict yet, but a state."""
        return (*self.on_course, *self.at_risk, *self.lost)


class Downtime(NamedTuple):
    """Downtime of all services in a period (ms)."""

    unplanned: int
    planned: int


def down_before(report: PeriodReport) -> Downtime | None:
    """Return the downtime of the period before; None where nothing of it is known.

    An agreement may have had other services then, which its months know.
    """
    told = _months_before(report) if report.customer else None
    if told is not None:
        return Downtime(told.unplanned, told.planned) if told.agreed else None
    known = [one.previous for one in counted(report.services) if one.previous is not None]
    if not known:
        return None
    return Downtime(sum(one.unplanned for one in known), sum(one.planned for one in known))


def _months_before(report: PeriodReport) -> PeriodTotals | None:
    """Return the sums of the period before, where the trend has all of it."""
    before = report.previous
    if before is None:
        return None
    whole = joined([o for o in report.trend if before.start <= o.span.start < before.end])
    return whole if whole is not None and whole.span == before else None


def summarize(services: Sequence[ServiceReport]) -> Summary:
    """Return the summary of these services."""
    every, services = services, counted(services)
    agreed = sum(s.figures.agreed for s in services)
    unknown = sum(s.figures.unknown for s in services)
    said: dict[bool | WindowState | None, list[ServiceReport]] = defaultdict(list)
    for one in services:
        met = one.met
        said[one.state if met is None else met].append(one)
    return Summary(
        met=tuple(said[True]),
        missed=tuple(said[False]),
        unjudged=tuple(said[None]),
        on_course=tuple(said["on_course"]),
        at_risk=tuple(said["at_risk"]),
        lost=tuple(said["lost"]),
        worst=_worst(services),
        planned=sum(s.figures.planned for s in services),
        unplanned=sum(s.figures.unplanned for s in services),
        outages=sum(len(s.figures.shares) for s in services),
        coverage=(agreed - unknown) / agreed if agreed else None,
        thin=tuple(s for s in every if is_thin(s)),
    )


def counted(services: Sequence[ServiceReport]) -> list[ServiceReport]:
    """Return the services that count: a component's downtime is in its composite's."""
    there = {service.id for service in services}
    return [service for service in services if service.part_of not in there]


def is_thin(service: ServiceReport) -> bool:
    """Say whether too little is known of a service."""
    coverage = service.figures.coverage
    return coverage is not None and coverage < LOW_COVERAGE


def _worst(services: Sequence[ServiceReport]) -> tuple[ServiceReport, ...]:
    hurt = [s for s in services if s.figures.unplanned or s.met is False]
    return tuple(nsmallest(_WORST, hurt, key=_rank))


def _rank(service: ServiceReport) -> tuple[float, float, str]:
    """Order by budget left, then by availability; a service without objective comes last."""
    left, availability = service.budget_remaining, service.figures.availability
    return (
        float("inf") if left is None else left,
        1.0 if availability is None else availability,
        service.id,
    )
