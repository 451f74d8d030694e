"""The tables of a page and of paper, as heads and rows of text; both are set from these."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup

from sla_engine.domain.report import Cause, PeriodReport, ServiceReport
from sla_engine.reports import coming as to_come
from sla_engine.reports import finality, lists, promised, view
from sla_engine.reports.approval import is_named
from sla_engine.reports.columns import (
    LEVELS,
    RELIABILITY,
    Column,
    filled,
    name,
    named,
    priced,
    verdict,
)
from sla_engine.reports.language import Language, language, marked
from sla_engine.reports.restated import restated
from sla_engine.reports.strips import line, strip
from uptime_common.tables import Row, compact, letters

_WIDEST, _NARROWEST = 26, 4  # letters that a column of words is given room for on paper
TREND = 14.0
"""The share of the paper's width of a column of small pictures, percent."""
_WORD, _WIDEST_TEXT = 12, 70
_LONG_WORD = 16
_PAPER = 170.0
"""The letters that fit beside each other; where there are more, words and times give way."""

_BREAK, _HELD = re.compile(r" (?=\d)"), re.compile(r" (?!\d)")
_WHOLE = ("n", "id", "verdict")  # what is never broken into lines

_LEVELS_CAPTION = marked(
    "Planned is what approved maintenance covers. Change is in percentage points. Times are hours "
    "(h), minutes (m) and seconds (s) of the agreed service time."
)
_RELIABILITY_CAPTION = marked(
    "Windows are those of approved maintenance, and how much was used of them."
)
_COST_CAPTION = marked("Cost is that of unplanned downtime, in {currency}.")
_OUTAGES_CAPTION = marked(
    "{outages}. Planned, unplanned and unknown are inside the period and the agreed time; the "
    "duration is the outage's own."
)
_REST_CAPTION = marked(
    "Listed are the {n} with the most unplanned downtime; the other {rest} add up to {lost} of "
    "it, are in the figures of their services above, and one by one in CSV, XLSX and JSON."
)
_OUTAGES_AT_MOST = 2_000
_OUTAGES = {
    marked("Service"): "",
    marked("Began"): "t",
    marked("Ended"): "t",
    marked("Duration"): "n",
    marked("Planned"): "n",
    marked("Unplanned"): "n",
    marked("Unknown"): "n",
    marked("Class"): "",
    marked("Cause"): "",
    marked("Ticket"): "",
    marked("Outage"): "id",
}
_WINDOWS = {
    marked("Service"): "",
    marked("Window"): "",
    marked("Verdict"): "verdict",
    marked("Actual"): "n",
    marked("Budget used"): "n",
    marked("Credit"): "n",
    marked("Note"): "",
}
_AGREEMENTS = {
    marked("Agreement"): "",
    marked("Rule"): "",
    marked("Window"): "",
    marked("Verdict"): "verdict",
    marked("Actual"): "n",
    marked("Credit"): "n",
    marked("Due"): "n",
    marked("Why"): "",
}
_WORKS = {
    marked("Work"): "",
    marked("When"): "",
    marked("Services"): "",
    marked("Asked for by"): "",
    marked("Down of window"): "n",
}
_UNNAMED = {"Asked for by": marked("State")}
_CORRECTIONS = {
    marked("When"): "t",
    marked("Who"): "",
    marked("Outage"): "",
    marked("What"): "",
    marked("Why"): "",
}
_RESTATEMENTS = {
    marked("Service"): "",
    marked("Before"): "n",
    marked("After"): "n",
    marked("What changed"): "",
    marked("When"): "t",
    marked("Who"): "",
    marked("Why"): "",
}
_CAUSES = {
    "terms": marked("what was agreed"),
    "window": marked("planned work"),
    "correction": marked("a correction"),
    "samples": marked("samples"),
    "program": marked("another version of the program"),
}
_TERMS = {
    marked("Services"): "",
    marked("In force"): "",
    marked("Terms"): "",
    marked("Known since"): "",
}
_NOTES = {marked("Service"): "", marked("Note"): ""}
_NUMBERS = {
    "CPU p95", "Memory p95", "Used", "Updates", "Security", "p95", "Latency", "Period before",
    "Change", "Target", "Runs within", "Wanted",
}  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """A table; ``kinds`` are its columns' classes.

    ``n`` is a number, ``t`` a time, the others are ``id`` and ``verdict``. ``days`` is a last
    column of pictures under ``days_head``, which paper has room for where they are a ``trend``.
    """

    id: str
    title: str
    head: Row
    kinds: Row
    rows: Sequence[Row]
    caption: str = ""
    days: Sequence[Markup] = ()
    trend: bool = False
    days_head: str = "Days"

    @cached_property
    def widths(self) -> list[float]:
        """Return the columns' shares of the paper's width, in percent."""
        columns = list(zip(self.head, *self.rows, strict=True))
        asked = [
            _room(max(map(letters, cells)), kind)
            for cells, kind in zip(columns, self.kinds, strict=True)
        ]
        asked = [  # a word that is not very long is never broken for a letter or two
            max(one, 1.2 * min(_longest(cells), _LONG_WORD) + 2) if kind == "" else one
            for cells, kind, one in zip(columns, self.kinds, asked, strict=True)
        ]
        least = [
            min(most, one) if kind in ("", "t") else one
            for most, kind, one in zip(map(_words, columns), self.kinds, asked, strict=True)
        ]
        spare = max(0.0, min(1.0, (_PAPER - sum(least)) / max(1.0, sum(asked) - sum(least))))
        room = [
            max(low + spare * (one - low), 1.3 * _longest(cells[:1]) + 2)
            for cells, low, one in zip(columns, least, asked, strict=True)
        ]
        room = _squeezed(room, columns, self.kinds)
        whole = 100.0 - TREND if self.trend else 100.0
        return [round(whole * one / sum(room), 2) for one in room]


