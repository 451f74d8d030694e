"""The report as a Slack message: what seniors read, and the services that want attention."""

import json
from collections.abc import Iterator

from sla_engine.domain.notice import Message
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import counted, summarize
from sla_engine.reports import lists, view
from sla_engine.reports.columns import verdict
from sla_engine.reports.language import Language, language
from sla_engine.slack import blocks
from uptime_common import humanize

_LISTED = 20
_OUTAGES = 3
_HOSTS = 5
_DOWN = "\N{LARGE RED CIRCLE}"
_NOTE = "\N{INFORMATION SOURCE}\N{VARIATION SELECTOR-16}"


_WARNED = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}"
_MARKS = {
    "met": "\N{WHITE HEAVY CHECK MARK}",
    "missed": "\N{CROSS MARK}",
    "on course": "\N{WHITE HEAVY CHECK MARK}",
    "at risk": _WARNED,
    "lost": "\N{CROSS MARK}",
    "not judged": "\N{MEDIUM WHITE CIRCLE}",
}


def render(report: PeriodReport) -> bytes:
    """Return the message as Block Kit JSON, as chat.postMessage takes it."""
    told = message(report)
    body = {"text": blocks.fallback(told), "blocks": blocks.render(told)}
    return (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode()


def message(report: PeriodReport) -> Message:
    """Return the report as a message."""
    summary = summarize(report.services)
    facts = [(tile.label, _told(tile)) for tile in view.tiles(report)]
    facts += [(label, value) for label, value in view.header(report) if label in _KEPT]
    return Message(
        title=f"{view.period_title(report)}: {view.headline(report)}",
        tone="warning"
        if summary.missed or summary.lost
        else "up"
        if summary.met or summary.on_course
        else "info",
        fields=tuple(facts),
        lines=tuple(_lines(report)),
    )


_KEPT = ("Period", "Generated", "Data until", "Coverage", "So far")


def _told(tile: view.Tile) -> str:
    return f"{tile.value} ({tile.note})" if tile.note else tile.value


def _lines(report: PeriodReport) -> Iterator[str]:
    for warning in view.warnings(report):
        yield f"{_WARNED} {warning}"
    say = language(report)
    services = sorted(counted(report.services), key=_rank)
    for service in services[:_LISTED]:
        yield _line(service, say)
    if len(services) > _LISTED:
        yield f"and {say.number(len(services) - _LISTED)} more"
    yield from _closed(report)
    yield from _owed(report, say)
    yield from _outages(report)
    yield from _capacity(report, say)


def _closed(report: PeriodReport) -> Iterator[str]:
    """Yield the windows that closed with a credit, where they are others than the period."""
    for name, window, said, actual, _, credit, _ in lists.contract_windows(report):
        if credit not in {"-", "0 %"}:
            yield f"{_NOTE} {name}, {window}: {said} with {actual}, credit {credit}"


def _owed(report: PeriodReport, say: Language) -> Iterator[str]:
    """Yield what is due to customers for the windows that closed."""
    for one in report.agreements:
        if one.money:
            yield f"{_NOTE} Due to {one.customer}: {say.amount(one.money, one.currency)}"


def _outages(report: PeriodReport) -> Iterator[str]:
    """Yield the outages that cost most, and figures that were restated."""
    rows = sorted(lists.outages(report), key=lambda row: -row.lost)
    for row in (row for row in rows[:_OUTAGES] if row.lost):
        why = f": {row.cause}" if row.cause else ""
        ticket = f" ({row.ticket})" if row.ticket else ""
        yield f"{_DOWN} {row.service}, {row.when}{why}{ticket}"
    for one in report.not_computed:
        yield f"{_NOTE} {one.name} could not be computed: {one.reason}"
    if report.restatements:
        names = humanize.listed([one.service for one in report.restatements], 5)
        yield f"{_NOTE} Restated after an earlier report: {names}"


def _capacity(report: PeriodReport, say: Language) -> Iterator[str]:
    """Yield what servers and certificates want soon."""
    hosts = report.capacity.hosts if report.capacity else ()
    wanting = [text for host in hosts if (text := lists.wants(host, say))]
    yield from (f"{_NOTE} {text}" for text in wanting[:_HOSTS])
    if len(wanting) > _HOSTS:
        yield f"and {say.number(len(wanting) - _HOSTS)} more servers"
    for one in (report.capacity.certificates if report.capacity else ())[:_HOSTS]:
        yield f"{_NOTE} Certificate of {one.name} expires on {say.moment(one.expires)}"


def _rank(service: ServiceReport) -> tuple[bool, float, int, str]:
    figures = service.figures
    left = 1.0 if service.budget_remaining is None else service.budget_remaining
    bad = service.met is False or service.state in {"lost", "at_risk"}
    return not bad, left, -figures.unplanned, service.name


def _line(service: ServiceReport, say: Language) -> str:
    text = f"{_MARKS[verdict(service)]} {service.name}: {view.score(service, say)}"
    if service.state is not None:
        text += f", {verdict(service)}"
    figures = service.figures
    if figures.events is not None:
        text += f", {view.loss(service, say)}"
    elif figures.unplanned or figures.planned:
        text += f", {view.loss(service, say)}, {say.service_time(figures.planned)} planned"
    if service.budget_remaining is not None:
        text += f", {view.budget_words(service, say)}"
    return text
