"""Report formats: rounding happens here and nowhere else."""

from collections.abc import Callable

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import to_json, to_text

Render = Callable[[PeriodReport], bytes]

REPORTS: dict[str, Render] = {
    "json": to_json.render,
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
