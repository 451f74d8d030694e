"""What surrounds the figures of a report: the period before, days, planned work, business."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from catalogue import Catalogue, Service
from sla_engine.domain.availability import Facts, Figures, figures
from sla_engine.domain.business import credit, impact
from sla_engine.domain.interval import Interval, clip, intersect, subtract, total
from sla_engine.domain.maintenance import Window
from sla_engine.domain.objective import ratio
from sla_engine.domain.period import Period, containing, shifted
from sla_engine.domain.report import Day, PeriodReport, ServiceReport, Work
from sla_engine.jobs.accounting import as_of, facts_of
from sla_engine.jobs.agreement import terms
from sla_engine.jobs.windows import concerns, windows_in
from sla_engine.ledger import Ledger

STRIP_DAYS = 90


def surrounded(
    report: PeriodReport, catalogue: Catalogue, ledger: Ledger, period: Period, now: int
) -> PeriodReport:
    """Return a report with what surrounds its figures (times in ms UTC)."""
    before = shifted(period, -1)
    days = strip(period, now)
    wide = Interval(min(before.start, days[0].start), period.end)
    chosen = [catalogue.service(s.id) for s in report.services]
    facts = facts_of(catalogue, ledger, wide, chosen)
    first, at = ledger.first_samples(), as_of(ledger, now)
    previous = Interval(before.start, before.end)
    windows = windows_in(catalogue, ledger.windows.all(), report.period)
    return replace(
        report,
        previous=previous,
        services=tuple(
            replace(
                _service(one, service, facts[one.id], report.period, at),
                previous=_figures(service, facts[one.id], previous, at),
                days=tuple(_days(service, facts[one.id], days, at)),
                began=_inside(first.get(one.id), report.period),
            )
            for one, service in zip(report.services, chosen, strict=True)
        ),
        works=tuple(_works(windows, chosen, facts, report.period, at)),
    )


def strip(period: Period, now: int) -> tuple[Interval, ...]:
    """Return the last 90 local days of a period, or up to ``now`` while it is not over."""
    day = containing("day", min(period.end, max(now, period.start + 1)) - 1, period.zone)
    days = [shifted(day, -back) for back in range(STRIP_DAYS - 1, -1, -1)]
    return tuple(Interval(d.start, d.end) for d in days)


def _service(
    report: ServiceReport, service: Service, facts: Facts, period: Interval, now: int
) -> ServiceReport:
    steps = ((ratio(step.below), step.credit) for step in service.credits)
    agreed = clip(facts.agreed, Interval(period.start, min(period.end, now)))
    return replace(
        report,
        windows=total(intersect(agreed, facts.planned)),
        impact=impact(report.figures, service.cost_per_hour),
        credit=credit(report.figures, steps),
    )


def _figures(service: Service, facts: Facts, period: Interval, now: int) -> Figures | None:
    """Return the figures of a part of what the facts speak of; None where nothing was owed."""
    agreed = clip(facts.agreed, period)
    if not agreed:
        return None
    part = replace(
        facts,
        agreed=agreed,
        outages=[
            o for o in facts.outages if o.start < period.end and period.start < o.until(now).end
        ],
        gaps=clip(facts.gaps, period),
        covered=clip(facts.covered, period),
    )
    return figures(part, terms(service, period.start), now)


def _days(service: Service, facts: Facts, days: Sequence[Interval], now: int) -> Iterator[Day]:
    """Yield the days; only those that something happened on are worth an account."""
    events = [outage.until(now) for outage in facts.outages]
    rest = [*facts.gaps, *_uncovered(facts, days, now)]
    for day in days:
        if any(_touches(event, day) for event in (*events, *rest)):
            found = _figures(service, facts, day, now)
        else:
            owed = total(clip(facts.agreed, Interval(day.start, min(day.end, now))))
            yield Day(day, owed, 1.0 if owed else None, 0, 0, 0)
            continue
        if found is None:
            yield Day(day, 0, None, 0, 0, 0)
        else:
            yield Day(
                day,
                found.agreed,
                found.availability,
                found.planned,
                found.unplanned,
                found.unknown,
            )


def _touches(a: Interval, b: Interval) -> bool:
    return a.start < b.end and b.start < a.end


def _uncovered(facts: Facts, days: Sequence[Interval], now: int) -> list[Interval]:
    """Return where nobody looked between the first of the days and ``now``."""
    holes, at = [], days[0].start
    for covered in facts.covered:
        holes.append(Interval(at, covered.start))
        at = max(at, covered.end)
    holes.append(Interval(at, min(now, days[-1].end)))
    return [hole for hole in holes if hole.length]


def _works(
    windows: Sequence[Window],
    services: Sequence[Service],
    facts: Mapping[str, Facts],
    period: Interval,
    now: int,
) -> Iterator[Work]:
    """Yield the occurrences that touch the period, with the downtime that fell into each."""
    for window in windows:
        concerned = [s for s in services if concerns(window.scope, s)]
        if not concerned or window.state(now) in {"rejected", "cancelled"}:
            continue
        for occurrence in window.occurrences:
            part = Interval(max(occurrence.start, period.start), min(occurrence.end, period.end))
            used = sum(
                total(subtract(clip((o.until(now),), part), facts[s.id].gaps))
                for s in concerned
                for o in facts[s.id].outages
            )
            yield Work(
                window.id,
                window.title,
                occurrence,
                tuple(s.name for s in concerned),
                window.requester,
                window.approval.author if window.approval else None,
                used,
                window.retroactive,
            )


def _inside(moment: int | None, period: Interval) -> int | None:
    """Return a moment that lies after the period's beginning."""
    return moment if moment is not None and period.start < moment < period.end else None
