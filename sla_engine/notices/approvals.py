"""What is told of planned work that waits for approval: asked for, still waiting, decided."""

from collections.abc import Iterator, Sequence
from typing import Any

from service_catalogue import Service
from sla_engine.domain.actor import shown
from sla_engine.domain.maintenance import WindowEvent
from sla_engine.domain.notice import Message, Notice
from sla_engine.ledger import Books, Delivery, Outbox
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.windows import concerns
from sla_engine.notices.kinds import Rendered, Situation, Writing
from sla_engine.notices.links import links_of
from sla_engine.notices.maintenance import REMIND
from uptime_common import humanize

_DAY = 24 * 3_600_000


def approval_notices(books: Books, outbox: Outbox, now: int) -> Iterator[Notice]:
    """Yield what is to be told at ``now`` (ms UTC) of windows that were asked for, each once.

    A decision is told where the request was. Approvers are reminded a day before the work, or
    half an hour before it when it was asked for later than that.
    """
    due = {
        f"request:{request.id}": (request, events, kind)
        for request, events in books.ledger.windows.all()
        if (kind := _stage(request, events, now))
    }
    told = outbox.keys_of(due) if due else {}
    for topic, (request, events, kind) in due.items():
        keys = told.get(topic, set())
        if f"{topic}/{kind}" in keys or (kind == "maintenance_decided" and not keys):
            continue
        services = [s for s in books.catalogue.services if concerns(request.scope, s)]
        facts = _facts(request, events, services)
        owner = services[0].id if services else None
        yield Notice(f"{topic}/{kind}", topic, kind, now, owner, facts)


def approvals_due(situation: Situation) -> Iterator[Notice]:
    """Yield `approval_notices`."""
    return approval_notices(situation.books, situation.outbox, situation.now)


def _stage(request: Request, events: Sequence[WindowEvent], now: int) -> str | None:
    last = events[-1]
    if last.kind != "requested":
        return "maintenance_decided" if now - last.time < _DAY else None
    asked = last.time
    if request.source.startswith("feed:"):  # a season's windows come at once, and past ones too
        asked = max(asked, request.start - _DAY)
        if now >= request.end:
            return None
    remind = request.start - (_DAY if asked < request.start - _DAY else REMIND)
    if asked < remind <= now < request.start:
        return "maintenance_waiting"
    return "maintenance_requested" if 0 <= now - asked < _DAY else None


def _facts(
    request: Request, events: Sequence[WindowEvent], services: Sequence[Service]
) -> dict[str, Any]:
    asked, last = events[0], events[-1]
    decided = None if last is asked else {"kind": last.kind, "by": last.author, "why": last.reason}
    return {
        "id": request.id,
        "title": request.title,
        "start": request.start,
        "end": request.end,
        "rrule": request.rrule,
        "services": [service.name for service in services],
        "ids": [service.id for service in services],
        "requester": asked.author,
        "reason": asked.reason,
        "decided": decided,
    }


def compose_approval(item: Delivery, writing: Writing) -> Rendered:
    """Return the messages of a window that was asked for."""
    facts, zone = item.notice.facts, writing.books.catalogue.timezone
    when = humanize.stretch(facts["start"], facts["end"], zone)
    work = f"planned work on {humanize.listed(facts['services'], 5) or 'no service of ours'}"
    who = shown(facts["requester"])
    told: list[tuple[str, str | None]] = [
        ("Work", facts["title"]),
        ("When", when),
        ("Recurs", facts["rrule"]),
        ("Asked for by", who),
        ("Why", facts["reason"]),
        ("Window", facts["id"]),
    ]
    shown_facts = tuple((label, value) for label, value in told if value)
    where = links_of(writing.books.catalogue, facts.get("ids", ()))
    if decided := facts["decided"]:
        said = f"{decided['kind']} by {shown(decided['by'])}"
        head = Message(f"{work[0].upper()}{work[1:]} is {said}: {when}", "planned", shown_facts,
                       links=where)  # fmt: skip
        return Rendered(head, Message(f"{said}: {decided['why']}", "info"))
    waits = item.notice.kind == "maintenance_waiting"
    title = f"{who} asks for {work}: {when}"
    head = Message(title, "planned", shown_facts, actions=("approve", "reject"),
                   about=(facts["id"],), links=where)  # fmt: skip
    return Rendered(head, Message("Still waits for approval", "warning") if waits else None)
