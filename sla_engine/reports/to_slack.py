"""The report as a Slack message: what seniors read, and the services that want attention."""

import json
from collections.abc import Iterator

from sla_engine.domain.notice import Message, Tone
from sla_engine.domain.period import recognized
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import Summary, counted, summarize
from sla_engine.reports import lists, view
from sla_engine.reports.columns import named, verdict
from sla_engine.reports.first_page import FirstPage, first_page, hurt, soon
from sla_engine.reports.language import Language, language
from sla_engine.reports.links import links
from sla_engine.slack import blocks
from uptime_common import humanize
from uptime_common.humanize import NOTHING

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
    if recognized(report.period, language(report).zone).kind == "day":
        return _daily(report)
    facts = [(tile.label, _told(tile)) for tile in view.tiles(report)]
    facts += [(label, value) for label, value in view.header(report) if label in _KEPT]
    return Message(
        title=f"{view.period_title(report)}: {view.headline(report)}",
        tone=_tone(report),
        fields=tuple(facts),
        lines=tuple(_lines(report)),
        links=links(report),
    )


def _tone(report: PeriodReport) -> Tone:
    summary = summarize(report.services)
    if summary.missed or summary.lost:
        return "warning"
    return "up" if summary.met or summary.on_course else "info"


def _daily(report: PeriodReport) -> Message:
    """Return a day in five lines: downtime, what hurt, budgets, what comes, what is known."""
    say, page = language(report), first_page(report)
    title = f"{view.period_title(report)}: {view.headline(report)}"
    return Message(title, _tone(report), lines=tuple(_day(report, page, say)), links=links(report))


def _day(report: PeriodReport, page: FirstPage, say: Language) -> Iterator[str]:
    summary = summarize(report.services)
    outages = say.counted(summary.outages, "outage")
    unplanned, planned = say.service_time(summary.unplanned), say.service_time(summary.planned)
    mark = _DOWN if summary.unplanned else _MARKS["met"]
    yield f"{mark} {unplanned} unplanned and {planned} planned downtime in {outages}"
    yield f"{_NOTE} {'; '.join(hurt(report)) or 'Nothing was down unplanned'}"
    yield _budgets(summary, say)
    servers = humanize.listed(soon(report), _OUTAGES) or "nothing that is foreseen"
    yield f"{_NOTE} {page.risks.title}: {servers}"
    yield f"{_NOTE} {'; '.join((*_known(report, say), *view.warnings(report)))}"


def _budgets(summary: Summary, say: Language) -> str:
    """Return how the windows of contracts do, in one line."""
    told = [
        f"{word}: {humanize.listed([s.name for s in some], 5)}"
        for word, some in (
            ("missed", summary.missed), ("lost", summary.lost), ("at risk", summary.at_risk),
        )
        if some
    ]  # fmt: skip
    good = len(summary.met) + len(summary.on_course)
    told.append(f"{say.counted(good, 'service')} met or on course")
    bad = summary.missed or summary.lost or summary.at_risk
    return f"{_WARNED if bad else _MARKS['met']} {'; '.join(told)}"


def _known(report: PeriodReport, say: Language) -> Iterator[str]:
    if report.data_until is not None:
        yield f"Data until {say.moment(report.data_until)}"
    yield f"{say.share(summarize(report.services).coverage)} of the agreed time is known"


_KEPT = ("Period", "Generated", "Data until", "Coverage", "So far")


def _told(tile: view.Tile) -> str:
    return f"{tile.value} ({tile.note})" if tile.note else tile.value


def _lines(report: PeriodReport) -> Iterator[str]:
    for warning in view.warnings(report):
        yield f"{_WARNED} {warning}"
    say, page = language(report), first_page(report)
    if page.year:
        yield f"{_NOTE} {page.year}"
    yield from _promised(page)
    services = sorted(counted(report.services), key=_rank)
    for service in services[:_LISTED]:
        yield _line(service, named(service, report.period, say), say)
    if len(services) > _LISTED:
        yield f"and {say.number(len(services) - _LISTED)} more"
    yield from _closed(report)
    yield from _owed(report, say)
    yield from _outages(report, page)
    yield from _capacity(report, page)


def _promised(page: FirstPage) -> Iterator[str]:
    """Yield the verdicts of agreements."""
    for name, kind, judged, actual, goal, _ in page.verdicts.rows:
        if kind:
            known = "" if actual == NOTHING else f", {actual} (objective {goal})"
            yield f"{_MARKS[judged]} {name} ({kind}): {judged}{known}"


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


def _outages(report: PeriodReport, page: FirstPage) -> Iterator[str]:
    """Yield the outages that cost most, and figures that were restated."""
    yield from (f"{_DOWN} {name}, {told}" for name, told in page.done.rows)
    if page.done.rest:
        yield f"{_NOTE} {page.done.rest}"
    for one in report.not_computed:
        yield f"{_NOTE} {one.name} could not be computed: {one.reason}"
    if report.restatements:
        names = humanize.listed([one.service for one in report.restatements], 5)
        yield f"{_NOTE} Restated after an earlier report: {names}"


def _capacity(report: PeriodReport, page: FirstPage) -> Iterator[str]:
    """Yield what is at risk, and what servers want soon."""
    yield from (f"{_NOTE} {name}: {told}" for name, told in page.risks.rows)
    if page.risks.rest:
        yield page.risks.rest
    hosts = report.capacity.hosts if report.capacity else ()
    due = [host.name for host in hosts if host.reboot]
    if due:
        yield f"{_NOTE} A reboot is due: {humanize.listed(due, _HOSTS)}"


def _rank(service: ServiceReport) -> tuple[bool, float, int, str]:
    figures = service.figures
    left = 1.0 if service.budget_remaining is None else service.budget_remaining
    bad = service.met is False or service.state in {"lost", "at_risk"}
    return not bad, left, -figures.unplanned, service.name


def _line(service: ServiceReport, told: str, say: Language) -> str:
    text = f"{_MARKS[verdict(service)]} {told}: {view.score(service, say)}"
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
