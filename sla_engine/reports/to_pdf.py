"""The report as PDF: the page as it prints, by WeasyPrint (extra ``pdf``)."""

import logging
from importlib.util import find_spec

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import to_html
from sla_engine.reports.format import MissingExtraError


def missing() -> bool:
    """Say whether the extra ``pdf`` is not installed."""
    return find_spec("weasyprint") is None


def render(report: PeriodReport) -> bytes:
    """Return the PDF, tagged for screen readers.

    Raises:
        MissingExtraError: the extra ``pdf`` is not installed.
    """
    for name in ("fontTools", "weasyprint", "weasyprint.progress"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an optional extra
    except (ImportError, OSError) as error:
        raise MissingExtraError(f"PDF needs the extra 'pdf' (WeasyPrint): {error}") from error
    document = HTML(string=to_html.page(report, plain=True))
    result: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return result
