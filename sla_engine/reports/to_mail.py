"""The report as a mail: a short page that mail programs render, and as short a text."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sla_engine.domain.notice import Message
from sla_engine.domain.report import PeriodReport
from sla_engine.reports import to_slack, view, whose
from sla_engine.reports.drawings import pictured
from sla_engine.reports.first_page import first_page, short
from sla_engine.reports.language import language
from sla_engine.reports.links import links


def message(report: PeriodReport, picture: str, attached: Sequence[str]) -> Message:
    """Return the mail; ``picture`` is the name of the one that goes with it, if one does.

    ``attached`` are the names of the files that hold every figure.
    """
    told = to_slack.message(report)
    text = "\n".join(_text(report, attached))
    return Message(told.title, told.tone, text=text, html=_page(report, picture, attached))


def _text(report: PeriodReport, attached: Sequence[str]) -> Iterator[str]:
    """Yield what the page says, for who reads no pages."""
    say = language(report)
    yield view.about(report)
    yield ""
    for tile in view.tiles(report):
        yield f"{tile.label}{say.thus}{tile.value}{f' ({tile.note})' if tile.note else ''}"
    yield ""
    for warning in view.warnings(report):
        yield say.phrase("Note: {text}", text=warning)
    yield from short(report)
    if attached:
        yield ""
        yield say.phrase("Every figure: {files}", files=", ".join(attached))
    yield from (f"{label}{say.thus}{url}" for label, url in links(report))
    yield ""
    yield from (f"{label}{say.thus}{value}" for label, value in view.header(report))


def _page(report: PeriodReport, picture: str, attached: Sequence[str]) -> str:
    first, say = first_page(report), language(report)
    hidden = (first.lost,) if report.customer else ()
    parts = (first.lost, first.owed, first.stakes, first.hurt, first.done, first.risks)
    return _template().render(
        report=report,
        title=view.period_title(report),
        whose=whose,
        view=view,
        say=say,
        _=say.phrase,
        first=first,
        parts=[one for one in parts if one.rows or one not in (first.stakes, *hidden)],
        links=links(report),
        picture=picture,
        pictured=pictured(report),
        attached=attached,
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
    return environment.get_template("mail.html")
