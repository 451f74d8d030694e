"""What changed in the ledger -> the notices that are written with it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from catalogue import Catalogue
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import OutageFacts, outage_facts, outage_notice
from sla_engine.domain.outage import Outage
from sla_engine.domain.record import records
from sla_engine.jobs.windows import planned, windows_in
from sla_engine.ledger import Change, Ledger, NoticeRow


def outage_notices(
    catalogue: Catalogue, ledger: Ledger, now: int
) -> Callable[[Sequence[Change]], Iterator[NoticeRow]]:
    """Return what makes notices of an ingest's changes, as they are seen at ``now`` (ms UTC).

    What people decided is read here, before the ingest's transaction begins.
    """
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

    def notify(changes: Sequence[Change]) -> Iterator[NoticeRow]:
        for change in changes:
            made = outage_notice(change.kind, change.service, facts(change), now)
            yield NoticeRow(made.key, made.topic, made.kind, made.time, made.service, made.facts)

    return notify
