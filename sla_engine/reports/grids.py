"""The tables of a page and of paper, as heads and rows of text; both are set from these."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.reports import lists, view
from sla_engine.reports.columns import LEVELS, RELIABILITY, Column, filled, name, priced, verdict
from sla_engine.reports.language import Language, language
from sla_engine.reports.strips import strip
from uptime_common.tables import Row, compact, letters

_WIDEST, _NARROWEST = 26, 6  # letters that a column of words is given room for on paper

_WHOLE = ("n", "id", "verdict")  # what is never broken into lines

_LEVELS_CAPTION = (
    "Planned is what approved maintenance covers. Change is in percentage points. Times are hours "
    "(h), minutes (m) and seconds (s) of the agreed service time."
)
_RELIABILITY_CAPTION = "Windows are those of approved maintenance, and how much was used of them."
_COST_CAPTION = " Cost is that of unplanned downtime, in {}."
_OUTAGES_CAPTION = (
    "{}. Planned, unplanned and unknown are inside the period and the agreed time; the duration is "
    "the outage's own."
)
_OUTAGES = {
    "Service": "", "Began": "t", "Ended": "t", "Duration": "n", "Planned": "n", "Unplanned": "n",
    "Unknown": "n", "Class": "", "Cause": "", "Ticket": "", "Outage": "id",
}  # fmt: skip
_WINDOWS = {
    "Service": "", "Window": "", "Verdict": "verdict", "Actual": "n", "Budget used": "n",
    "Credit": "n", "Note": "",
}  # fmt: skip
_AGREEMENTS = {
    "Agreement": "", "Rule": "", "Window": "", "Verdict": "verdict", "Actual": "n", "Credit": "n",
    "Due": "n", "Why": "",
}  # fmt: skip
_WORKS = {"Work": "", "When": "", "Services": "", "Asked for by": "", "Down of window": "n"}
_CORRECTIONS = {"When": "t", "Who": "", "Outage": "", "What": "", "Why": ""}
_RESTATEMENTS = {"Service": "", "Before": "n", "After": "n", "Who": "", "Why": ""}
_TERMS = {"Services": "", "In force": "", "Terms": "", "Known since": ""}
_NOTES = {"Service": "", "Note": ""}
_HOSTS = {
    "Host": "", "CPU p95": "n", "Memory p95": "n", "Fullest disk": "", "Used": "n", "Full": "",
    "Updates": "n", "Reboot": "",
}  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """A table; ``kinds`` are its columns' classes.

    ``n`` is a number, ``t`` a time, the others are ``id`` and ``verdict``. ``days`` is a last
    column of pictures, which paper has no room for.
    """

    id: str
    title: str
    head: Row
    kinds: Row
    rows: Sequence[Row]
    caption: str = ""
    days: Sequence[Markup] = ()

    @cached_property
    def widths(self) -> list[float]:
        """Return the columns' shares of the paper's width, in percent."""
        wide = [max(map(letters, cells)) for cells in zip(self.head, *self.rows, strict=True)]
        room = [
            1.25 * count + 2 if kind in _WHOLE else min(max(count, _NARROWEST), _WIDEST)
            for count, kind in zip(wide, self.kinds, strict=True)
        ]
        return [round(100 * one / sum(room), 2) for one in room]


def services(report: PeriodReport) -> Grid:
    """Return the service levels."""
    say, kept = language(report), filled(report, LEVELS)
    return Grid(
        "services",
        "Services",
        ["Service", "Verdict", *(column.title for column in kept)],
        ["", "verdict", *map(_kind, kept)],
        [[name(s), verdict(s), *_cells(s, kept, say)] for s in report.services],
        _LEVELS_CAPTION,
        [strip(one, say) for one in report.services],
    )


def reliability(report: PeriodReport) -> Grid:
    """Return how often and how long services failed, and what it cost."""
    say, kept = language(report), filled(report, RELIABILITY)
    cost = _COST_CAPTION.format(report.currency) if priced(report) else ""
    return Grid(
        "reliability",
        "Reliability and cost" if cost else "Reliability",
        ["Service", *(column.title for column in kept)],
        ["", *map(_kind, kept)],
        [[name(s), *_cells(s, kept, say)] for s in report.services],
        _RELIABILITY_CAPTION + cost,
    )


def outages(report: PeriodReport) -> Grid:
    """Return the list of outages."""
    rows = [
        (
            row.service, row.began, row.ended, row.lasted, row.planned, row.unplanned, row.unknown,
            row.kind, f"{row.cause} ({row.note})".strip() if row.note else row.cause, row.ticket,
            row.id,
        )
        for row in lists.outages(report)
    ]  # fmt: skip
    caption = _OUTAGES_CAPTION.format(lists.outage_count(report))
    return _grid("outages", "Outages", _OUTAGES, rows, caption=caption, say=language(report))


def contract_windows(report: PeriodReport) -> Grid:
    """Return the windows of contracts that closed in the period or run at its end."""
    caption = (
        "Verdict and credit belong to the contract's window, and are told once: in the report of "
        "the day on which it closed."
    )
    rows = lists.contract_windows(report)
    return _grid("windows", "Contract windows", _WINDOWS, rows, caption=caption)


def agreements(report: PeriodReport) -> Grid:
    """Return what customers were promised, and what came of it."""
    caption = (
        "What customers were promised: one figure by the agreement's rule; credits are percents of "
        "the window's fee."
    )
    rows = lists.agreements(report)
    return _grid("agreements", "Agreements", _AGREEMENTS, rows, caption=caption)


def works(report: PeriodReport) -> Grid:
    """Return planned work."""
    say = language(report)
    rows = [lists.work(one, say) for one in report.works]
    return _grid("maintenance", "Maintenance", _WORKS, rows)


def corrections(report: PeriodReport) -> Grid:
    """Return who corrected what."""
    return _grid("corrections", "Corrections", _CORRECTIONS, lists.corrections(report))


def restatements(report: PeriodReport) -> Grid:
    """Return what changed of a period after its report was made."""
    say = language(report)
    rows = [
        (one.service, say.percent(one.before), say.percent(one.after), one.author, one.reason)
        for one in report.restatements
    ]
    caption = (
        "Figures that are others than those that were frozen when the report of this period was "
        "made."
    )
    return _grid("restatements", "Restatements", _RESTATEMENTS, rows, caption=caption)


def terms(report: PeriodReport) -> Grid:
    """Return what was agreed and decides the figures."""
    caption = (
        "What was agreed and decides the figures, as the ledger has it since it was first seen."
    )
    return _grid("terms", "Terms in force", _TERMS, lists.terms(report), caption=caption)


def notes(report: PeriodReport) -> Grid:
    """Return what is to be known of single services, of which warnings name but some."""
    caption = "What has to be known before a figure of these services is trusted."
    return _grid("notes", "Notes on services", _NOTES, view.notes(report), caption=caption)


def hosts(report: PeriodReport) -> Grid:
    """Return server health."""
    say = language(report)
    found = report.capacity.hosts if report.capacity else ()
    rows = [(one.name, *(cell for cell, _ in lists.host(one, say))) for one in found]
    caption = (
        "At the end of the period: 95th percentiles over it, and when the fullest disk is full at "
        "the present pace."
    )
    return _grid("capacity", "Server health and capacity", _HOSTS, rows, caption=caption)


def _grid(
    id_: str,
    title: str,
    columns: dict[str, str],
    rows: Iterable[Row],
    *,
    caption: str = "",
    say: Language | None = None,
) -> Grid:
    """Return a table; where ``say`` is given without the columns in which there is nothing."""
    head, body = list(columns), list(rows)
    if say is not None and body:
        kept, body = compact(head, body, say.service_time(0))
        head = list(kept)
    return Grid(id_, title, head, [columns[title] for title in head], body, caption)


def _kind(column: Column) -> str:
    return "n" if column.numeric else ""


def _cells(service: ServiceReport, columns: Sequence[Column], say: Language) -> list[str]:
    return [column.cell(service, say) for column in columns]
