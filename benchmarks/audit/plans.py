"""The audit's own reading of maintenance windows: of the catalogue and of the command line."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from benchmarks.audit.time import Span, duration, instant, moment, recurrences, wall
from benchmarks.audit.world import Request, World

_MARGIN = 4 * 86_400_000


def own_plans(world: World, entry: dict[str, Any], span: Span) -> Iterator[Span]:
    """Yield the approved time of all windows that mean a service, cut to a span."""
    windows = world.catalogue.get("maintenance", {}).get("windows", ())
    found = [
        occurrence
        for window in windows
        if means(window, entry) and "approver" in window
        for occurrence in _of_entry(window, world.zone, span)
    ]
    for request in world.requests:
        if means(request.scope, entry):
            found += _planned(request, span)
    for start, end in found:
        yield max(start, span[0]), min(end, span[1])


def means(scope: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Say whether a scope means a service: all of its keys hold, one value of a list does."""
    labels = entry.get("labels", {})
    named = not scope.get("services") or entry["id"] in scope["services"]
    tiered = not scope.get("tiers") or entry.get("tier", "default") in scope["tiers"]
    return named and tiered and all(labels.get(k) == v for k, v in scope.get("labels", {}).items())


def _of_entry(window: dict[str, Any], zone: str, span: Span) -> Iterator[Span]:
    zone = window.get("timezone", zone)
    first = instant(window["start"], zone)
    length = duration(window.get("duration"))
    if "rrule" not in window:
        yield first, first + length if length else instant(window["end"], zone)
        return
    local = _local(window["start"], zone)
    for start in recurrences(window["rrule"], local, zone, span[1] + _MARGIN):
        begin = moment(start, zone)
        if length:
            yield begin, begin + length
        else:
            yield begin, moment(start + (_local(window["end"], zone) - local), zone)


def _local(text: str, zone: str) -> datetime:
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo is None else wall(instant(text, zone), zone)


def _planned(request: Request, span: Span) -> Iterator[Span]:
    verbs = {decision.verb: decision.at for decision in request.decisions}
    if "approve" not in verbs:
        return
    for start, end in _of_request(request, span):
        yield start, min(end, verbs.get("cancel", end))


def _of_request(request: Request, span: Span) -> Iterator[Span]:
    start, end = request.span
    if request.rrule is None:
        yield start, end
        return
    first = wall(start, request.zone)
    for local in recurrences(request.rrule, first, request.zone, span[1] + _MARGIN):
        begin = start if local == first else moment(local, request.zone)
        yield begin, begin + end - start
