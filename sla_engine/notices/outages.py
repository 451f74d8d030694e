"""What changed in the ledger -> the notices that are written with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace

from service_catalogue import Catalogue, Service
from sla_engine.accounting.corrections import said_of
from sla_engine.accounting.terms import agreed_time
from sla_engine.domain.corrections import with_corrections
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval, Intervals, clip
from sla_engine.domain.notice import (
    Notice,
    OutageSnapshot,
    outage_facts,
    outage_notice,
    outage_topic,
    running_step,
)
from sla_engine.domain.outage import Correction, Outage, OutageSpan, outage_id
from sla_engine.domain.outage_changes import Change
from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.maintenance.windows import concerns, planned, windows_in
from sla_engine.notices.kinds import Situation

_LATELY = 24 * 3_600_000


def outage_notices(
    books: Books, now: int, *, late: bool = False
) -> Callable[[Sequence[Change]], Iterator[Notice]]:
    """Return what makes notices of an ingest's changes, as they are seen at ``now`` (ms UTC).

    What people decided is read here, before the ingest's transaction begins. ``late``: outages that
    are new were found in samples that came late.
    """
    facts = _knowing(books, now)

    def notify(changes: Sequence[Change]) -> Iterator[Notice]:
        for change in changes:
            found = replace(facts(change), late=late and change.before is None)
            yield outage_notice(change.kind, change.service, found, now)

    return notify


def _knowing(books: Books, now: int) -> Callable[[Change], OutageSnapshot]:
    """Return what makes the facts of a change, knowing what people decided up to here."""
    requests, corrections = books.ledger.windows.all(), books.ledger.corrections.of_all()

    def facts(change: Change) -> OutageSnapshot:
        stretch = change.after or change.before
        assert stretch is not None  # noqa: S101 - a change has at least one side
        service = books.catalogue.find(change.service)
        said = corrections.get(change.service, ())
        if service is not None:
            said = said_of(service, corrections)
        [outage] = with_corrections(change.service, History((stretch,)), said)
        lasted = outage.until(now)
        wide = Interval(lasted.start, max(lasted.end, lasted.start + 1))
        windows = windows_in(books.catalogue, requests, wide)
        before = None if change.before is None else Outage(change.service, *change.before)
        approved: Intervals = ()
        agreed: Intervals | None = None
        if service is not None:
            approved = planned(books.catalogue, service, windows, {}, wide)
            agreed = agreed_time(books.catalogue, service, wide, None)
            before = _before(service, before)
        found = outage_facts(outage, approved, now, before, agreed, gaps=change.gaps)
        unwatched = change.kind == "unwatched"
        return replace(found, withdrawn=change.after is None, unwatched=unwatched)

    return facts


def _before(service: Service, before: Outage | None) -> Outage | None:
    """Return an outage as it was told of, perhaps under the id that the service had then."""
    if before is None or not service.formerly:
        return before
    return before._replace(service=service.formerly[-1])


def correction_notices(books: Books, outbox: Outbox, now: int) -> Iterator[Notice]:
    """Yield the notices of what people lately said of outages that were told of, each once.

    Taking an outage on is told as its acknowledgement; anything else brings its thread up to date.
    """
    facts = _knowing(books, now)
    known = {service.id for service in books.catalogue.services}
    for service, corrections in books.ledger.corrections.of_all().items():
        for moment, correction in corrections:
            if service not in known or correction.time < now - _LATELY:
                continue
            held = books.ledger.histories(Interval(moment, moment + 1), [service]).get(service)
            for stretch in held.outages if held else ():
                found = facts(_unchanged(books.ledger, service, stretch, now))
                topic = outage_topic(found.id)
                key = f"{topic}/corrected/{correction.time}/{correction.field}"
                told = {notice.key for notice in outbox.with_key_like(f"{topic}/")}
                if told and key not in told:
                    said = replace(found, said_by=correction.author, said_why=correction.reason)
                    yield Notice(key, topic, _kind(correction), now, service, asdict(said))


def corrections_due(situation: Situation) -> Iterator[Notice]:
    """Yield `correction_notices`."""
    return correction_notices(situation.books, situation.outbox, situation.now)


def _kind(correction: Correction) -> str:
    """Return what a correction is told as."""
    if correction.field == "class_asked":
        return "asked" if correction.after else "refused"
    kinds = {"owner": "acknowledged", "class": "reclassified"}
    return kinds.get(correction.field, "changed")


def running_notices(
    books: Books, outbox: Outbox, now: int, *, edited: bool = True
) -> Iterator[Notice]:
    """Yield what brings the messages of open outages up to date: duration and budget burnt.

    Steps grow with the outage's age, and the end of planned work is one; each has a key of its own:
    a restart neither repeats one nor makes up for those it slept through. An outage that nobody was
    told of is left alone. Unless messages are ``edited``, only planned work that is over counts.
    """
    opened = books.ledger.open_outages()
    over = _over(books, opened, now) if opened else {}
    chosen = {s: stretch for s, stretch in opened.items() if edited or s in over}
    due = dict(_steps(books.catalogue, chosen, now, over))
    told = outbox.keys_of(due) if due else {}
    fresh = [due[topic] for topic, keys in told.items() if due[topic][0] not in keys]
    if not fresh:
        return
    facts = _knowing(books, now)
    for key, service, stretch in fresh:
        found = facts(_unchanged(books.ledger, service, stretch, now))
        topic = outage_topic(found.id)
        yield Notice(key, topic, "running", now, service, asdict(found))


def running_due(situation: Situation) -> Iterator[Notice]:
    """Yield `running_notices`; where no message is edited each would be a new one."""
    books, outbox = situation.books, situation.outbox
    yield from running_notices(books, outbox, situation.now, edited=situation.threads)


def _over(books: Books, opened: Mapping[str, OutageSpan], now: int) -> dict[str, int]:
    """Return when planned work ended last in each open outage (ms UTC), in the last day."""
    wide = Interval(max(min(one.start for one in opened.values()), now - _LATELY), now)
    if wide.length <= 0:
        return {}
    found: dict[str, int] = {}
    known = [s for s in books.catalogue.services if s.id in opened]
    for window in windows_in(books.catalogue, books.ledger.windows.touching(wide), wide):
        if window.state(now) not in {"approved", "active", "completed"}:
            continue
        ends = [one.end for one in window.occurrences if wide.start < one.end <= now]
        for service in known if ends else ():
            if concerns(window.scope, service) and max(ends) > opened[service.id].start:
                found[service.id] = max(found.get(service.id, 0), *ends)
    return found


def _unchanged(ledger: Ledger, service: str, stretch: OutageSpan, now: int) -> Change:
    """Return an outage that is told of again as a change that changed nothing, with its gaps."""
    end = now if stretch.end is None else stretch.end
    lasted = Interval(stretch.start, max(end, stretch.start + 1))
    held = ledger.histories(lasted, [service]).get(service)
    gaps = clip(held.gaps, lasted) if held else ()
    return Change("changed", service, stretch, stretch, gaps)


def _steps(
    catalogue: Catalogue, opened: Mapping[str, OutageSpan], now: int, over: Mapping[str, int]
) -> Iterator[tuple[str, tuple[str, str, OutageSpan]]]:
    """Yield the topic of each open outage with the key of its last step."""
    known = {service.id for service in catalogue.services}
    for service, stretch in opened.items():
        step = running_step(now - stretch.start)
        if service in known and step:
            topic = outage_topic(outage_id(service, stretch.start))
            ended = f"/{over[service]}" if service in over else ""
            yield topic, (f"{topic}/running/{step}{ended}", service, stretch)
