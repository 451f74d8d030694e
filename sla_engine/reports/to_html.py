"""The report as one page that needs nothing else: no script, no font, no network."""

from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from sla_engine.domain import wording
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import charts, lists, palette, to_text, view
from sla_engine.reports.strips import strip

_LINES = 50


def render(report: PeriodReport) -> bytes:
    """Return the page; it has charts where matplotlib is installed."""
    return page(report, pictures=charts.available()).encode()


def page(report: PeriodReport, *, pictures: bool, plain: bool = False) -> str:
    """Return the page, with charts or without; ``plain`` sets the long tables as aligned text."""
    drawn = [Markup(charts.svg(report, name)) for name in charts.DRAWN] if pictures else []  # noqa: S704 - our own drawing, names escaped by matplotlib
    return _template().render(
        report=report,
        view=view,
        lists=lists,
        zone=ZoneInfo(report.timezone),
        title=view.period_title(report),
        summary=summarize(report.services),
        charts=drawn,
        plain_services=chunks(to_text.service_table(report), 34) if plain else [],
        plain_outages=chunks(to_text.outage_table(report), 46) if plain else [],
        strip=strip,
        palette=palette,
        percent=wording.percent,
        moment=wording.moment,
    )


def chunks(table: list[str], first: int) -> list[str]:
    """Return a table of text in pieces that fit on a page, each with the head.

    The first piece has less room: a heading stands above it.
    """
    head, *rows = table
    edges = [0, *range(first, len(rows), _LINES), len(rows)]
    pieces = (rows[start:end] for start, end in pairwise(edges))
    return ["\n".join([head, *piece]) for piece in pieces if piece]


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sla_engine.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
