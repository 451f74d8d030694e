"""The report as PDF: the page as it prints, by WeasyPrint (extra ``pdf``)."""

import ctypes.util
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import to_html

_MANY = 300
"""With more rows than this the tables are set as text: WeasyPrint takes long over each cell."""


class MissingExtraError(ValueError):
    """A format needs packages that are not installed."""


def render(report: PeriodReport) -> bytes:
    """Return the PDF, tagged for screen readers.

    Raises:
        MissingExtraError: the extra ``pdf`` is not installed.
    """
    for name in ("fontTools", "weasyprint", "weasyprint.progress"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with _by_soname():
            from weasyprint import HTML  # noqa: PLC0415 - an optional extra
    except (ImportError, OSError) as error:
        raise MissingExtraError(f"PDF needs the extra 'pdf' (WeasyPrint): {error}") from error
    rows = len(report.services) + sum(len(s.figures.shares) for s in report.services)
    page = to_html.page(report, plain=rows > _MANY)
    document = HTML(string=page)
    result: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return result


@contextmanager
def _by_soname() -> Iterator[None]:
    """Let Linux find libraries by their sonames alone, which WeasyPrint tries as well.

    ctypes starts ldconfig and compilers for every other name: half a second.
    """
    found = ctypes.util.find_library
    if sys.platform == "linux":
        ctypes.util.find_library = _nothing
    try:
        yield
    finally:
        ctypes.util.find_library = found


def _nothing(name: str) -> str | None:
    del name
    return None
