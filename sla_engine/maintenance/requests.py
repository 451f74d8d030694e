"""Planned work: asked for, approved or rejected, cancelled."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from service_catalogue.computable import flaws, rule_of
from service_catalogue.rule import RuleError
from sla_engine.domain.actor import Actor
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
from sla_engine.maintenance.windows import (
    WindowFault,
    bare,
    concerns,
    of_request,
    of_request_or_fault,
    windows_in,
)
from uptime_common.shown import shown


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
        ValueError: it ends before it begins, means no service, or cannot be worked out.
    """
    if end <= start:
        raise ValueError("the window ends before it begins")
    _check_computable(start, end, ZoneInfo(timezone), rrule, event.time)
    if not any(concerns(scope, service) for service in books.catalogue.services):
        raise ValueError("the window means no service of the catalogue")
    seed = f"{source}\n{title}\n{scope}\n{start}\n{end}\n{event.time}"
    identifier = "M-" + base64.b32encode(hashlib.sha256(seed.encode()).digest()).decode()[:8]
    asked = Request(identifier, source, title, scope, start, end, timezone, rrule)
    window = of_request(asked, (event,), Interval(start, end))
    if not window.occurrences:
        raise ValueError(f"{rrule!r} does not recur at the window's start")
    books.ledger.windows.add(asked, event)
    return window


def _check_computable(start: int, end: int, zone: ZoneInfo, rrule: str | None, now: int) -> None:
    """Refuse what the catalogue would refuse, too."""
    try:
        rule = rule_of(rrule)
    except RuleError as error:
        message = f"{shown(rrule)} is not an RFC 5545 recurrence rule: {error}"
        raise ValueError(message) from error
    try:
        first = datetime.fromtimestamp(start / 1000, zone).replace(tzinfo=None)
        length = timedelta(milliseconds=end - start)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError("the window is not between 1970 and 2200") from error
    moment = datetime.fromtimestamp(now / 1000, UTC)
    for field, message in flaws(first, length, rule, zone, moment):
        what = {"rrule": shown(rrule), "start": "the start", "length": "the window"}[field]
        raise ValueError(f"{what} {message}")


def resolve(
    books: Books,
    identifier: str,
    kind: WindowEventKind,
    *,
    by: Actor,
    reason: str,
    now: int,
) -> MaintenanceWindow:
    """Approve, reject or cancel a window, or revoke the last decision; return it as it is then.

    An approval after the fact plans what is past: figures that are not frozen change at once.

    Raises:
        KeyError: there is no such window.
        DecisionError: its state, its origin, the four-eyes rule, or a decision that came between
            does not allow it.
    """
    if any(entry.id == identifier for entry in books.catalogue.maintenance.windows):
        raise DecisionError(f"{identifier} is the catalogue's; change it there")
    asked, events = books.ledger.windows.one(identifier)
    event = WindowEvent(now, kind, by.author, reason, by.login)
    near = Interval(asked.start, max(asked.end, now + 1))
    four_eyes = books.catalogue.maintenance.four_eyes
    window = of_request_or_fault(asked, events, near)
    if isinstance(window, WindowFault):
        if kind == "approved":
            raise DecisionError(f"{identifier} cannot be worked out: {window.reason}")
        window = bare(asked, events)
    decide(window, event, four_eyes=four_eyes)
    if not books.ledger.windows.append(identifier, event, known=len(events)):
        raise DecisionError(f"somebody else decided on {identifier} just now; look again")
    return replace(window, events=(*events, event))


def listed(books: Books, period: Interval) -> tuple[MaintenanceWindow, ...]:
    """Return every window, of whatever origin, that touches a period (ms UTC)."""
    return windows_in(books.catalogue, books.ledger.windows.touching(period), period)
