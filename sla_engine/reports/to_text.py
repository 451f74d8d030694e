"""The report for a terminal or a mail: minutes and percentages, rounded."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from sla_engine.domain.interval import Interval
from sla_engine.domain.report import Capacity, PeriodReport, ServiceReport
from sla_engine.domain.summary import Summary, counted, down_before, is_thin, summarize
from sla_engine.reports import coming, finality, lists, promised, view, whose
from sla_engine.reports.approval import is_named
from sla_engine.reports.columns import (
    RELIABILITY,
    Column,
    budget,
    filled,
    name,
    named,
    objective,
    priced,
    verdict,
)
from sla_engine.reports.first_page import short
from sla_engine.reports.language import FIELDS, Language, language, marked
from sla_engine.reports.restated import restated
from uptime_common.tables import Row, compact, lines

_LOUD = {"missed": "MISSED", "lost": "LOST", "not judged": "-"}
_SERVICE_HEAD = (
    "Service", "Objective", "Actual", "Verdict", "Agreed", "Excluded", "Planned", "Unplanned",
    "Unknown", "Budget left", "Outages", "Longest", "MTBF", "MTRS",
)  # fmt: skip
_OUTAGE_HEAD = (
    "Service", "Began", "Ended", "Duration", "Planned", "Unplanned", "Unknown", "Class", "Cause",
    "Ticket", marked("Id"),
)  # fmt: skip
_WORK_HEAD = ("Work", "When", "Services", "Asked for by", "Down of window")
_UNNAMED = {"Asked for by": marked("State")}
_BY = marked("{time}  {author} changed {field} of {outage} from {before} to {after}: {reason}")
_BY_NOBODY = marked("{time}  {field} of {outage} changed from {before} to {after}: {reason}")
_SHOWN_ABOVE = {"Outages", "Longest", "MTBF", "MTRS"}


def render(report: PeriodReport, width: int | None = None) -> bytes:
    """Return the report as UTF-8 text with a final newline; its lines fit a ``width``."""
    made = (part for line in _lines(report, width) for part in _wrapped(line, width))
    return ("\n".join(made) + "\n").encode()


def _wrapped(line: str, width: int | None) -> list[str]:
    """Return a line in as many as fit the width; words stay whole."""
    if width is None or len(line) <= width:
        return [line]
    return wrap(line, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _lines(report: PeriodReport, width: int | None) -> Iterator[str]:
    say = language(report)
    yield whose.title(report)
    yield ""
    yield from _about(report, say)
    yield ""
    yield from _summary(report)
    yield from short(report)
    yield ""
    yield _heading("Services", say)
    services = (_service_row(s, report.period, say) for s in report.services)
    yield from lines(_told(_SERVICE_HEAD, say), services, width)
    if together := view.judged_together(report):
        yield together
    yield from _more(report, say, width)
    yield from _contracts(report, say, width)
    yield ""
    rows = [_outage_row(row) for row in lists.outages(report)]
    yield _heading("Outages", say, len(rows))
    if rows:
        yield from lines(_told(_OUTAGE_HEAD, say), rows, width)
    yield from _works(report, say, width)
    yield from _coming(report, say, width)
    yield from _corrections(report, say)
    yield from _restatements(report, say)
    yield from _not_computed(report)
    yield from _terms(report)
    yield from _performance(report, say, width)
    if report.capacity is not None:
        yield from _capacity(report, report.capacity, say, width)


def _about(report: PeriodReport, say: Language) -> Iterator[str]:
    """Yield what stands over every figure, label by label."""
    span = say.stretch(*report.period)
    told = [("Reported by", report.organization)] if report.customer else []
    told += [
        ("Period", say.phrase("{span} ({zone}, end excluded)", span=span, zone=report.timezone)),
        ("Generated", say.moment(report.generated_at)),
    ]
    if report.data_until is not None:
        told.append(("Data until", say.moment(report.data_until)))
    told.append(("Status", finality.status(report, say)))
    policy = say.phrase("version {n}", n=report.policy_version)
    told += [("Source", report.source)] if report.source else []
    told.append(("Accounting policy", policy))
    labels = [say.phrase(label) for label, _ in told]
    wide = max(map(len, labels))
    for label, (_, text) in zip(labels, told, strict=True):
        yield f"{label.ljust(wide)} {text}"


def _summary(report: PeriodReport) -> Iterator[str]:
    summary, say = summarize(report.services), language(report)
    yield from _judged(report, summary, say)
    if summary.worst:
        worst = (f"{s.name} {say.percent(s.figures.availability)}" for s in summary.worst)
        yield say.phrase("Worst: {names}", names=", ".join(worst))
    yield say.phrase(
        "Downtime: {unplanned} unplanned, {planned} planned, in {outages}",
        unplanned=say.service_time(summary.unplanned),
        planned=say.service_time(summary.planned),
        outages=say.counted(summary.outages, "outage"),
    )
    yield from _before(report, say)
    for tile in view.business(report):
        yield f"{tile.label}{say.thus}{tile.value} ({tile.note})"
    yield say.phrase("Coverage: {known}", known=view.known(report, say))
    for warning in view.warnings(report):
        yield say.phrase("WARNING: {warning}", warning=warning)


def _judged(report: PeriodReport, summary: Summary, say: Language) -> Iterator[str]:
    """Yield how many met the objective, and who did not; of a customer what came of it all."""
    if report.customer:
        yield view.headline(report)
        return
    judged = len(summary.met) + len(summary.missed)
    if judged:
        yield _met(len(summary.met), judged, say)
    elif not summary.running:
        yield view.unjudged(report, say).removesuffix(".")
    if summary.running:
        yield view.running(summary, say).removesuffix(".")
    if summary.missed:
        yield say.phrase("Missed: {names}", names=say.listed([s.name for s in summary.missed], 10))
    if summary.unjudged:
        names = say.listed([s.name for s in summary.unjudged], 10)
        yield say.phrase("Not judged: {names}", names=names)


def _met(met: int, judged: int, say: Language) -> str:
    return say.plural(
        "{met} of {n} service met the objective",
        "{met} of {n} services met the objective",
        judged,
        met=say.number(met),
    )


def _before(report: PeriodReport, say: Language) -> Iterator[str]:
    """Yield what the period before was like."""
    own, was = () if report.customer else counted(report.services), down_before(report)
    judged = [s.previous_met for s in own if s.previous_met is not None]
    if was is not None and report.previous is not None:
        met = f"{say.also}{_met(sum(judged), len(judged), say)}" if judged else ""
        lost = say.phrase(
            "{period}: {unplanned} unplanned, {planned} planned",
            period=say.title(report.previous),
            unplanned=say.service_time(was.unplanned),
            planned=say.service_time(was.planned),
        )
        yield f"{lost}{met}"


def _loud(word: str) -> str:
    return _LOUD.get(word, word)


def _contracts(report: PeriodReport, say: Language, width: int | None) -> Iterator[str]:
    """Yield the windows of contracts, where they are others than the period."""
    rows = lists.contract_windows(report)
    if rows:
        yield ""
        yield _heading("Contract windows", say, len(rows))
        yield from lines(_told(lists.WINDOW_HEAD, say), rows, width)
    if kept := promised.agreements(report):
        yield ""
        yield _heading("Agreements", say)
        yield from lines(_told(promised.AGREEMENT_HEAD, say), kept, width)


def _service_row(service: ServiceReport, period: Interval, say: Language) -> Row:
    figures = service.figures
    return (
        named(service, period, say),
        objective(service, say),
        say.percent(figures.availability) + (" *" if is_thin(service) else ""),
        _loud(verdict(service, say)),
        say.service_time(figures.agreed),
        say.service_time(figures.excluded),
        say.service_time(figures.planned),
        say.service_time(figures.unplanned),
        say.service_time(figures.unknown),
        budget(service, say),
        say.number(len(figures.shares)),
        say.duration(figures.longest),
        say.service_time(figures.mtbf),
        say.duration(figures.mtrs),
    )


def _more(report: PeriodReport, say: Language, width: int | None) -> Iterator[str]:
    """Yield what has no room in the first table."""
    more = tuple(column for column in RELIABILITY if column.title not in _SHOWN_ABOVE)
    kept: list[Column] = filled(report, more)
    if kept:
        yield ""
        cost = priced(report)
        title = _heading("Reliability and cost" if cost else "Reliability", say)
        told = say.phrase("cost in {currency}", currency=report.currency)
        yield f"{title} ({told})" if cost else title
        rows = ((name(s), *(column.cell(s, say) for column in kept)) for s in report.services)
        yield from lines(_told(("Service", *(c.title for c in kept)), say), rows, width)


def _outage_row(row: lists.OutageRow) -> Row:
    why = "; ".join(filter(None, (row.cause, row.note)))
    return (
        row.service, row.began, row.ended, row.lasted, row.planned, row.unplanned, row.unknown,
        row.kind, why or "-", row.ticket or "-", row.id,
    )  # fmt: skip


def _works(report: PeriodReport, say: Language, width: int | None) -> Iterator[str]:
    if report.works:
        yield ""
        yield _heading("Maintenance", say, len(report.works))
        works = (lists.work(one, say) for one in report.works)
        named = all(map(is_named, report.works))
        head = [one if named else _UNNAMED.get(one, one) for one in _WORK_HEAD]
        yield from lines(_told(head, say), works, width)


def _coming(report: PeriodReport, say: Language, width: int | None) -> Iterator[str]:
    if report.coming is not None:
        yield ""
        yield f"{coming.title(report.coming, say)}{say.thus}".rstrip()
        rows = coming.rows(report)
        yield from (
            lines(_told(coming.head(report), say), rows, width) if rows else [say.phrase("None.")]
        )


def _corrections(report: PeriodReport, say: Language) -> Iterator[str]:
    found = [
        say.phrase(
            _BY if c.author else _BY_NOBODY,
            time=say.moment(c.time),
            author=c.author,
            field=say.phrase(FIELDS.get(c.field, c.field)),
            outage=share.outage.id,
            before=c.before or say.phrase("nothing"),
            after=c.after or say.phrase("nothing"),
            reason=c.reason,
        )
        for service in report.services
        for share in (*service.figures.shares, *service.figures.short)
        for c in share.outage.corrections
    ]
    if found:
        yield ""
        yield _heading("Corrections", say, len(found))
        yield from found


def _restatements(report: PeriodReport, say: Language) -> Iterator[str]:
    if report.restatements:
        yield ""
        yield _heading("Restatements", say, len(report.restatements))
        yield from finality.frozen_then(report)
    for one in report.restatements:
        before, after = restated(one, report, say)
        told = ", ".join(filter(None, (after, one.author)))
        yield f"{one.service}{say.thus}{before} -> {told}{say.thus}{one.reason}"


def _terms(report: PeriodReport) -> Iterator[str]:
    say = language(report)
    if report.terms:
        yield ""
        yield _heading("Terms in force", say)
    for services, when, told, known in lists.terms(report):
        since = say.phrase("known since {when}", when=known)
        yield f"{services}, {when}{say.thus}{told} ({since})"
    yield from lists.afterwards(report)


def _not_computed(report: PeriodReport) -> Iterator[str]:
    if report.not_computed:
        yield ""
    yield from view.not_computed(report)


def _performance(report: PeriodReport, say: Language, width: int | None) -> Iterator[str]:
    if rows := lists.performance(report):
        yield ""
        yield _heading("Performance", say)
        yield from _filled(lists.performance_head(report), rows, say, width)


def _capacity(
    report: PeriodReport, found: Capacity, say: Language, width: int | None
) -> Iterator[str]:
    yield ""
    yield _heading("Server health and capacity", say)
    if found.problem:
        yield lists.without_health(found, say)
    for head, rows in (
        (lists.CAPACITY_HEAD, lists.capacity(report)),
        (lists.UPDATES_HEAD, lists.updates(report)),
        (lists.AFTERMATH_HEAD, lists.followed(report)),
    ):
        if rows:
            yield from _filled(head, rows, say, width)
            yield ""
    for one in found.certificates:
        day = say.moment(one.expires)
        yield say.phrase("Certificate of {name} expires on {day}", name=one.name, day=day)


def _filled(head: Row, rows: Sequence[Row], say: Language, width: int | None) -> Iterator[str]:
    """Yield a table without the columns in which there is nothing."""
    kept, body = compact(head, rows, "")
    yield from lines(_told(kept, say), body, width)


def _heading(title: str, say: Language, count: int | None = None) -> str:
    """Return the heading of a section, with how many there are in it."""
    told = say.phrase(title).upper()
    return told if count is None else f"{told} ({say.number(count)})"


def _told(head: Row, say: Language) -> Row:
    return [say.phrase(name) for name in head]
