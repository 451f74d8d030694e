"""What a delivery says: the head of its thread and the answer inside."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from service_catalogue import Catalogue
from sla_engine.domain.availability import Figures
from sla_engine.domain.notice import Notice, OutageSnapshot, Subject, is_of_outage
from sla_engine.ledger import Delivery
from sla_engine.notices.kinds import Rendered, Writing
from sla_engine.notices.outage_messages import reply_message, root_message


def compose_outage(item: Delivery, writing: Writing) -> Rendered:
    """Return what the thread of an outage, or of several, says with this delivery."""
    told = writing.told(item)
    return compose(writing.books.catalogue, told, writing.now, writing.figures)


def compose(
    catalogue: Catalogue, told: Sequence[Notice], now: int, figures: Mapping[str, Figures]
) -> Rendered:
    """Return the messages of an outage's notice; ``told`` is all of its thread, the notice last.

    ``figures`` are of the services' own windows, by id: what an outage used of the budget.
    """
    members: dict[str, tuple[Subject, OutageSnapshot]] = {}
    for notice in told:
        if is_of_outage(notice):
            facts = _burnt(OutageSnapshot(**notice.facts), figures.get(notice.service or ""), now)
            members.pop(f"outage:{facts.previous_id}", None)
            members[notice.topic] = subject_of(catalogue, notice.service or "?"), facts
    last = told[-1]
    subject, facts = members[last.topic]
    zone = catalogue.timezone
    grouped = len(members) > 1
    reply = reply_message(last.kind, subject, facts, zone, grouped=grouped)
    return Rendered(root_message(list(members.values()), now, zone), reply)


def _burnt(facts: OutageSnapshot, known: Figures | None, now: int) -> OutageSnapshot:
    """Return the facts with what the outage used of its service's error budget.

    Where the figures hold the outage as it is told, it used what is gone in them: the two
    ratios are of one moment.
    """
    if known is None or not known.budget or facts.withdrawn:
        return facts
    spent = _share(facts, known)
    return replace(
        facts,
        budget_used_ratio=(_spent(facts, now) if spent is None else spent) / known.budget,
        budget_left_ratio=known.budget_remaining,
    )


def _share(facts: OutageSnapshot, known: Figures) -> int | None:
    """Return the unplanned downtime of an outage that figures hold as it is told."""
    for share in (*known.shares, *known.short):
        if (share.outage.id, share.outage.end) == (facts.id, facts.end):
            return share.unplanned if share.kind == facts.classification else None
    return None


def _spent(facts: OutageSnapshot, now: int) -> int:
    """Return the downtime that counts of an outage that no figures hold yet."""
    spent = facts.unplanned if facts.owed is None else facts.owed
    if facts.end is None and facts.classification == "unplanned" and spent == facts.unplanned:
        spent = max(spent, now - facts.start - facts.unknown)  # the notice may have waited
    return spent


def subject_of(catalogue: Catalogue, service: str) -> Subject:
    """Return a service's names; one that has left the catalogue keeps its id."""
    for known in catalogue.services:
        if known.id == service:
            return Subject(known.id, known.name, known.owner, known.tier)
    return Subject(service, service, "unknown", "default")
