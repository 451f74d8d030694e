"""The report as one page that needs nothing else: no script, no font, no network."""

from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sla_engine.domain.report import PeriodReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import columns, lists, palette, view
from sla_engine.reports.columns import LEVELS, RELIABILITY, filled, priced
from sla_engine.reports.drawings import drawings
from sla_engine.reports.language import language
from sla_engine.reports.sheets import sheets
from sla_engine.reports.strips import strip

_LEVELS_CAPTION = (
    "Times in minutes of the agreed service time. Planned is what approved maintenance covers. "
    "Change is in percentage points."
)
_RELIABILITY_CAPTION = "Window hours are those of approved maintenance that were used."
_COST_CAPTION = " Cost is that of unplanned downtime, in {}."


def render(report: PeriodReport) -> bytes:
    """Return the page."""
    return page(report).encode()


def page(report: PeriodReport, *, plain: bool = False) -> str:
    """Return the page; ``plain`` sets the long tables as aligned text."""
    cost = _COST_CAPTION.format(report.currency) if priced(report) else ""
    return _template().render(
        report=report,
        view=view,
        lists=lists,
        say=language(report),
        title=view.period_title(report),
        summary=summarize(report.services),
        charts=drawings(report),
        plain=sheets(report) if plain else None,
        columns=columns,
        levels=filled(report, LEVELS),
        reliability=filled(report, RELIABILITY),
        levels_caption=_LEVELS_CAPTION,
        reliability_title="Reliability and cost" if cost else "Reliability",
        reliability_caption=_RELIABILITY_CAPTION + cost,
        strip=strip,
        palette=palette,
    )


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
