"""Report formats, one record each, and all rounding; imported by accounting and above."""

from sla_engine.reports import (
    charts,
    to_csv,
    to_html,
    to_json,
    to_pdf,
    to_slack,
    to_text,
    to_xlsx,
)
from sla_engine.reports.format import Format, MissingExtraError

__all__ = ["FORMATS", "PICTURE", "Format", "MissingExtraError", "chosen_format"]

FORMATS: dict[str, Format] = {
    "slack": Format(
        to_slack.render, "application/json", "json", needs_health=True, needs_trend=True
    ),
    "html": Format(
        to_html.render,
        "text/html; charset=utf-8",
        "html",
        needs_daily=True,
        needs_health=True,
        needs_trend=True,
    ),
    "pdf": Format(
        to_pdf.render,
        "application/pdf",
        "pdf",
        needs_daily=True,
        needs_health=True,
        needs_trend=True,
        few_days=True,
    ),
    "csv": Format(to_csv.render, "text/csv; charset=utf-8", "csv"),
    "xlsx": Format(
        to_xlsx.render,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
        needs_health=True,
        needs_trend=True,
    ),
    "json": Format(to_json.render, "application/json", "json", needs_health=True, needs_trend=True),
    "text": Format(
        to_text.render, "text/plain; charset=utf-8", "txt", needs_health=True, needs_trend=True
    ),
}
"""By the name that ``--format``, ``?format=`` and ``reports[].format`` know it by."""

PICTURE = Format(charts.png, "image/png", "png", needs_daily=True, needs_trend=True, few_days=True)
"""What goes with a scheduled Slack message; what it needs may be missing (`charts.missing`)."""


def chosen_format(name: str) -> Format:
    """Return a format by its name.

    Raises:
        ValueError: there is no such format; it names those that there are.
    """
    if name not in FORMATS:
        raise ValueError(f"{name!r} is no format; valid: {', '.join(sorted(FORMATS))}")
    return FORMATS[name]
