"""The report as a mail: a short page that mail programs render, and as short a text."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sla_engine.domain.notice import Message
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import columns, lists, to_slack, view
from sla_engine.reports.language import language

_SERVICES = 30
_OUTAGES = 5


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
    for tile in view.tiles(report):
        yield f"{tile.label}: {tile.value}{f' ({tile.note})' if tile.note else ''}"
    yield ""
    for warning in view.warnings(report):
        yield f"Note: {warning}"
    shown = _shown(report)
    for one in shown:
        yield f"{one.name}: {columns.verdict(one)}, {view.score(one, say)}, {view.loss(one, say)}"
    yield from _rest(report, len(shown))
    if rows := _worst(report):
        yield ""
        yield "What hurt most:"
        yield from (f"{row.service}, {row.when}: {_why(row)}" for row in rows)
    if attached:
        yield ""
        yield f"Every figure: {', '.join(attached)}"
    yield ""
    yield from (f"{label}: {value}" for label, value in view.header(report))


def _page(report: PeriodReport, picture: str, attached: Sequence[str]) -> str:
    shown = _shown(report)
    return _template().render(
        report=report,
        title=view.period_title(report),
        say=language(report),
        view=view,
        columns=columns,
        services=shown,
        rest=list(_rest(report, len(shown))),
        worst=[(row, _why(row)) for row in _worst(report)],
        picture=picture,
        attached=attached,
    )


def _shown(report: PeriodReport) -> list[ServiceReport]:
    """Return the services that want to be read of, the worst first."""
    summary = summarize(report.services)
    first = [*summary.missed, *(one for one in summary.worst if one not in summary.missed)]
    rest = [one for one in report.services if one not in first]
    return [*first, *rest][:_SERVICES]


def _rest(report: PeriodReport, shown: int) -> Iterator[str]:
    left = len(report.services) - shown
    if left > 0:
        say = language(report)
        yield f"and {say.counted(left, 'service')} more, each in the attached files"


def _worst(report: PeriodReport) -> list[lists.OutageRow]:
    rows = sorted(lists.outages(report), key=lambda row: -row.lost)
    return [row for row in rows if row.lost][:_OUTAGES]


def _why(row: lists.OutageRow) -> str:
    why = row.cause or "no cause is written down"
    return f"{row.unplanned} unplanned, {why}{f' ({row.ticket})' if row.ticket else ''}"


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
