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
from sla_engine.reports.language import marked

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


_DECIDED = {
    "approved": (
        marked("Planned work on {services} is approved by {who}: {when}"),
        marked("approved by {who}: {why}"),
    ),
    "rejected": (
        marked("Planned work on {services} is rejected by {who}: {when}"),
        marked("rejected by {who}: {why}"),
    ),
    "cancelled": (
        marked("Planned work on {services} is cancelled by {who}: {when}"),
        marked("cancelled by {who}: {why}"),
    ),
    "revoked": (
        marked("Planned work on {services} is revoked by {who}: {when}"),
        marked("revoked by {who}: {why}"),
    ),
}
"""What the head and the reply say of each decision."""


def compose_approval(item: Delivery, writing: Writing) -> Rendered:
    """Return the messages of a window that was asked for."""
    facts, say = item.notice.facts, writing.say
    when = say.stretch(facts["start"], facts["end"])
    services = say.listed(facts["services"], 5) or say.phrase("no service of ours")
    who = shown(facts["requester"])
    told: list[tuple[str, str | None]] = [
        (marked("Work"), facts["title"]),
        (marked("When"), when),
        (marked("Recurs"), facts["rrule"]),
        (marked("Asked for by"), who),
        (marked("Why"), facts["reason"]),
        (marked("Window"), facts["id"]),
    ]
    fields = tuple((say.phrase(label), value) for label, value in told if value)
    where = links_of(writing.books.catalogue, facts.get("ids", ()), say=say)
    if decided := facts["decided"]:
        title, reply = _DECIDED[decided["kind"]]
        by = shown(decided["by"])
        head = Message(say.phrase(title, services=services, who=by, when=when), "planned", fields,
                       links=where)  # fmt: skip
        return Rendered(head, Message(say.phrase(reply, who=by, why=decided["why"]), "info"))
    waits = item.notice.kind == "maintenance_waiting"
    asks = {"who": who, "services": services, "when": when}
    title = say.phrase("{who} asks for planned work on {services}: {when}", **asks)
    head = Message(title, "planned", fields, actions=("approve", "reject"),
                   about=(facts["id"],), links=where)  # fmt: skip
    still = Message(say.phrase("Still waits for approval"), "warning") if waits else None
    return Rendered(head, still)