def _squeezed(
    room: list[float], columns: Sequence[Sequence[str]], kinds: Sequence[str]
) -> list[float]:
    """Return columns' room where there is too little: figures of several parts take two lines."""
    over = sum(room) - _PAPER
    least = [
        min(wide, max(1.3 * _longest(cells[:1]) + 2, 1.1 * _part(cells) + 3))
        if kind == "n"
        else wide
        for wide, cells, kind in zip(room, columns, kinds, strict=True)
    ]
    given = sum(room) - sum(least)
    if over <= 0 or not given:
        return room
    share = min(1.0, over / given)
    return [wide - share * (wide - low) for wide, low in zip(room, least, strict=True)]


def _part(cells: Sequence[str]) -> int:
    """Return the letters of the longest part that a line is never broken in."""
    return max(letters(part) for cell in cells[1:] or cells for part in _BREAK.split(cell))


def held(cell: str) -> str:
    """Return a figure whose unit never stands on another line than its number."""
    return _HELD.sub("\N{NO-BREAK SPACE}", cell)


def _words(cells: Sequence[str]) -> float:
    """Return the room in which a column's words stand unbroken, unless they are very long."""
    return 1.25 * min(_longest(cells), _LONG_WORD) + 2


def _longest(cells: Sequence[str]) -> int:
    return max((letters(word) for cell in cells for word in cell.split()), default=0)


def _room(letters_: int, kind: str) -> float:
    """Return the room that a column is given, in letters: words of some length are wrapped."""
    if kind == "t":
        return 1.15 * letters_
    if kind == "id":  # capitals
        return 1.4 * letters_ + 2
    if kind == "n":
        return 1.1 * max(letters_, _NARROWEST) + 2
    if kind in _WHOLE or letters_ <= _WORD:
        return 1.25 * max(letters_, _NARROWEST) + 2
    return min(letters_, _WIDEST + (letters_ - _WIDEST) * 0.2, _WIDEST_TEXT) + 2


def services(report: PeriodReport, *, days: bool = True) -> Grid:
    """Return the service levels, with the days of each where there is room for them."""
    say, kept = language(report), filled(report, LEVELS)
    return Grid(
        "services",
        say.phrase("Services"),
        [say.phrase(t) for t in ("Service", "Verdict", *(column.title for column in kept))],
        ["", "verdict", *map(_kind, kept)],
        [
            [named(s, report.period, say), verdict(s, say), *_cells(s, kept, say)]
            for s in report.services
        ],
        " ".join(filter(None, (view.judged_together(report), say.phrase(_LEVELS_CAPTION)))),
        [strip(one, say) for one in report.services] if days else (),
        days_head=say.phrase("Days"),
    )


