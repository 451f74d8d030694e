"""What is told of approved planned work: soon, started, ended, overrun."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from service_catalogue import Service
from sla_engine.domain.actor import shown
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import MaintenanceWindow
from sla_engine.domain.notice import Message, Notice, Tone
from sla_engine.ledger import Books, Delivery, Outbox
from sla_engine.maintenance.windows import concerns, windows_in
from sla_engine.notices.kinds import Rendered, Situation, Writing
from sla_engine.notices.links import links_of
from sla_engine.reports.language import marked

REMIND = 30 * 60_000
"""How long before planned work people are reminded of it (ms)."""
_FORGET = 3_600_000


class _Announced(NamedTuple):
    """An occurrence of a window, its services, and the kinds of notices that were told of it."""

    window: MaintenanceWindow
    occurrence: Interval
    services: list[Service]
    told: set[str]


def maintenance_notices(books: Books, outbox: Outbox, now: int) -> Iterator[Notice]:
    """Yield what is to be told of approved work at ``now``: soon, started, ended or overrun.

    Each is told once, also where two windows say the same (a feed that is read twice); the end only
    of work whose start was told.
    """
    wide = Interval(now - _FORGET, now + REMIND)
    opened = books.ledger.open_outages()
    same: dict[tuple[str, Interval, tuple[str, ...]], _Announced] = {}
    for window in windows_in(books.catalogue, books.ledger.windows.touching(wide), wide):
        if window.state(now) not in {"approved", "active", "completed"}:
            continue
        services = [s for s in books.catalogue.services if concerns(window.scope, s)]
        for occurrence in window.occurrences:
            topic = f"maintenance:{window.id}:{occurrence.start}"
            told = {notice.kind for notice in outbox.with_key_like(f"{topic}/")}
            work = window.title, occurrence, tuple(s.id for s in services)
            if work not in same or (told and not same[work].told):
                same[work] = _Announced(window, occurrence, services, told)
    for window, occurrence, services, told in same.values():
        down = [s.name for s in services if s.id in opened]
        kind = _stage(occurrence, now, told, overrun=bool(down))
        if kind is None or kind in told:
            continue
        topic = f"maintenance:{window.id}:{occurrence.start}"
        facts = _work(window, occurrence, services, down)
        owner = services[0].id if services else None
        yield Notice(f"{topic}/{kind}", topic, kind, now, owner, facts)


def maintenance_due(situation: Situation) -> Iterator[Notice]:
    """Yield `maintenance_notices`."""
    return maintenance_notices(situation.books, situation.outbox, situation.now)


def _stage(work: Interval, now: int, told: set[str], *, overrun: bool) -> str | None:
    if now < work.start:
        return "maintenance_soon"
    if now < work.end:
        return "maintenance_started"
    if "maintenance_started" not in told or "maintenance_ended" in told:
        return None
    return "maintenance_overrun" if overrun else "maintenance_ended"


def _work(
    window: MaintenanceWindow,
    occurrence: Interval,
    services: Sequence[Service],
    down: list[str],
) -> dict[str, Any]:
    return {
        "title": window.title,
        "start": occurrence.start,
        "end": occurrence.end,
        "services": [service.name for service in services],
        "ids": [service.id for service in services],
        "requester": window.requester,
        "approver": window.approval.author if window.approval else None,
        "down": down,
    }


_HEADS: dict[str, tuple[str, str, Tone]] = {
    "maintenance_soon": (
        marked("Planned work on {services} begins at {when}"),
        marked("The work begins at {when}"),
        "planned",
    ),
    "maintenance_started": (
        marked("Planned work on {services} is under way until {when}"),
        marked("The work is under way until {when}"),
        "planned",
    ),
    "maintenance_ended": (
        marked("Planned work on {services} ended at {when}"),
        marked("The work ended at {when}"),
        "up",
    ),
    "maintenance_overrun": (
        marked("Planned work on {services} is over its time, still down: {names}"),
        marked("The work is over its time, still down: {names}"),
        "down",
    ),
}
"""What the head and the reply say of each kind, and their tone."""


def compose_work(item: Delivery, writing: Writing) -> Rendered:
    """Return the messages of planned work."""
    facts, say = item.notice.facts, writing.say
    edge = "start" if item.notice.kind == "maintenance_soon" else "end"
    told = {
        "services": say.listed(facts["services"], 5) or say.phrase("no service of ours"),
        "names": say.listed(facts["down"], 5),
        "when": say.moment(facts[edge]),
    }
    title, reply, tone = _HEADS[item.notice.kind]
    head = Message(
        say.phrase(title, **told),
        tone,
        (
            (say.phrase("Work"), facts["title"]),
            (say.phrase("When"), say.stretch(facts["start"], facts["end"])),
            (say.phrase("Asked for by"), shown(facts["requester"])),
            (say.phrase("Approved by"), shown(facts["approver"] or say.phrase("nobody"))),
        ),
        links=links_of(writing.books.catalogue, facts.get("ids", ()), say=say),
    )
    return Rendered(head, Message(say.phrase(reply, **told), tone))
