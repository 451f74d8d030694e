"""The report as one page that needs nothing else: no script, no font, no network."""

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from sla_engine.domain.report import PeriodReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import columns, grids, lists, months, palette, papers, view, whose
from sla_engine.reports.drawings import (
    FLAT,
    captions,
    days_title,
    drawings,
    trend,
    trend_title,
)
from sla_engine.reports.first_page import first_page
from sla_engine.reports.language import language
from sla_engine.reports.room import ROOMY, Room, shortened
from sla_engine.reports.sheets import Sheets
from sla_engine.reports.strips import strip
from uptime_common.bidi import isolated


def render(report: PeriodReport) -> bytes:
    """Return the page."""
    return page(report).encode()


def page(
    report: PeriodReport,
    sheets: Sheets | None = None,
    room: Room = ROOMY,
    *,
    only_first: bool = False,
) -> str:
    """Return the page; where it is to be printed, ``sheets`` sets its long tables.

    ``room`` is what the first page has, which is all that is returned where ``only_first``.
    """
    say, front = language(report), shortened(report, room)
    made = _template().render(
        report=report,
        whose=whose,
        view=view,
        lists=lists,
        grids=grids,
        say=say,
        _=say.phrase,
        title=view.period_title(report),
        summary=summarize(report.services),
        charts=list(zip(drawings(report), captions(report), strict=True)),
        front=front,
        first=first_page(front, room),
        room=room,
        only_first=only_first,
        trend=trend(report, FLAT),
        trend_title=trend_title(report) if report.trend else "",
        months=months.months,
        months_title=months.title,
        days_title=days_title(report),
        sheet=sheets or (lambda _grid: Markup("")),
        columns=columns,
        strip=strip,
        palette=palette,
        paper=papers.PAPERS[report.paper],
        plain=sheets is not None,
    )
    return isolated(made)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sla_engine.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["css"] = _css
    return environment.get_template("report.html")


def _css(text: str) -> Markup:
    """Return a text for a string of CSS inside ``<style>``, where HTML's escapes mean nothing."""
    return Markup("").join(  # each letter that could end the string or the element, by its number
        letter if letter.isalnum() or letter in " .,:" else f"\\{ord(letter):x} " for letter in text
    )