def reliability(report: PeriodReport) -> Grid:
    """Return how often and how long services failed, and what it cost."""
    say, kept = language(report), filled(report, RELIABILITY)
    cost = say.phrase(_COST_CAPTION, currency=report.currency) if priced(report) else ""
    return Grid(
        "reliability",
        say.phrase("Reliability and cost") if cost else say.phrase("Reliability"),
        [say.phrase(title) for title in ("Service", *(column.title for column in kept))],
        ["", *map(_kind, kept)],
        [[name(s), *_cells(s, kept, say)] for s in report.services],
        " ".join(filter(None, (say.phrase(_RELIABILITY_CAPTION), cost))),
    )


def outages(report: PeriodReport) -> Grid:
    """Return the list of outages: all, or of very many the longest, with the sum of the rest."""
    say = language(report)
    kept, lost = lists.longest(report, _OUTAGES_AT_MOST)
    rows = [
        (
            row.service, row.began, row.ended, row.lasted, row.planned, row.unplanned, row.unknown,
            row.kind, f"{row.cause} ({row.note})".strip() if row.note else row.cause, row.ticket,
            row.id,
        )
        for row in lists.outages(report, kept)
    ]  # fmt: skip
    caption = say.phrase(_OUTAGES_CAPTION, outages=lists.outage_count(report))
    if kept is not None:
        left = sum(len(one.figures.shares) for one in report.services) - len(kept)
        told = {
            "n": say.number(len(kept)),
            "rest": say.number(left),
            "lost": say.service_time(lost),
        }
        caption += " " + say.phrase(_REST_CAPTION, **told)
    return _grid(
        "outages", say.phrase("Outages"), _OUTAGES, rows, say, caption=caption, shorten=True
    )


def contract_windows(report: PeriodReport) -> Grid:
    """Return the windows of contracts that closed in the period or run at its end."""
    say = language(report)
    caption = say.phrase(
        "Verdict and credit belong to the contract's window, and are told once: in the report of "
        "the day on which it closed."
    )
    rows, title = lists.contract_windows(report), say.phrase("Contract windows")
    return _grid("windows", title, _WINDOWS, rows, say, caption=caption, shorten=True)


def agreements(report: PeriodReport) -> Grid:
    """Return what customers were promised, and what came of it."""
    say = language(report)
    caption = say.phrase(
        "What customers were promised: one figure by the agreement's rule; credits are percents of "
        "the window's fee."
    )
    rows = promised.agreements(report)
    return _grid("agreements", say.phrase("Agreements"), _AGREEMENTS, rows, say, caption=caption)


def works(report: PeriodReport) -> Grid:
    """Return planned work."""
    say = language(report)
    rows = [lists.work(one, say) for one in report.works]
    named = all(map(is_named, report.works))
    columns = {(k if named else _UNNAMED.get(k, k)): v for k, v in _WORKS.items()}
    return _grid("maintenance", say.phrase("Maintenance"), columns, rows, say)


def coming(report: PeriodReport) -> Grid:
    """Return the planned work of the time after the period."""
    say, found = language(report), report.coming
    kinds, head = {"Begins": "t"} | dict.fromkeys(to_come.NUMBERS, "n"), to_come.head(report)
    return Grid(
        "coming",
        to_come.title(found, say) if found else "",
        [say.phrase(name) for name in head],
        [kinds.get(name, "") for name in head],
        to_come.rows(report),
        to_come.caption(found, say) if found else "",
    )


def corrections(report: PeriodReport) -> Grid:
    """Return who corrected what."""
    say = language(report)
    return _grid(
        "corrections", say.phrase("Corrections"), _CORRECTIONS, lists.corrections(report), say
    )


def restatements(report: PeriodReport) -> Grid:
    """Return what changed of a period after its report was made, cause by cause."""
    say = language(report)
    rows = [
        (
            one.service,
            *restated(one, report, say),
            say.phrase(_CAUSES[cause.kind]),
            "-" if cause.time is None else say.moment(cause.time),
            cause.author,
            cause.reason,
        )
        for one in report.restatements
        for cause in one.causes or (Cause("samples", one.author, one.reason),)
    ]
    caption = say.phrase(
        "Figures that are others than those that were frozen when the report of this period was "
        "made, and each thing that made them so."
    )
    caption = " ".join((caption, *finality.frozen_then(report)))
    return _grid(
        "restatements", say.phrase("Restatements"), _RESTATEMENTS, rows, say, caption=caption
    )


