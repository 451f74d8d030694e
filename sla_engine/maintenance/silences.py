"""Maintenance windows as Alertmanager's silences, and silences as maintenance requests."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from sla_engine.alertmanager import Client, Matcher, Silence
from sla_engine.domain.actor import ENGINE, claimed
from sla_engine.domain.interval import Interval, clip
from sla_engine.domain.maintenance import MaintenanceWindow, Scope, WindowEvent
from sla_engine.ledger import Books
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.windows import concerns, windows_in
from uptime_common.names import plain_name

AUTHOR = "uptime-ledger"
_AHEAD = 86_400_000
"""How long before its start a window's silence shows in Alertmanager, pending."""


class Plan(NamedTuple):
    """What to do in Alertmanager: ids to expire first, silences to post then."""

    expire: tuple[str, ...]
    post: tuple[Silence, ...]


def push(books: Books, client: Client, now: int) -> Plan:
    """Make Alertmanager's silences those of the approved windows; return what was done.

    Raises:
        AlertmanagerError: it did not do all of it; the next push does the rest.
        LedgerError: the windows cannot be read.
    """
    period = Interval(now, now + _AHEAD)
    windows = windows_in(books.catalogue, books.ledger.windows.touching(period), period)
    todo = plan(wanted(books.catalogue, windows, period), client.silences())
    for identifier in todo.expire:
        client.expire(identifier)
    for silence in todo.post:
        client.post(silence)
    return todo


def wanted(
    catalogue: Catalogue, windows: Iterable[MaintenanceWindow], period: Interval
) -> tuple[Silence, ...]:
    """Return the silence of each planned occurrence of a window that touches the period."""
    return tuple(
        Silence(_of_services(names), start, end, AUTHOR, f"{window.title} [{window.id}@{start}]")
        for window in windows
        if window.source != "silence"
        if (names := [s.id for s in catalogue.services if concerns(window.scope, s)])
        for start, end in window.planned()
        if clip((Interval(start, end),), period)
    )


def _of_services(names: Sequence[str]) -> tuple[Matcher, ...]:
    if len(names) == 1:
        return (Matcher("service", names[0]),)
    return (Matcher("service", "|".join(re.escape(name) for name in sorted(names)), regex=True),)


def plan(desired: Iterable[Silence], existing: Iterable[Silence]) -> Plan:
    """Return how to get from the silences that exist to those that are desired.

    Only ours are touched: of our author. The comment tells which is which, because Alertmanager
    moves a start in the past to now.
    """
    ours: dict[str, list[Silence]] = {}
    for silence in existing:
        if silence.author == AUTHOR and not silence.expired:
            ours.setdefault(silence.comment, []).append(silence)
    post = []
    for silence in desired:
        found = ours.get(silence.comment, [])
        same = next((s for s in found if _same(s, silence)), None)
        if same is None:
            post.append(replace(silence, id=found[0].id) if found else silence)
        if found:
            found.remove(same or found[0])
    rest = (silence.id for found in ours.values() for silence in found)
    return Plan(tuple(rest), tuple(post))


def _same(one: Silence, other: Silence) -> bool:
    return (one.matchers, one.end) == (other.matchers, other.end)


def pull(books: Books, client: Client, now: int) -> int:
    """Write silences that carry the catalogue's label down as requests; return how many changed.

    A silence that was ended early cancels what is left of its request. Approval is not taken from
    Alertmanager, where anybody may silence.

    Raises:
        AlertmanagerError: it did not answer.
        LedgerError: the ledger cannot be read or written.
    """
    settings = books.catalogue.maintenance.silences
    if settings is None:
        return 0
    known = {request.id: (request, events) for request, events in books.ledger.windows.all()}
    changed = 0
    for silence in client.silences():
        identifier = f"S-{silence.id[:8]}"
        if identifier in known:
            cancelled = cancellation(silence, *known[identifier])
            if cancelled is not None:
                books.ledger.windows.append(identifier, cancelled)
                changed += 1
        elif not silence.expired and (
            names := meant(books.catalogue.services, silence, settings.label)
        ):
            changed += books.ledger.windows.add(
                _request(identifier, silence, names, str(books.catalogue.timezone)),
                WindowEvent(now, "requested", _author(silence), silence.comment, ENGINE),
            )
    return changed


def _author(silence: Silence) -> str:
    """Return who a silence says made it, which anybody may type: never a login of Slack."""
    try:
        return claimed(silence.author)
    except ValueError:
        return f"silence of {plain_name(silence.author) or 'nobody'}"


def _request(identifier: str, silence: Silence, names: tuple[str, ...], zone: str) -> Request:
    title = silence.comment or "Silence"
    scope = Scope(services=names)
    return Request(identifier, "silence", title, scope, silence.start, silence.end, zone)


def meant(services: Iterable[Service], silence: Silence, label: str) -> tuple[str, ...]:
    """Return the services of which every alert is silenced, if the silence carries the label.

    Its other matchers say which: by service, tier, owner or a label of the catalogue. One on
    anything else, such as alertname, means none: other alerts of the service go on.
    """
    others = [m for m in silence.matchers if m.name != label]
    if silence.author == AUTHOR or not others or len(others) == len(silence.matchers):
        return ()
    return tuple(s.id for s in services if all(_holds(m, s) for m in others))


def _holds(matcher: Matcher, service: Service) -> bool:
    own = {"service": service.id, "tier": service.tier, "owner": service.owner}
    try:
        return matcher.name in service.labels | own and matcher.matches(service.labels | own)
    except re.error:  # RE2 knows what Python does not: nobody can tell what is meant
        return False


def cancellation(
    silence: Silence, request: Request, events: Sequence[WindowEvent]
) -> WindowEvent | None:
    """Return the cancellation of a request whose silence was ended early, once."""
    over = any(event.kind in ("cancelled", "rejected") for event in events)
    if not silence.expired or over or silence.end >= request.end:
        return None
    why = "its silence was ended in Alertmanager"
    return WindowEvent(silence.end, "cancelled", AUTHOR, why, ENGINE)
