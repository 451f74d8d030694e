"""The report for a terminal or a mail: minutes and percentages, rounded."""

import re
from collections.abc import Iterable, Iterator, Sequence

from sla_engine.domain import wording
from sla_engine.domain.availability import Share
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import is_thin, summarize
from sla_engine.reports import view
from sla_engine.reports.language import Language, language

Row = Sequence[str]
_NUMBER = re.compile(r"(-|unknown|[-+]?%?\d[^a-zA-Z:]*)( \*)?")
_VERDICTS = {True: "met", False: "MISSED", None: "-"}
_SERVICE_HEAD = (
    "Service", "Objective", "Actual", "Verdict", "Agreed", "Excluded", "Planned", "Unplanned",
    "Unknown", "Budget left", "Outages", "Longest", "MTBF", "MTRS",
)  # fmt: skip
_OUTAGE_HEAD = (
    "Service", "Began", "Ended", "Minutes", "Planned", "Unplanned", "Unknown", "Class", "Cause",
    "Ticket", "Id",
)  # fmt: skip


def render(report: PeriodReport) -> bytes:
    """Return the report as UTF-8 text with a final newline."""
    return ("\n".join(_lines(report)) + "\n").encode()


def _lines(report: PeriodReport) -> Iterator[str]:
    say = language(report)
    yield f"Service levels of {report.organization}, {say.title(report.period)}"
    yield ""
    yield f"Period     {say.stretch(*report.period)} ({report.timezone}, end excluded)"
    yield f"Generated  {say.moment(report.generated_at)}"
    yield f"Source     {report.source}; accounting policy {report.policy_version}"
    yield ""
    yield from _summary(report)
    yield ""
    yield "SERVICES (times in minutes)"
    yield from service_table(report)
    yield ""
    rows = list(_outage_rows(report, say))
    yield f"OUTAGES ({say.number(len(rows))})"
    if rows:
        yield from _table(_OUTAGE_HEAD, rows)
    yield from _corrections(report, say)
    yield from _restatements(report, say)


def service_table(report: PeriodReport) -> list[str]:
    """Return the services as aligned lines, the head first."""
    say = language(report)
    return list(_table(_SERVICE_HEAD, (_service_row(s, say) for s in report.services)))


def outage_table(report: PeriodReport) -> list[str]:
    """Return the outages as aligned lines, the head first."""
    return list(_table(_OUTAGE_HEAD, _outage_rows(report, language(report))))


def _summary(report: PeriodReport) -> Iterator[str]:
    summary, say = summarize(report.services), language(report)
    judged = len(summary.met) + len(summary.missed)
    if judged:
        met = say.number(len(summary.met))
        yield f"{met} of {say.counted(judged, 'service')} met the objective"
    else:
        yield "No service could be judged: nothing is known, or nothing was agreed"
    if summary.missed:
        yield f"Missed: {wording.listed([s.name for s in summary.missed], 10)}"
    if summary.worst:
        worst = (f"{s.name} {say.percent(s.figures.availability)}" for s in summary.worst)
        yield f"Worst: {', '.join(worst)}"
    unplanned, planned = say.minutes(summary.unplanned, 2), say.minutes(summary.planned, 2)
    outages = say.counted(summary.outages, "outage")
    yield f"Downtime: {unplanned} min unplanned, {planned} min planned, in {outages}"
    yield f"Coverage: {say.percent(summary.coverage)} of the agreed time is known"
    yield from (f"WARNING: {warning}" for warning in view.warnings(report))


def _service_row(service: ServiceReport, say: Language) -> Row:
    figures = service.figures
    return (
        service.name,
        say.percent(service.objective) if service.objective is not None else "-",
        say.percent(figures.availability) + (" *" if is_thin(service) else ""),
        _VERDICTS[figures.met],
        say.minutes(figures.agreed, 2),
        say.minutes(figures.excluded, 2),
        say.minutes(figures.planned, 2),
        say.minutes(figures.unplanned, 2),
        say.minutes(figures.unknown, 2),
        "-" if figures.budget_remaining is None else say.percent(figures.budget_remaining, 1),
        say.number(len(figures.shares)),
        say.minutes(figures.longest, 2),
        say.minutes(figures.mtbf, 2),
        say.minutes(figures.mtrs, 2),
    )


def _outage_rows(report: PeriodReport, say: Language) -> Iterator[Row]:
    for service in report.services:
        for share in (*service.figures.shares, *service.figures.short):
            yield _outage_row(service, share, report.generated_at, say)


def _outage_row(service: ServiceReport, share: Share, now: int, say: Language) -> Row:
    outage = share.outage
    return (
        service.name,
        say.moment(outage.start),
        "still open" if outage.end is None else say.moment(outage.end),
        say.minutes(outage.until(now).length, 2),
        say.minutes(share.planned, 2),
        say.minutes(share.unplanned, 2),
        say.minutes(share.unknown, 2),
        share.kind,
        outage.cause or "-",
        outage.ticket or "-",
        outage.id,
    )


def _corrections(report: PeriodReport, say: Language) -> Iterator[str]:
    found = [
        f"{say.moment(c.time)}  {c.author} changed {c.field} of {share.outage.id} "
        f"from {c.before or 'nothing'} to {c.after or 'nothing'}: {c.reason}"
        for service in report.services
        for share in (*service.figures.shares, *service.figures.short)
        for c in share.outage.corrections
    ]
    if found:
        yield ""
        yield f"CORRECTIONS ({len(found)})"
        yield from found


def _table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """Lay out columns as wide as they need; numbers go right."""
    body = list(rows)
    widths = [max(len(row[i]) for row in (head, *body)) for i in range(len(head))]
    right = [all(_NUMBER.fullmatch(row[i]) for row in body) for i in range(len(head))]
    for row in (head, *body):
        cells = (
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, right, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _restatements(report: PeriodReport, say: Language) -> Iterator[str]:
    if report.restatements:
        yield ""
        yield f"RESTATEMENTS ({len(report.restatements)})"
    for one in report.restatements:
        before, after = (say.percent(v) for v in (one.before, one.after))
        yield f"{one.service}: {before} -> {after}, {one.author}: {one.reason}"