def terms(report: PeriodReport) -> Grid:
    """Return what was agreed and decides the figures."""
    say = language(report)
    caption = say.phrase(
        "What was agreed and decides the figures, as the ledger has it since it was first seen."
    )
    return _grid(
        "terms", say.phrase("Terms in force"), _TERMS, lists.terms(report), say, caption=caption
    )


def notes(report: PeriodReport) -> Grid:
    """Return what is to be known of single services, of which warnings name but some."""
    say = language(report)
    caption = say.phrase("What has to be known before a figure of these services is trusted.")
    return _grid(
        "notes", say.phrase("Notes on services"), _NOTES, view.notes(report), say, caption=caption
    )


def performance(report: PeriodReport) -> Grid:
    """Return how fast services were; the pictures are the parts of the period."""
    say = language(report)
    caption = say.phrase(
        "95th percentile of each service's slowest probe, {period} and the period before. Wanted "
        "is the share of runs that was to be within the target.",
        period=say.title(report.period),
    )
    asked = [s.name for s in lists.measured(report) if s.latency and s.latency.of_requests]
    if asked:
        names = say.listed(asked, 10)
        told = say.phrase("Of {names} both are of its requests, by a histogram.", names=names)
        caption += f" {told}"
    other = [one.name for one in lists.measured(report) if lists.promised_percentile(one)]
    if other:
        names = say.listed(other, 10)
        told = say.phrase("Of {names} it is the percentile that was promised.", names=names)
        caption += f" {told}"
    grid = _listed(
        "performance",
        say.phrase("Performance"),
        lists.performance_head(report),
        lists.performance(report),
        say,
    )
    days = [line(one.latency.days, say) for one in lists.measured(report) if one.latency]
    return replace(
        grid,
        caption=caption,
        days=days if any(days) else (),
        trend=True,
        days_head=say.phrase("Trend"),
    )


def capacity(report: PeriodReport) -> Grid:
    """Return how full servers are."""
    say = language(report)
    caption = say.phrase(
        "At the end of the period: 95th percentiles over it, and the day on which the first of a "
        "server's disks is full at the pace of its last week."
    )
    rows = lists.capacity(report)
    grid = _listed(
        "capacity", say.phrase("Server health and capacity"), lists.CAPACITY_HEAD, rows, say
    )
    return replace(grid, caption=caption)


def updates(report: PeriodReport) -> Grid:
    """Return what waits to be installed on servers."""
    say = language(report)
    caption = say.phrase("At the end of the period; in brackets how many days before it that was.")
    grid = _listed("updates", say.phrase("Updates"), lists.UPDATES_HEAD, lists.updates(report), say)
    return replace(grid, caption=caption)


def aftermath(report: PeriodReport) -> Grid:
    """Return what was done to servers, beside the outages that followed."""
    say = language(report)
    caption = say.phrase(
        "Reboots and changes of packages in the period, and the outages of any service that began "
        "within a day: what followed, not what it came of."
    )
    rows = lists.followed(report)
    grid = _listed(
        "aftermath", say.phrase("Installations and reboots"), lists.AFTERMATH_HEAD, rows, say
    )
    return replace(grid, caption=caption)


def _listed(id_: str, title: str, head: Sequence[str], rows: Sequence[Row], say: Language) -> Grid:
    """Return a table without the columns in which there is nothing."""
    kept, body = compact(head, rows, "") if rows else (head, [])
    kinds = {"Verdict": "verdict"} | dict.fromkeys(_NUMBERS, "n")
    told = [say.phrase(name) for name in kept]
    return Grid(id_, title, told, [kinds.get(name, "") for name in kept], body)


def _grid(
    id_: str,
    title: str,
    columns: dict[str, str],
    rows: Iterable[Row],
    say: Language,
    *,
    caption: str = "",
    shorten: bool = False,
) -> Grid:
    """Return a table; to ``shorten`` it is to leave out columns in which there is nothing."""
    head, body = list(columns), list(rows)
    if body:
        there = [i for i in range(len(head)) if any(row[i] for row in body)]
        head, body = [head[i] for i in there], [[row[i] for i in there] for row in body]
    if shorten and body:
        kept, body = compact(head, body, say.service_time(0))
        head = list(kept)
    told = [say.phrase(name) for name in head]
    return Grid(id_, title, told, [columns[name] for name in head], body, caption)


def _kind(column: Column) -> str:
    return "n" if column.numeric else ""


def _cells(service: ServiceReport, columns: Sequence[Column], say: Language) -> list[str]:
    return [column.cell(service, say) for column in columns]
