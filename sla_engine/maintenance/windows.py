"""Maintenance windows of every origin as values of the domain, recurring ones unrolled."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache, partial
from itertools import groupby
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import structlog

from service_catalogue import Catalogue, Service
from service_catalogue.model import WindowVersion
from service_catalogue.past import pieces
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.history import History, timeline_of
from sla_engine.domain.interval import Interval, Intervals, clip, union
from sla_engine.domain.maintenance import MaintenanceWindow, Scope, WindowEvent, planned_time
from sla_engine.domain.timeline import components_planned
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.catalogue_windows import of_versions
from sla_engine.maintenance.recurrence import starts

_T = TypeVar("_T")
log = structlog.get_logger("windows")


class WindowFault(NamedTuple):
    """A window, by its id, that cannot be worked out, and why."""

    window: str
    reason: str


def windows_in(
    catalogue: Catalogue,
    requests: Iterable[tuple[Request, tuple[WindowEvent, ...]]],
    period: Interval,
) -> tuple[MaintenanceWindow, ...]:
    """Return the windows that touch a period (ms UTC), with the occurrences that do.

    ``requests`` are those of the ledger: ``ledger.windows.touching(period)``. A window that cannot
    be worked out is left out and logged once; `faults_in` counts them.
    """
    every = _computed(catalogue, requests, period)
    found = [w for w in every if isinstance(w, MaintenanceWindow) and w.occurrences]
    return tuple(sorted(found, key=lambda w: (w.occurrences[0].start, w.id)))


def windows_known(
    catalogue: Catalogue,
    requests: Iterable[tuple[Request, tuple[WindowEvent, ...]]],
    period: Interval,
    known: int,
) -> tuple[MaintenanceWindow, ...]:
    """Return `windows_in` as they were known at ``known`` (ms UTC), without what came later."""
    versions = [
        one if one.until is None or one.until <= known else one._replace(until=None)
        for one in catalogue.window_versions
        if one.seen is None or one.seen <= known
    ]
    asked = ((one, tuple(e for e in events if e.time <= known)) for one, events in requests)
    there = ((one, events) for one, events in asked if events)
    every = _worked_out(versions, catalogue.timezone, there, period)
    found = [w for w in every if isinstance(w, MaintenanceWindow) and w.occurrences]
    return tuple(sorted(found, key=lambda w: (w.occurrences[0].start, w.id)))


def faults_in(
    catalogue: Catalogue,
    requests: Iterable[tuple[Request, tuple[WindowEvent, ...]]],
    period: Interval,
) -> tuple[WindowFault, ...]:
    """Return the windows that `windows_in` leaves out, each with the reason."""
    every = _computed(catalogue, requests, period)
    return tuple(w for w in every if isinstance(w, WindowFault))


def _computed(
    catalogue: Catalogue,
    requests: Iterable[tuple[Request, tuple[WindowEvent, ...]]],
    period: Interval,
) -> Iterator[MaintenanceWindow | WindowFault]:
    return _worked_out(catalogue.window_versions, catalogue.timezone, requests, period)


def _worked_out(
    entries: Sequence[WindowVersion],
    zone: tzinfo,
    requests: Iterable[tuple[Request, tuple[WindowEvent, ...]]],
    period: Interval,
) -> Iterator[MaintenanceWindow | WindowFault]:
    for name, versions in groupby(entries, lambda version: version.entry.id):
        make = partial(of_versions, tuple(versions), zone, period)
        found = _or_fault(name, make)
        yield from (found,) if isinstance(found, WindowFault) else found
    for request, events in requests:
        yield of_request_or_fault(request, events, period)


def of_request_or_fault(
    request: Request, events: tuple[WindowEvent, ...], period: Interval
) -> MaintenanceWindow | WindowFault:
    """Return `of_request`, or why it cannot be worked out."""
    return _or_fault(request.id, partial(of_request, request, events, period))


def _or_fault(identifier: str, compute: Callable[[], _T]) -> _T | WindowFault:
    try:
        return compute()
    except Exception as error:  # noqa: BLE001 - one window's fault stays its own, whatever it is
        reason = f"{type(error).__name__}: {error}"
        _tell_once(identifier, reason)
        return WindowFault(identifier, reason)


@lru_cache(1024)
def _tell_once(identifier: str, reason: str) -> None:
    log.error("maintenance window left out", window=identifier, error=reason)


def planned(
    catalogue: Catalogue,
    service: Service,
    windows: Sequence[MaintenanceWindow],
    histories: Mapping[str, History],
    period: Interval,
) -> Intervals:
    """Return a service's planned time (rule 4).

    A composite's is also planned while all that fails of it is in maintenance of its own.
    """
    return union(
        *(
            _planned(catalogue, held, windows, histories, Interval(start, end))
            for start, end, held in pieces(service, *period)
            if held is not None
        )
    )


def _planned(
    catalogue: Catalogue,
    service: Service,
    windows: Sequence[MaintenanceWindow],
    histories: Mapping[str, History],
    period: Interval,
) -> Intervals:
    """Return the planned time of a period in which a service's terms are the same."""
    ours = [w for w in windows if concerns(w.scope, service)]
    own = clip(planned_time(ours), period) if ours else ()
    if service.method != "components":
        return own
    parts = [part for part in map(catalogue.find, service.components) if part is not None]
    timelines = [timeline_of(histories.get(p.id, History()), period) for p in parts]
    theirs = [planned(catalogue, p, windows, histories, period) for p in parts]
    return union(own, components_planned(timelines, theirs))


def concerns(scope: Scope, service: Service) -> bool:
    """Say whether a scope means a service."""
    names = (service.id, *service.formerly)
    return any(scope.covers(name, service.tier, service.labels.items()) for name in names)


def of_request(
    request: Request, events: tuple[WindowEvent, ...], period: Interval
) -> MaintenanceWindow:
    """Return a window of the ledger with the occurrences that touch a period."""
    zone = ZoneInfo(request.timezone)
    return replace(bare(request, events), occurrences=union(_unrolled(request, zone, period)))


def bare(request: Request, events: tuple[WindowEvent, ...]) -> MaintenanceWindow:
    """Return a window of the ledger without its occurrences."""
    return MaintenanceWindow(
        id=request.id,
        source=request.source,
        title=request.title,
        scope=request.scope,
        occurrences=(),
        events=events,
        recurring=request.rrule is not None,
    )


def _unrolled(request: Request, zone: tzinfo, period: Interval) -> Iterable[Interval]:
    first = datetime.fromtimestamp(request.start / 1000, zone).replace(tzinfo=None)
    length = request.end - request.start
    longest = timedelta(milliseconds=length)
    for start in starts(request.rrule, first, longest, zone, period):
        # One that does not recur is exact, even in the hour that the clocks show twice.
        begin = request.start if start == first else milliseconds(start, zone)
        if begin < period.end and period.start < begin + length:
            yield Interval(begin, begin + length)
