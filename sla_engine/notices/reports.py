"""Scheduled reports: which are due, worked out from the ledger, and what they say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from service_catalogue import Catalogue, Service
from service_catalogue.cron import last_due
from service_catalogue.notifications import Report
from sla_engine.accounting.report import make_report
from sla_engine.accounting.sealing import sealed, with_evidence
from sla_engine.domain.notice import Notice
from sla_engine.domain.period import Period, PeriodKind, containing, parse_period, shifted
from sla_engine.ledger import Books, Delivery, Outbox
from sla_engine.notices.kinds import Rendered, Situation, Writing
from sla_engine.notifiers import File
from sla_engine.reports import FORMATS, PICTURE, Format, charts, to_slack
from sla_engine.reports.seal import digest as seal_digest
from uptime_common.document import Finding

_KINDS: dict[str, PeriodKind] = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
}
_LOOK_BACK = {"daily": 2, "weekly": 8, "monthly": 32, "quarterly": 93, "yearly": 367}
_SETTLED = 5 * 60_000
_PATIENCE = 3_600_000
_LATE = 15 * 60_000
_DAY = 86_400_000
_PICTURED = "Days, outages, error budgets and the period before; every figure is in the message"


def due_reports(
    books: Books,
    outbox: Outbox,
    now: int,
    addresses: Mapping[str, Sequence[str]],
) -> Iterator[Notice]:
    """Yield the scheduled reports whose time has come and that nobody was told of yet.

    ``addresses`` are where a report goes besides the channels that the catalogue names, by its id.
    Of several that were missed only the last is made, late. A report waits until the ledger has
    what follows its period, but not for more than an hour. A period before the first sample of
    all has no report.
    """
    if not books.catalogue.reports:
        return
    first = min(books.ledger.first_samples().values(), default=None)
    seen = books.ledger.derived_until() or 0
    for entry in books.catalogue.reports:
        zone = entry.timezone or books.catalogue.timezone
        fired = last_fired(entry, zone, now)
        if fired is None:
            continue
        period = shifted(containing(_KINDS[entry.period], fired, zone), -1)
        topic = f"report:{entry.id}:{period.name}"
        settled = seen >= period.end + _SETTLED or now >= fired + _PATIENCE
        if first is None or first >= period.end or not settled or outbox.keys_of([topic]):
            continue
        facts = {
            "report": entry.id,
            "period": period.name,
            "due": fired,
            "channels": _channels(entry, books.catalogue, addresses.get(entry.id, ())),
        }
        key = f"report:{entry.id}/{period.name}"
        yield Notice(key, topic, "report", now, None, facts)


def reports_due(situation: Situation) -> Iterator[Notice]:
    """Yield `due_reports`."""
    return due_reports(situation.books, situation.outbox, situation.now, situation.addresses)


def _channels(entry: Report, catalogue: Catalogue, others: Sequence[str]) -> list[str]:
    slack = [] if entry.elsewhere_only else [entry.channel or catalogue.slack.channel]
    return [*slack, *others]


def last_fired(entry: Report, zone: tzinfo, now: int) -> int | None:
    """Return when a report was last due (ms UTC), if that was within its period's length.

    Raises:
        ValueError: the cron expression makes no sense.
    """
    due = last_due(entry.cron, zone, now)
    return None if due is None or due < now - _LOOK_BACK[entry.period] * _DAY else due


def audience(entry: Report, catalogue: Catalogue) -> tuple[Service, ...]:
    """Return the services that a report is about: all that fit every key it gives."""
    return tuple(
        s
        for s in catalogue.services
        if (not entry.services or s.id in entry.services)
        and (not entry.owners or s.owner in entry.owners)
        and (not entry.tiers or s.tier in entry.tiers)
    )


def compose_report(item: Delivery, writing: Writing) -> Rendered:
    """Make a scheduled report when it is sent: with a file, or as text where none is taken."""
    facts, books, now = item.notice.facts, writing.books, writing.now
    entries = {entry.id: entry for entry in books.catalogue.reports}
    entry = entries.get(facts["report"]) or _forgotten(facts["report"])
    zone = entry.timezone or books.catalogue.timezone
    period = parse_period(facts["period"], zone, now)
    files = writing.capabilities.files
    attached = _attached(entry) if files else FORMATS["text"]
    made = make_report(
        books,
        period,
        now,
        [FORMATS["slack"], *([attached] if attached else ())],
        client=writing.client,
        services=[s.id for s in audience(entry, books.catalogue)],
        language=entry.language,
        frozen=True,
    )
    late = now - facts["due"]
    made = replace(made, late=late if late > _LATE else None)
    made = with_evidence(made, books.ledger, writing.signer)
    head = to_slack.message(made)
    if attached is None:
        return Rendered(head)
    if not files:
        plain = sealed(made, attached, books.ledger, writing.signer, now)
        return Rendered(replace(head, text=b"\n".join(filter(None, plain)).decode()))
    done = sealed(made, attached, books.ledger, writing.signer, now)
    file = _file(entry, period, attached, done.document)
    if done.beside is None:
        return Rendered(head, file=file)
    # Named by what it seals: a report that is made again for another attempt has another.
    title = f"{file.title}, seal {seal_digest(done.document)[-8:]}"
    return Rendered(head, file=file, seal=File(f"{file.name}.sig", done.beside, title))


def _forgotten(identifier: str) -> Report:
    """Return what stands for a report that has left the catalogue since it was due."""
    return Report(id=identifier, period="daily", cron="0 0 * * *")


def _attached(entry: Report) -> Format | None:
    """Return what goes with the message: the format that was asked for, or the picture."""
    if entry.format != "slack":
        return FORMATS[entry.format]
    return None if charts.missing() else PICTURE


def _file(entry: Report, period: Period, attached: Format, content: bytes) -> File:
    """Return the file that goes with the message."""
    name = f"{entry.id}-{period.name}.{attached.extension}"
    alt = _PICTURED if attached is PICTURE else ""
    return File(name, content, f"{entry.id} {period.name}", alt)


def report_mistakes(data: Any) -> Iterator[Finding]:
    """Yield scheduled reports in a format that there is not: location, message."""
    reports = data.get("reports") if isinstance(data, dict) else None
    for index, entry in enumerate(reports if isinstance(reports, list) else ()):
        name = entry.get("format") if isinstance(entry, dict) else None
        if isinstance(name, str) and name and name not in FORMATS:
            *names, last = (repr(known) for known in FORMATS)
            yield ("reports", index, "format"), f"input should be {', '.join(names)} or {last}"
