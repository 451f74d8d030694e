"""Long tables for paper, as aligned text: WeasyPrint takes a minute over ten thousand cells.

Each sheet is a page with the head of its table; the letters are as large as the lines allow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import lists
from sla_engine.reports.columns import LEVELS, RELIABILITY, filled, verdict
from sla_engine.reports.language import language
from uptime_common.tables import Row, compact, table

_WIDTH, _HEIGHT = 772.0, 505.0  # points of A4 across, without the margins
_LETTER = 0.603  # of the font's size; DejaVu Sans Mono
_LEADING = 1.4
_SMALLEST, _LARGEST = 5.5, 8.5
_ABOUT, _HEADING = 215.0, 70.0  # points that stand above the first sheet of a table
_CAUSE = 36
_OUTAGE_HEAD = (
    "Service", "When", "Minutes", "Planned", "Unplanned", "Unknown", "Class", "Cause", "Ticket",
    "Outage",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheets:
    """The long tables of a report."""

    services: Markup
    outages: Markup


def sheets(report: PeriodReport) -> Sheets:
    """Return the long tables of a report."""
    head, rows = compact(_OUTAGE_HEAD, _outages(report), language(report).number(0, 2))
    return Sheets(
        services=_set(table(*_services(report)), _ABOUT),
        outages=_set(table(head, rows), _HEADING) if rows else Markup("<p>None.</p>"),
    )


def _services(report: PeriodReport) -> tuple[Row, list[Row]]:
    """Return both tables of services as one, a line each."""
    say, kept = language(report), filled(report, (*LEVELS, *RELIABILITY))
    rows: list[Row] = [
        [service.name, verdict(service), *(column.cell(service, say) for column in kept)]
        for service in report.services
    ]
    return ["Service", "Verdict", *(column.title for column in kept)], rows


def _outages(report: PeriodReport) -> Iterator[Row]:
    for row in lists.outages(report):
        cause = row.cause if not row.note else f"{row.cause} ({row.note})".strip()
        yield (
            row.service,
            row.when,
            row.minutes,
            row.planned,
            row.unplanned,
            row.unknown,
            row.kind,
            cause if len(cause) <= _CAUSE else f"{cause[: _CAUSE - 1]}…",
            row.ticket,
            row.id,
        )


def _set(lines: Iterator[str], above: float) -> Markup:
    """Set a table in sheets, the first under what stands ``above`` it (points)."""
    head, *rows = lines
    longest = max(len(head), *map(len, rows)) if rows else len(head)
    size = max(_SMALLEST, min(_LARGEST, _WIDTH / _LETTER / longest))
    room = int(_HEIGHT / size / _LEADING) - 2
    first = max(1, room - int(above / size / _LEADING))
    edges = [0, *range(first, len(rows), room), len(rows)]
    return Markup("\n").join(
        Markup('<pre style="font-size: {:.2f}pt"><b>{}</b>\n{}</pre>').format(
            size, head, "\n".join(rows[start:end])
        )
        for start, end in pairwise(edges)
        if start < end
    )
