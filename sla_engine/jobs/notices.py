"""What changed in the ledger -> the notices that are written with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace

from catalogue import Catalogue
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import OutageFacts, outage_facts, outage_notice, outage_topic
from sla_engine.domain.outage import Outage
from sla_engine.domain.record import records
from sla_engine.jobs.windows import planned, windows_in
from sla_engine.ledger import Change, Ledger, NoticeRow, Outbox

_LATELY = 24 * 3_600_000


def outage_notices(
    catalogue: Catalogue, ledger: Ledger, now: int
) -> Callable[[Sequence[Change]], Iterator[NoticeRow]]:
    """Return what makes notices of an ingest's changes, as they are seen at ``now`` (ms UTC).

    What people decided is read here, before the ingest's transaction begins.
    """
    facts = _knowing(catalogue, ledger, now)

    def notify(changes: Sequence[Change]) -> Iterator[NoticeRow]:
        for change in changes:
            made = outage_notice(change.kind, change.service, facts(change), now)
            yield NoticeRow(made.key, made.topic, made.kind, made.time, made.service, made.facts)

    return notify


def _knowing(catalogue: Catalogue, ledger: Ledger, now: int) -> Callable[[Change], OutageFacts]:
    """Return what makes the facts of a change, knowing what people decided up to here."""
    requests, corrections = ledger.windows.all(), ledger.corrections.of_all()

    def facts(change: Change) -> OutageFacts:
        stretch = change.after or change.before
        assert stretch is not None  # noqa: S101 - a change has at least one side
        said = corrections.get(change.service, ())
        [outage] = records(change.service, History((stretch,)), said)
        lasted = outage.until(now)
        wide = Interval(lasted.start, max(lasted.end, lasted.start + 1))
        windows = windows_in(catalogue, requests, wide)
        service = catalogue.service(change.service)
        before = None if change.before is None else Outage(change.service, *change.before)
        found = outage_facts(outage, planned(catalogue, service, windows, {}, wide), now, before)
        return replace(found, withdrawn=change.after is None)

    return facts


def correction_notices(
    catalogue: Catalogue, ledger: Ledger, outbox: Outbox, now: int
) -> Iterator[NoticeRow]:
    """Yield the notices of what people lately said of outages that were told of, each once.

    Taking an outage on is told as its acknowledgement; anything else brings its thread up to date.
    """
    facts = _knowing(catalogue, ledger, now)
    known = {service.id for service in catalogue.services}
    for service, said in ledger.corrections.of_all().items():
        for moment, correction in said:
            if service not in known or correction.time < now - _LATELY:
                continue
            held = ledger.histories(Interval(moment, moment + 1), [service]).get(service)
            for stretch in held.outages if held else ():
                found = facts(Change("changed", service, stretch, stretch))
                topic = outage_topic(found.id)
                key = f"{topic}/corrected/{correction.time}/{correction.field}"
                told = {notice.key for notice in outbox.with_key_like(f"{topic}/")}
                if told and key not in told:
                    kind = "acknowledged" if correction.field == "owner" else "changed"
                    yield NoticeRow(key, topic, kind, now, service, asdict(found))
