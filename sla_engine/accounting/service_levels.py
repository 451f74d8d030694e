"""The service levels that the engine exports and shows, from the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from itertools import chain
from types import MappingProxyType

from sqlalchemy.exc import SQLAlchemyError

from service_catalogue import Service
from sla_engine.accounting.figures import as_of, facts_of, figures_in
from sla_engine.accounting.terms import objective
from sla_engine.domain.availability import Figures
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Fault, FaultReason, Isolation
from sla_engine.domain.period import containing, shifted
from sla_engine.domain.service_level import ServiceLevel, ServiceState, StatusRow
from sla_engine.ledger import Books, LedgerError
from sla_engine.maintenance.windows import planned, windows_in
from uptime_common import humanize

_DAY = 86_400_000
_ROLLING = {"1d": _DAY, "7d": 7 * _DAY, "28d": 28 * _DAY, "30d": 30 * _DAY}
_EVERYONES = ("1d", "7d", "30d", "month", "previous_month")
_AHEAD = 31 * _DAY  # how far maintenance windows are announced
_RECENT = 10 * 60_000


Levels = dict[str, dict[str, Figures]]
"""Figures by service id and name of window."""


def window_period(window: str, zone: tzinfo, now: int) -> Interval:
    """Return the period of a window's name at ``now`` (milliseconds UTC).

    ``7d`` and the like end now; ``month``, ``quarter`` and ``year`` are the current ones,
    ``previous_month`` the one before.
    """
    if window in _ROLLING:
        return Interval(now - _ROLLING[window], now)
    match window:
        case "month" | "quarter" | "year":
            period = containing(window, now, zone)
        case "previous_month":
            period = shifted(containing("month", now, zone), -1)
        case _:
            raise ValueError(f"{window!r} is no window")
    return Interval(period.start, period.end)


def window_figures(books: Books, now: int, services: Iterable[Service]) -> Levels:
    """Return the figures by service id and window: everyone's windows and the service's own.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    chosen = tuple(services)
    names = dict.fromkeys((*_EVERYONES, *(service.window for service in chosen)))
    periods = {name: window_period(name, books.catalogue.timezone, now) for name in names}
    wide = Interval(min(p.start for p in periods.values()), max(p.end for p in periods.values()))
    facts, at = facts_of(books, wide, chosen), as_of(books.ledger, now)
    return {
        service.id: {
            window: figures_in(service, facts[service.id], periods[window], at)
            for window in dict.fromkeys((*_EVERYONES, service.window))
        }
        for service in chosen
    }


def service_levels(
    books: Books,
    now: int,
    figures: Mapping[str, Mapping[str, Figures]],
    isolation: Isolation | None = None,
) -> list[ServiceLevel]:
    """Return what is exported of every service at ``now``, around figures worked out before.

    Of one whose level cannot be worked out nothing but its name is left; ``isolation`` has why.
    """
    work = partial(_levels, books, now, figures)
    if isolation is None:
        return work(books.catalogue.services)
    parts = isolation.divided(books.catalogue.services, lambda service: service.id, work)
    found = {level.service: level for level in chain(*parts)}
    return [
        found.get(service.id) or ServiceLevel(service.id, None, False, None)
        for service in books.catalogue.services
    ]


def account_fault(error: Exception) -> FaultReason:
    """Judge what went wrong while figures were worked out: raise what is the ledger's fault."""
    if isinstance(error, SQLAlchemyError | LedgerError | OSError | MemoryError):
        raise error
    return "accounting"


def _levels(
    books: Books,
    now: int,
    figures: Mapping[str, Mapping[str, Figures]],
    services: Sequence[Service],
) -> list[ServiceLevel]:
    opened = books.ledger.open_outages()
    span = Interval(now, now + _AHEAD)
    windows = windows_in(books.catalogue, books.ledger.windows.touching(span), span)
    histories = books.ledger.histories(span) if windows else {}
    ahead = {
        service.id: planned(books.catalogue, service, windows, histories, span) if windows else ()
        for service in services
    }
    return [
        ServiceLevel(
            service=service.id,
            objective=None if (goal := objective(service, now)) is None else float(goal),
            maintenance_active=any(window.start == now for window in ahead[service.id]),
            open_since=opened[service.id].start if service.id in opened else None,
            windows=figures.get(service.id, {}),
            next_maintenance=next((w.start for w in ahead[service.id] if w.start > now), None),
            cost_per_hour=service.cost_per_hour,
            currency=books.catalogue.currency,
            window=service.window,
            locations=service.quorum.locations,
            depends_on=service.depends_on,
        )
        for service in services
    ]


def status_rows(
    books: Books,
    levels: Iterable[ServiceLevel],
    now: int,
    faults: Mapping[str, Fault] = MappingProxyType({}),
) -> list[StatusRow]:
    """Return the rows of the status page; each service is judged over its own window.

    One that cannot be measured is unknown, and says why.
    """
    recent = books.ledger.histories(Interval(now - _RECENT, now))
    rows = []
    for level in levels:
        service = books.catalogue.service(level.service)
        figures, opened = level.windows.get(service.window), level.open_since
        fault = faults.get(service.id)
        rows.append(
            StatusRow(
                id=service.id,
                name=service.name,
                owner=service.owner,
                tier=service.tier,
                state="unknown" if fault else _state(level, blind=_blind(recent.get(service.id))),
                since=None if opened is None else humanize.moment(opened, books.catalogue.timezone),
                objective=level.objective,
                availability=figures.availability if figures else None,
                budget_remaining=figures.budget_remaining if figures else None,
                coverage=figures.coverage if figures else None,
                problem=None if fault is None else f"{fault.reason}: {fault.text}",
            )
        )
    return rows


def _blind(history: History | None) -> bool:
    """Say whether the last that was derived of a service is a gap, or nothing was of late."""
    if history is None or not history.covered:
        return True
    return bool(history.gaps) and history.gaps[-1].end >= history.covered[-1].end


def _state(level: ServiceLevel, *, blind: bool) -> ServiceState:
    if level.open_since is not None:
        return "maintenance" if level.maintenance_active else "down"
    return "unknown" if blind else "up"
