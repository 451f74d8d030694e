"""Report formats: rounding happens here and nowhere else."""

from collections.abc import Callable

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import to_csv, to_html, to_json, to_pdf, to_slack, to_text
from sla_engine.reports.to_pdf import MissingExtraError

__all__ = [
    "CONTENT_TYPES",
    "EXTENSIONS",
    "HEALTHY",
    "REPORTS",
    "STRIPS",
    "MissingExtraError",
    "Render",
]

Render = Callable[[PeriodReport], bytes]

REPORTS: dict[str, Render] = {
    "csv": to_csv.render,
    "html": to_html.render,
    "json": to_json.render,
    "pdf": to_pdf.render,
    "slack": to_slack.render,
    "text": to_text.render,
}

CONTENT_TYPES: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "slack": "application/json",
    "text": "text/plain; charset=utf-8",
}

EXTENSIONS: dict[str, str] = {
    "csv": "csv",
    "html": "html",
    "json": "json",
    "pdf": "pdf",
    "slack": "json",
    "text": "txt",
}

HEALTHY = frozenset({"html", "json", "pdf", "text"})
"""The formats that show server health, which Prometheus is asked for."""

STRIPS = frozenset({"html", "pdf"})
"""The formats that show every service's days."""
