"""The day's blips: outages too short for their service's patience, in one message the day after."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Message, Notice
from sla_engine.domain.period import local_midnight
from sla_engine.ledger import Books, Delivery, Outbox
from sla_engine.notices.kinds import Rendered, Situation, Writing
from sla_engine.notices.links import links_of

_LISTED = 20


def blip_notices(books: Books, outbox: Outbox, now: int) -> Iterator[Notice]:
    """Yield what was left untold yesterday, once a day, for each owner; ``now`` in ms UTC.

    A day that an engine slept through is not made up for.
    """
    patient = {s.id: s for s in books.catalogue.services if s.after}
    if not patient:
        return
    zone = books.catalogue.timezone
    today = datetime.fromtimestamp(now / 1000, zone).date()
    day = today - timedelta(days=1)
    period = Interval(local_midnight(day, zone), local_midnight(today, zone))
    topic = f"blips:{day.isoformat()}"
    if outbox.with_key_like(f"{topic}/"):
        return
    by_owner: dict[str, list[tuple[str, int, int]]] = {}
    for name, history in sorted(books.ledger.histories(period, list(patient)).items()):
        service = patient[name]
        for start, end in history.outages:
            short = end is not None and end - start < (service.after or 0)
            if end is not None and short and period.start <= start < period.end:
                by_owner.setdefault(service.owner, []).append((name, start, end))
    for owner, found in by_owner.items():
        facts = {"blips": found, "owner": owner, "day": day.isoformat()}
        yield Notice(f"{topic}/{owner}", topic, "blips", now, found[0][0], facts)


def blips_due(situation: Situation) -> Iterator[Notice]:
    """Yield `blip_notices`."""
    return blip_notices(situation.books, situation.outbox, situation.now)


def compose_blips(item: Delivery, writing: Writing) -> Rendered:
    """Return one message of the blips of an owner's services on a day."""
    facts, catalogue, say = item.notice.facts, writing.books.catalogue, writing.say
    counted: dict[str, list[Any]] = {}
    for name, start, end in facts["blips"]:
        counted.setdefault(name, []).append((start, end))
    lines = []
    for name, spans in list(counted.items())[:_LISTED]:
        service = catalogue.find(name)
        lost = say.duration(sum(end - start for start, end in spans))
        lines.append(
            say.plural(
                "{service}: {n} time, {length} in all",
                "{service}: {n} times, {length} in all",
                len(spans),
                service=service.name if service else name,
                length=lost,
            )
        )
    if len(counted) > _LISTED:
        more = say.counted(len(counted) - _LISTED, "service")
        lines.append(say.phrase("and {services} more", services=more))
    title = say.phrase(
        "{outages} of {services} on {day}, untold until now ({owner})",
        outages=say.counted(len(facts["blips"]), "short outage"),
        services=say.counted(len(counted), "service"),
        day=say.day(local_midnight(date.fromisoformat(facts["day"]), catalogue.timezone)),
        owner=facts["owner"],
    )
    lasted = Interval(
        min(start for _, start, _ in facts["blips"]), max(end for _, _, end in facts["blips"])
    )
    where = links_of(catalogue, list(counted), lasted, say)
    return Rendered(Message(title, "info", lines=tuple(lines), links=where))
