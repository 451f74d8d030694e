"""What a delivery says: the head of its thread and the answer inside."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from service_catalogue import Catalogue
from sla_engine.domain.availability import Figures
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Message, Notice, OutageSnapshot, Subject, is_of_outage
from sla_engine.ledger import Delivery
from sla_engine.notices.causes import shared_cause
from sla_engine.notices.kinds import Rendered, Writing
from sla_engine.notices.links import Place, links
from sla_engine.notices.outage_messages import joined_reply, reply_message, root_message
from sla_engine.reports.language import HOUSE, Language, language_of
from uptime_common.failure import Failures, failure_words


def compose_outage(item: Delivery, writing: Writing) -> Rendered:
    """Return what the thread of an outage, or of several, says with this delivery."""
    told = writing.told(item)
    return compose(
        writing.books.catalogue,
        told,
        writing.now,
        writing.figures,
        reasons=_reasons(writing, told),
        fresh=writing.fresh,
        say=writing.say,
    )


def _reasons(writing: Writing, told: Sequence[Notice]) -> dict[str, Failures]:
    """Return why the outages of a thread began, by the id of each."""
    facts = [(n.service or "", OutageSnapshot(**n.facts)) for n in told if is_of_outage(n)]
    if not facts:
        return {}
    ends = [one.start + 1 if one.end is None else one.end for _, one in facts]
    period = Interval(min(one.start for _, one in facts), max(ends))
    known = writing.books.ledger.reasons.within(period, sorted({name for name, _ in facts}))
    found = {}
    for service, one in facts:
        lasted = Interval(one.start, period.end if one.end is None else one.end)
        why = known[service].inside(lasted) if service in known else None
        if why is not None:
            found[one.id] = why
    return found


def compose(
    catalogue: Catalogue,
    told: Sequence[Notice],
    now: int,
    figures: Mapping[str, Figures],
    *,
    reasons: Mapping[str, Failures] = MappingProxyType({}),
    fresh: Sequence[Notice] = (),
    say: Language | None = None,
) -> Rendered:
    """Return the messages of an outage's notice; ``told`` is all of its thread, the notice last.

    ``figures`` are of the services' own windows, by id: what an outage used of the budget.
    ``reasons`` are why outages began, by the outage's id. ``fresh`` are the notices that are told
    for the first time, the last one unless given. ``say`` are the readers' words, English ones
    unless given.
    """
    say = say or language_of(HOUSE, catalogue.timezone)
    members: dict[str, tuple[Subject, OutageSnapshot]] = {}
    for notice in told:
        if is_of_outage(notice):
            facts = _burnt(OutageSnapshot(**notice.facts), figures.get(notice.service or ""), now)
            known = members.pop(f"outage:{facts.previous_id}", members.get(notice.topic))
            why = reasons.get(facts.id)
            facts = replace(
                facts,
                late=facts.late or (known is not None and known[1].late),
                why=failure_words(why, say.phrase) if why else "",
            )
            members[notice.topic] = subject_of(catalogue, notice.service or "?"), facts
    down = [one for one in members.values() if one[1].state == "open"] or list(members.values())
    services = list(dict.fromkeys(subject.id for subject, _ in down))
    seen = [reasons.get(facts.id) for _, facts in down]
    cause = shared_cause(catalogue, services, seen, say)
    reply = _reply(members, fresh or told[-1:], say)
    head = root_message(list(members.values()), now, say, cause)
    start = min(facts.start for _, facts in down)
    lasted = Interval(start, max(start, *(facts.end or now for _, facts in down)))
    began = dict.fromkeys(Place(subject.id, facts.start) for subject, facts in down)
    still = any(facts.state == "open" for _, facts in down)
    where = links(catalogue, list(began), lasted, silence=still, say=say)
    return Rendered(replace(head, links=where), reply)


def _reply(
    members: Mapping[str, tuple[Subject, OutageSnapshot]], fresh: Sequence[Notice], say: Language
) -> Message | None:
    """Return what is said in the thread of what is new, in one message."""
    grouped = len(members) > 1
    kinds: dict[tuple[str, str], None] = {}
    for notice in fresh:
        if notice.topic in members:
            kinds[notice.topic, notice.kind] = None
    over = {topic for topic, kind in kinds if kind in {"resolved", "withdrawn", "unwatched"}}
    replies = []
    for topic, kind in kinds:
        if kind == "opened" and topic in over:
            continue  # the end of it is told here, too
        subject, facts = members[topic]
        replies.append((kind, reply_message(kind, subject, facts, say, grouped=grouped)))
    return joined_reply([(kind, reply) for kind, reply in replies if reply is not None], say)


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
