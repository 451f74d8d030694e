"""A format made by the recipe in CONTRIBUTING: what its one new file holds."""

from collections.abc import Iterator

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import Format, view
from sla_engine.reports.language import language


def render(report: PeriodReport) -> bytes:
    """Return the services as a table in Markdown."""
    return ("\n".join(_lines(report)) + "\n").encode()


def _lines(report: PeriodReport) -> Iterator[str]:
    say = language(report)
    yield f"# {view.period_title(report)}: {view.headline(report)}"
    yield ""
    yield "| service | availability | down |"
    yield "|---|--:|--:|"
    for service in report.services:
        availability = say.percent(service.figures.availability)
        yield f"| {service.name} | {availability} | {say.service_time(service.figures.unplanned)} |"


FORMAT = Format(render, "text/markdown; charset=utf-8", "md")
