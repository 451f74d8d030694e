"""Maintenance windows of every origin as values of the domain, recurring ones unrolled."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from service_catalogue import Catalogue, Service
from service_catalogue.maintenance import WindowEntry as Entry
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.history import History, timeline_of
from sla_engine.domain.interval import Interval, Intervals, clip, union
from sla_engine.domain.maintenance import MaintenanceWindow, Scope, WindowEvent, planned_time
from sla_engine.domain.timeline import components_planned
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.recurrence import occurrences, starts


def windows_in(
    catalogue: Catalogue,
    requests: Iterable[tuple[Request, tuple[WindowEvent, ...]]],
    period: Interval,
) -> tuple[MaintenanceWindow, ...]:
    """Return the windows that touch a period (ms UTC), with the occurrences that do.

    ``requests`` are those of the ledger: ``ledger.windows.touching(period)``.
    """
    ours = [_of_entry(entry, catalogue.timezone, period) for entry in catalogue.maintenance.windows]
    theirs = [of_request(request, events, period) for request, events in requests]
    found = [w for w in (*ours, *theirs) if w.occurrences]
    return tuple(sorted(found, key=lambda w: (w.occurrences[0].start, w.id)))


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
    ours = clip(planned_time([w for w in windows if concerns(w.scope, service)]), period)
    if service.method != "components":
        return ours
    parts = [catalogue.service(name) for name in service.components]
    timelines = [timeline_of(histories.get(p.id, History()), period) for p in parts]
    theirs = [planned(catalogue, p, windows, histories, period) for p in parts]
    return union(ours, components_planned(timelines, theirs))


def concerns(scope: Scope, service: Service) -> bool:
    """Say whether a scope means a service."""
    return scope.covers(service.id, service.tier, service.labels.items())


def of_request(
    request: Request, events: tuple[WindowEvent, ...], period: Interval
) -> MaintenanceWindow:
    """Return a window of the ledger with the occurrences that touch a period."""
    zone = ZoneInfo(request.timezone)
    return MaintenanceWindow(
        id=request.id,
        source=request.source,
        title=request.title,
        scope=request.scope,
        occurrences=union(_unrolled(request, zone, period)),
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


def _of_entry(entry: Entry, zone: tzinfo, period: Interval) -> MaintenanceWindow:
    start = milliseconds(entry.start, entry.timezone or zone)
    events = [WindowEvent(start, "requested", entry.requester)]
    if entry.approver is not None:
        events.append(WindowEvent(start, "approved", entry.approver))
    return MaintenanceWindow(
        id=entry.id,
        source="catalogue",
        title=entry.title,
        scope=Scope(entry.services, entry.tiers, tuple(sorted(entry.labels.items()))),
        occurrences=union(occurrences(entry, zone, period)),
        events=tuple(events),
        recurring=entry.rrule is not None,
    )
