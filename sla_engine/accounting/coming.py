"""The planned work that comes after a report's period, as it was known when the report was made."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from service_catalogue import Service
from sla_engine.domain.contract_window import DAY
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import MaintenanceWindow
from sla_engine.domain.period import Period, containing, shifted
from sla_engine.domain.report import Coming, PeriodReport, Planned
from sla_engine.ledger import Books
from sla_engine.maintenance.windows import concerns, windows_known

_MONTH = 31 * DAY


def with_coming(
    report: PeriodReport, books: Books, period: Period, chosen: Sequence[Service], now: int
) -> PeriodReport:
    """Return a report with the work that begins in the time after its period; ``now`` in ms UTC.

    Of a period that was frozen it is what was known then: what was asked for later is left out.
    """
    frozen = books.ledger.frozen.first(report.period)
    known = max((frozen[s.id].time for s in chosen if s.id in frozen), default=now)
    after = following(period)
    windows = windows_known(books.catalogue, books.ledger.windows.touching(after), after, known)
    works = sorted(_works(windows, chosen, after), key=lambda one: (one.span, one.id))
    return replace(report, coming=Coming(after, known, tuple(works)))


def following(period: Period) -> Interval:
    """Return the time after a period that its readers plan for: as long, a month at most."""
    if period.duration <= _MONTH:
        after = shifted(period, 1)
        return Interval(after.start, after.end)
    return Interval(period.end, containing("month", period.end, period.zone).end)


def _works(
    windows: Sequence[MaintenanceWindow], chosen: Sequence[Service], after: Interval
) -> Iterator[Planned]:
    for window in windows:
        concerned = [s for s in chosen if concerns(window.scope, s)]
        if not concerned or window.holding[-1].kind in {"rejected", "cancelled"}:
            continue
        for occurrence in window.occurrences:
            if after.start <= occurrence.start < after.end:
                yield Planned(
                    window.id,
                    window.title,
                    occurrence,
                    tuple(s.id for s in concerned),
                    tuple(s.name for s in concerned),
                    window.requester,
                    window.approval.author if window.approval else None,
                    window.approved_at,
                    window.by_two,
                )
