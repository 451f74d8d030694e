"""The report as one page that needs nothing else: no script, no font, no network."""

from functools import lru_cache
from itertools import pairwise

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sla_engine.domain.report import PeriodReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import lists, palette, to_text, view
from sla_engine.reports.drawings import drawings
from sla_engine.reports.language import language
from sla_engine.reports.strips import strip

_LINES = 50


def render(report: PeriodReport) -> bytes:
    """Return the page."""
    return page(report).encode()


def page(report: PeriodReport, *, plain: bool = False) -> str:
    """Return the page; ``plain`` sets the long tables as aligned text."""
    return _template().render(
        report=report,
        view=view,
        lists=lists,
        say=language(report),
        title=view.period_title(report),
        summary=summarize(report.services),
        charts=drawings(report),
        plain_services=chunks(to_text.service_table(report), 34) if plain else [],
        plain_outages=chunks(to_text.outage_table(report), 46) if plain else [],
        strip=strip,
        palette=palette,
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
