"""The report for a terminal or a mail: minutes and percentages, rounded."""

import re
from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from sla_engine.domain import wording
from sla_engine.domain.availability import Share
from sla_engine.domain.period import title
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import is_thin, summarize

Row = Sequence[str]
_MS_PER_MINUTE = 60_000
_NUMBER = re.compile(r"(-|unknown|-?[0-9][0-9,.]*( %)?)( \*)?")
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
    zone = ZoneInfo(report.timezone)
    yield f"Service levels of {report.organization}, {title(report.period, zone)}"
    yield ""
    yield f"Period     {wording.stretch(*report.period, zone)} ({report.timezone}, end excluded)"
    yield f"Generated  {wording.moment(report.generated_at, zone)}"
    yield f"Source     {report.source}; accounting policy {report.policy_version}"
    yield ""
    yield from _summary(report)
    yield ""
    yield "SERVICES (times in minutes)"
    yield from service_table(report)
    yield ""
    rows = list(_outage_rows(report, zone))
    yield f"OUTAGES ({len(rows)})"
    if rows:
        yield from _table(_OUTAGE_HEAD, rows)
    yield from _corrections(report, zone)
    yield from _restatements(report)


def service_table(report: PeriodReport) -> list[str]:
    """Return the services as aligned lines, the head first."""
    return list(_table(_SERVICE_HEAD, map(_service_row, report.services)))


def outage_table(report: PeriodReport) -> list[str]:
    """Return the outages as aligned lines, the head first."""
    return list(_table(_OUTAGE_HEAD, _outage_rows(report, ZoneInfo(report.timezone))))


def _summary(report: PeriodReport) -> Iterator[str]:
    summary = summarize(report.services)
    judged = len(summary.met) + len(summary.missed)
    if judged:
        yield f"{len(summary.met)} of {wording.counted(judged, 'service')} met the objective"
    else:
        yield "No service could be judged: nothing is known, or nothing was agreed"
    if summary.missed:
        yield f"Missed: {wording.listed([s.name for s in summary.missed], 10)}"
    if summary.worst:
        worst = (f"{s.name} {wording.percent(s.figures.availability)}" for s in summary.worst)
        yield f"Worst: {', '.join(worst)}"
    yield (
        f"Downtime: {minutes(summary.unplanned)} min unplanned, {minutes(summary.planned)} min "
        f"planned, in {wording.counted(summary.outages, 'outage')}"
    )
    yield f"Coverage: {wording.percent(summary.coverage)} of the agreed time is known"
    if summary.thin:
        names = wording.listed([s.name for s in summary.thin], 10)
        yield f"WARNING: under 99 % is known of {names}"


def _service_row(service: ServiceReport) -> Row:
    figures = service.figures
    return (
        service.name,
        wording.percent(service.objective) if service.objective is not None else "-",
        wording.percent(figures.availability) + (" *" if is_thin(service) else ""),
        _VERDICTS[figures.met],
        minutes(figures.agreed),
        minutes(figures.excluded),
        minutes(figures.planned),
        minutes(figures.unplanned),
        minutes(figures.unknown),
        "-" if figures.budget_remaining is None else wording.percent(figures.budget_remaining, 1),
        str(len(figures.shares)),
        minutes(figures.longest),
        minutes(figures.mtbf),
        minutes(figures.mtrs),
    )


def _outage_rows(report: PeriodReport, zone: ZoneInfo) -> Iterator[Row]:
    for service in report.services:
        for share in (*service.figures.shares, *service.figures.short):
            yield _outage_row(service, share, report.generated_at, zone)


def _outage_row(service: ServiceReport, share: Share, now: int, zone: ZoneInfo) -> Row:
    outage = share.outage
    return (
        service.name,
        wording.moment(outage.start, zone),
        "still open" if outage.end is None else wording.moment(outage.end, zone),
        minutes(outage.until(now).length),
        minutes(share.planned),
        minutes(share.unplanned),
        minutes(share.unknown),
        share.kind,
        outage.cause or "-",
        outage.ticket or "-",
        outage.id,
    )


def _corrections(report: PeriodReport, zone: ZoneInfo) -> Iterator[str]:
    found = [
        f"{wording.moment(c.time, zone)}  {c.author} changed {c.field} of {share.outage.id} "
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


def minutes(milliseconds: float | None) -> str:
    """Return minutes to two digits, ``-`` where there is nothing to tell."""
    return "-" if milliseconds is None else f"{milliseconds / _MS_PER_MINUTE:,.2f}"


def _restatements(report: PeriodReport) -> Iterator[str]:
    if report.restatements:
        yield ""
        yield f"RESTATEMENTS ({len(report.restatements)})"
    for one in report.restatements:
        before, after = (wording.percent(v) for v in (one.before, one.after))
        yield f"{one.service}: {before} -> {after}, {one.author}: {one.reason}"
