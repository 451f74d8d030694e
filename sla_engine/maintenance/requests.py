"""Planned work: asked for, approved or rejected, cancelled."""

import base64
import hashlib

from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import (
    DecisionError,
    MaintenanceWindow,
    Scope,
    WindowEvent,
    WindowEventKind,
    decide,
)
from sla_engine.ledger import Books
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.windows import concerns, of_request, windows_in


def request(
    books: Books,
    *,
    title: str,
    scope: Scope,
    start: int,
    end: int,
    timezone: str,
    rrule: str | None,
    event: WindowEvent,
    source: str = "cli",
) -> MaintenanceWindow:
    """Ask for a window (times in ms UTC) and return it; it is planned when it is approved.

    Raises:
        ValueError: it ends before it begins, means no service, or its rule is not of RFC 5545.
    """
    if end <= start:
        raise ValueError("the window ends before it begins")
    if not any(concerns(scope, service) for service in books.catalogue.services):
        raise ValueError("the window means no service of the catalogue")
    seed = f"{source}\n{title}\n{scope}\n{start}\n{end}\n{event.time}"
    identifier = "M-" + base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode()[:8]
    asked = Request(identifier, source, title, scope, start, end, timezone, rrule)
    try:
        window = of_request(asked, (event,), Interval(start, end))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{rrule!r} is not an RFC 5545 recurrence rule: {error}") from error
    if not window.occurrences:
        raise ValueError(f"{rrule!r} does not recur at the window's start")
    books.ledger.windows.add(asked, event)
    return window


def resolve(
    books: Books,
    identifier: str,
    kind: WindowEventKind,
    *,
    author: str,
    reason: str,
    now: int,
) -> MaintenanceWindow:
    """Approve, reject or cancel a window; return it as it is then.

    An approval after the fact plans what is past: figures that are not frozen change at once.

    Raises:
        KeyError: there is no such window.
        DecisionError: its state, its origin, the four-eyes rule, or a decision that came between
            does not allow it.
    """
    if any(entry.id == identifier for entry in books.catalogue.maintenance.windows):
        raise DecisionError(f"{identifier} is the catalogue's; change it there")
    asked, events = books.ledger.windows.one(identifier)
    event = WindowEvent(now, kind, author, reason)
    near = Interval(asked.start, max(asked.end, now + 1))
    four_eyes = books.catalogue.maintenance.four_eyes
    decide(of_request(asked, events, near), event, four_eyes=four_eyes)
    if not books.ledger.windows.append(identifier, event, known=len(events)):
        raise DecisionError(f"somebody else decided on {identifier} just now; look again")
    return of_request(asked, (*events, event), near)


def listed(books: Books, period: Interval) -> tuple[MaintenanceWindow, ...]:
    """Return every window, of whatever origin, that touches a period (ms UTC)."""
    return windows_in(books.catalogue, books.ledger.windows.touching(period), period)
