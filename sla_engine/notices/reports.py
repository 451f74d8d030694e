"""Scheduled reports: which are due, worked out from the ledger, and what they say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from service_catalogue import Catalogue, Service
from service_catalogue.cron import last_due
from service_catalogue.mail import is_mailbox
from service_catalogue.notifications import SCHEMES, Report
from sla_engine.accounting.past import watched
from sla_engine.accounting.report import make_report
from sla_engine.accounting.sealing import Sealed, bodies_of, sealed, with_evidence
from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice
from sla_engine.domain.period import Period, PeriodKind, containing, shifted
from sla_engine.domain.report import PeriodReport
from sla_engine.ledger import Books, Delivery, Outbox
from sla_engine.ledger.kept import is_of_agreement
from sla_engine.notices.kinds import Rendered, Situation, Writing
from sla_engine.notices.promised import (
    closed_windows,
    ended,
    entry_of,
    find,
    period_of,
    spoken,
)
from sla_engine.notifiers import File, parse_address
from sla_engine.reports import FORMATS, PICTURE, Format, charts, to_mail, to_pdf, to_slack
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
    if not books.catalogue.reports and not books.catalogue.agreements:
        return
    first = min(books.ledger.first_samples().values(), default=None)
    seen = books.ledger.derived_until() or 0
    for name, fired, period, facts in _due(books.catalogue, now, addresses):
        topic = f"report:{facts['report']}:{name}"
        settled = seen >= period.end + _SETTLED or now >= fired + _PATIENCE
        if first is None or first >= period.end or not settled or outbox.keys_of([topic]):
            continue
        yield Notice(f"report:{facts['report']}/{name}", topic, "report", now, None, facts)


def _due(
    catalogue: Catalogue, now: int, addresses: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, int, Period, dict[str, Any]]]:
    """Yield the reports whose time has come: name and end of the period, when due, facts."""
    for entry in catalogue.reports:
        zone = entry.timezone or catalogue.timezone
        fired = last_fired(entry, zone, now)
        if fired is None:
            continue
        period = shifted(containing(_KINDS[entry.period], fired, zone), -1)
        channels = _channels(entry, catalogue, addresses.get(entry.id, ()))
        facts = {"report": entry.id, "period": period.name, "due": fired, "channels": channels}
        about = {} if entry.agreement is None else {"agreement": entry.agreement}
        yield period.name, fired, period, facts | about
    for window in closed_windows(catalogue, now):
        yield window.name, window.period.end, window.period, window.facts


def reports_due(situation: Situation) -> Iterator[Notice]:
    """Yield `due_reports`."""
    return due_reports(situation.books, situation.outbox, situation.now, situation.addresses)


def _channels(entry: Report, catalogue: Catalogue, others: Sequence[str]) -> list[str]:
    named = [*([entry.channel] if entry.channel else ()), *entry.to]
    if not named and entry.agreement is not None and not entry.elsewhere_only:
        named = [to for a in catalogue.agreements if a.id == entry.agreement for to in a.to]
    if not named and not entry.elsewhere_only:
        named = [catalogue.slack.channel]
    return list(dict.fromkeys((*named, *others)))


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
        for s in (*catalogue.services, *catalogue.left)
        if (not entry.services or s.id in entry.services)
        and (not entry.owners or s.owner in entry.owners)
        and (not entry.tiers or s.tier in entry.tiers)
    )


def compose_report(item: Delivery, writing: Writing) -> Rendered:
    """Make a scheduled report when it is sent: with a file, or as text where none is taken."""
    facts, books, now = item.notice.facts, writing.books, writing.now
    agreement = facts.get("agreement")
    if agreement is not None and find(books.catalogue, agreement) is None:
        return Rendered(ended(facts, writing.say))
    entry = _entry(facts, books.catalogue)
    period = period_of(facts, entry.timezone or books.catalogue.timezone, now)
    files = writing.capabilities.files
    whole = _whole(entry) if writing.capabilities.whole else ()
    attached = _attached(entry) if files else (FORMATS["text"],)
    span = Interval(period.start, period.end)
    there = {service.id for service in watched(books, span)}
    made = make_report(
        books,
        period,
        now,
        [FORMATS["slack"], FORMATS["json"], *whole, *attached],
        client=writing.client,
        services=None
        if agreement
        else [s.id for s in audience(entry, books.catalogue) if s.id in there],
        agreement=agreement,
        language=spoken(entry, books.catalogue),
        paper=entry.paper,
        frozen=True,
    )
    late = now - facts["due"]
    made = replace(made, late=late if late > _LATE else None)
    made = with_evidence(made, books.ledger, writing.signer)
    if whole:
        return _in_one_piece(writing, entry, period, made, whole)
    head = to_slack.message(made)
    if not attached:
        _keep(books, entry, made, {"slack": to_slack.render(made)})
        return Rendered(head)
    if not files:
        done = _kept(writing, entry, made, attached[0])
        return Rendered(replace(head, text=b"\n".join(filter(None, done)).decode()))
    return Rendered(head, files=tuple(_files(writing, entry, period, made, attached)))


def _files(
    writing: Writing, entry: Report, period: Period, made: PeriodReport, formats: Sequence[Format]
) -> Iterator[File]:
    """Yield the files of a thread, each after its seal; a title is of one file alone."""
    for number, format_ in enumerate(formats):
        done = _kept(writing, entry, made, format_)
        file = _file(entry, period, format_, done.document, made.customer)
        if number:
            file = replace(file, title=f"{file.title}, {format_.extension.upper()}")
        if done.beside is not None:
            # Named by what it seals: a report made again for another attempt has another.
            title = f"{file.title}, seal {seal_digest(done.document)[-8:]}"
            yield File(f"{file.name}.sig", done.beside, title)
        yield file


def _whole(entry: Report) -> tuple[Format, ...]:
    """Return what goes with a report in one piece: picture, paper and table, or what was asked.

    Where the packages for paper are missing the page takes its place.
    """
    pictures = () if charts.missing() else (PICTURE,)
    if entry.format != "slack":
        return (*pictures, FORMATS[entry.format])
    paper = "html" if to_pdf.missing() else "pdf"
    return (*pictures, FORMATS[paper], FORMATS["csv"])


def _in_one_piece(
    writing: Writing, entry: Report, period: Period, made: PeriodReport, whole: Sequence[Format]
) -> Rendered:
    """Return a report for who takes it with its files, as mail does."""
    files: list[File] = []
    for format_ in whole:
        done = _kept(writing, entry, made, format_)
        file = _file(entry, period, format_, done.document, made.customer)
        files.append(file)
        if done.beside is not None:
            files.append(File(f"{file.name}.sig", done.beside, file.title))
    picture = next((file.name for file in files if file.alt), "")
    attached = [file.name for file in files if not file.alt]
    return Rendered(to_mail.message(made, picture, attached), files=tuple(files))


def _name(format_: Format) -> str:
    """Return the name by which a format is kept."""
    return next((name for name, one in FORMATS.items() if one is format_), "picture")


def _kept(writing: Writing, entry: Report, made: PeriodReport, attached: Format) -> Sealed:
    """Return the document as it was sent before, else as it is now, which is kept if it may be."""
    ledger, name = writing.books.ledger, _name(attached)
    known = {one.format: one.body for one in ledger.kept.of(made.period) if one.report == entry.id}
    if name in known:
        return Sealed(known[name], known.get(f"{name}.sig"))
    done = sealed(made, attached, ledger, writing.signer, writing.now)
    _keep(writing.books, entry, made, bodies_of({name: done}))
    return done


def _keep(books: Books, entry: Report, made: PeriodReport, bodies: dict[str, bytes]) -> None:
    """Keep what is frozen, in each format once; the JSON with it."""
    known = {one.format for one in books.ledger.kept.of(made.period) if one.report == entry.id}
    every = bodies | {"json": FORMATS["json"].render(made)}
    new = {name: body for name, body in every.items() if name not in known}
    if made.frozen and new:
        books.ledger.kept.add(made.period, entry.id, new, made.generated_at)


def _entry(facts: Mapping[str, Any], catalogue: Catalogue) -> Report:
    """Return the schedule of a report, or what stands for it."""
    if is_of_agreement(facts["report"]):
        return entry_of(facts, catalogue)
    entries = {entry.id: entry for entry in catalogue.reports}
    entry = entries.get(facts["report"]) or _forgotten(facts["report"])
    return entry.model_copy(update={"agreement": facts.get("agreement")})  # as it was when due


def _forgotten(identifier: str) -> Report:
    """Return what stands for a report that has left the catalogue since it was due."""
    return Report(id=identifier, period="daily", cron="0 0 * * *")


def _attached(entry: Report) -> tuple[Format, ...]:
    """Return what goes with the message: what was asked for, or else picture and paper.

    A day is told in five lines, without either.
    """
    if entry.format != "slack":
        return (FORMATS[entry.format],)
    if entry.period == "daily":
        return ()
    pictures = () if charts.missing() else (PICTURE,)
    return pictures if to_pdf.missing() else (*pictures, FORMATS["pdf"])


def _file(
    entry: Report, period: Period, attached: Format, content: bytes, customer: str = ""
) -> File:
    """Return the file that goes with the message; one of an agreement is named by it."""
    who = entry.id.replace(":", "-")
    if entry.agreement is not None:
        who = f"{who}-agreement-{entry.agreement}"
    name = f"{who}-{period.name.replace('/', '_')}.{attached.extension}"
    alt = _PICTURED if attached is PICTURE else ""
    title = f"{customer}, {who}" if customer else who
    return File(name, content, f"{title} {period.name}", alt)


def report_mistakes(data: Any) -> Iterator[Finding]:
    """Yield scheduled reports that cannot be made or sent: location, message."""
    reports = data.get("reports") if isinstance(data, dict) else None
    for index, entry in enumerate(reports if isinstance(reports, list) else ()):
        given = entry if isinstance(entry, dict) else {}
        name, to = given.get("format"), given.get("to")
        if isinstance(name, str) and name and name not in FORMATS:
            *names, last = (repr(known) for known in FORMATS)
            yield ("reports", index, "format"), f"input should be {', '.join(names)} or {last}"
        for number, text in enumerate(to if isinstance(to, list) else ()):
            if isinstance(text, str) and (mistake := _address_mistake(text, data)):
                yield ("reports", index, "to", number), mistake


def _address_mistake(text: str, data: Any) -> str:
    """Return what is wrong with an address, if anything is."""
    scheme, place = parse_address(text)
    if scheme not in SCHEMES:
        *names, last = (f"{one}:" for one in SCHEMES)
        return f"{scheme}: is no way to tell anybody; valid: {', '.join(names)} and {last}"
    if scheme == "mail" and not is_mailbox(place):
        return f"{place!r} is no mail address such as ops@example.org"
    if scheme == "mail" and not data.get("mail"):
        return "needs mail, with the url of a server"
    return ""
