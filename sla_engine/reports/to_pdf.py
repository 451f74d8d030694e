"""The report as PDF: the page as it prints, by WeasyPrint (extra ``pdf``)."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import to_html
from sla_engine.reports.format import MissingExtraError
from sla_engine.reports.papers import PAPERS
from sla_engine.reports.room import ROOMS, Room
from sla_engine.reports.sheets import Sheets

_HAVE_THEM = "Debian's fonts-noto-core, fonts-noto-cjk and fonts-noto-color-emoji have nearly all"
_MOST_NAMED = 20

_log = logging.getLogger("reports")


def missing() -> bool:
    """Say whether the extra ``pdf`` is not installed."""
    return find_spec("weasyprint") is None


def render(report: PeriodReport) -> bytes:
    """Return the PDF, tagged for screen readers; letters that no font has are logged.

    Raises:
        MissingExtraError: the extra ``pdf`` is not installed.
    """
    for name in ("fontTools", "weasyprint.progress"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an optional extra

        from sla_engine.reports.drawn import UnknownFontError, draw  # noqa: PLC0415 - the same
    except (ImportError, OSError) as error:
        raise MissingExtraError(f"PDF needs the extra 'pdf' (WeasyPrint): {error}") from error

    def printed(sheets: Sheets) -> bytes:
        with _uncollected():
            document = HTML(string=to_html.page(report, sheets, fitting(report)))
            finisher = partial(draw, sheets.blank)
            result: bytes = document.write_pdf(pdf_variant="pdf/ua-1", finisher=finisher)
        return result

    with _boxes_told():
        try:
            return printed(Sheets(PAPERS[report.paper]))
        except UnknownFontError:
            return printed(Sheets(PAPERS[report.paper], blank=False))


@contextmanager
def _boxes_told() -> Iterator[None]:
    """Log in one line which letters are boxes: WeasyPrint tells of each one, and much else."""
    letters: dict[str, None] = {}

    def heard(record: logging.LogRecord) -> bool:
        if "notdef" in str(record.msg) and isinstance(record.args, tuple) and record.args:
            letters[str(record.args[0])] = None
        return record.levelno >= logging.ERROR

    logger = logging.getLogger("weasyprint")
    logger.setLevel(logging.WARNING)
    logger.addFilter(heard)
    try:
        yield
    finally:
        logger.removeFilter(heard)
    if letters:
        named = " ".join([*letters][:_MOST_NAMED])
        more = f" and {len(letters) - _MOST_NAMED} more" if len(letters) > _MOST_NAMED else ""
        _log.warning("boxes in the PDF, no font here has: %s%s; %s", named, more, _HAVE_THEM)


def fitting(report: PeriodReport) -> Room:
    """Return the room in which all of the first page is on one sheet, or nearly."""
    from weasyprint import HTML  # noqa: PLC0415 - an optional extra

    def fits(room: Room) -> bool:
        first = HTML(string=to_html.page(report, room=room, only_first=True)).render()
        return "first-page-end" in first.pages[0].anchors

    return next(filter(fits, ROOMS), ROOMS[-1])


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles: all that is made lives to the end, and each look costs a fifth more."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
