"""The report as a Slack message: what seniors read, and the services that want attention."""

import json
from collections.abc import Iterable, Iterator

from sla_engine.domain.agreement import AgreementWindow
from sla_engine.domain.notice import Message, Tone
from sla_engine.domain.period import recognized
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import Summary, counted, summarize
from sla_engine.reports import finality, lists, promised, view, whose
from sla_engine.reports.columns import named, verdict
from sla_engine.reports.first_page import FirstPage, downtime, first_page, hurt, soon
from sla_engine.reports.language import Language, Word, language, marked
from sla_engine.reports.links import links
from sla_engine.slack import blocks
from uptime_common.humanize import NOTHING

_LISTED = 20
_OUTAGES = 3
_BUDGETS = 5
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
    labels = (*_KEPT, *(() if report.status in _OVER else ("Status",)))
    kept = [language(report).phrase(label) for label in labels]
    facts += [(label, value) for label, value in view.header(report) if label in kept]
    return Message(
        title=whose.subject(report, view.headline(report)),
        tone=_tone(report),
        fields=tuple(facts),
        lines=tuple(_spaced(_lines(report))),
        links=links(report),
    )


def _spaced(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines with one empty one between groups, and none before the first."""
    gap, begun = False, False
    for line in lines:
        if line:
            if gap and begun:
                yield ""
            yield line
            begun = True
        gap = not line


def _tone(report: PeriodReport) -> Tone:
    summary = summarize(report.services)
    if report.customer:
        return "warning" if whose.is_bad(report) else "up" if whose.is_good(report) else "info"
    states = (one.running.state for one in report.agreements if one.running is not None)
    broken = "lost" in states or any(one.met is False for one in report.agreements)
    if summary.missed or summary.lost or broken:
        return "warning"
    return "up" if summary.met or summary.on_course else "info"


def _daily(report: PeriodReport) -> Message:
    """Return a day in five lines: downtime, what hurt, budgets, what comes, what is known."""
    say, page = language(report), first_page(report)
    title = whose.subject(report, view.headline(report))
    return Message(title, _tone(report), lines=tuple(_day(report, page, say)), links=links(report))


def _day(report: PeriodReport, page: FirstPage, say: Language) -> Iterator[str]:
    summary = summarize(report.services)
    down = downtime(summary.unplanned, summary.planned, summary.outages, say)
    mark = _DOWN if summary.unplanned else _MARKS["met"]
    yield f"{mark} {down}"
    yield f"{_NOTE} {say.also.join(hurt(report)) or say.phrase('Nothing was down unplanned')}"
    yield _of_agreement(report, say) if report.customer else _budgets(summary, say)
    if not report.customer:  # servers are ours
        servers = say.listed(soon(report), _OUTAGES) or say.phrase("nothing that is foreseen")
        yield f"{_NOTE} {page.risks.title}{say.thus}{servers}"
    yield f"{_NOTE} {say.also.join((*_known(report, say), *view.warnings(report)))}"


def _of_agreement(report: PeriodReport, say: Language) -> str:
    """Return how a customer's agreement does, and what is left of its budget, in one line."""
    left = [
        promised.budget_left(one.running.budget, one.running.no_budget, say)
        for one in report.agreements
        if one.running is not None
    ]
    mark = _MARKS[whose.verdict(report, say).key]
    return (
        f"{mark} {say.also.join(filter(None, (whose.told(report, say).removesuffix('.'), *left)))}"
    )


def _budgets(summary: Summary, say: Language) -> str:
    """Return how the windows of contracts do, in one line."""
    told = [
        f"{say.phrase(word)}{say.thus}{say.listed([s.name for s in some], 5)}"
        for word, some in (
            (marked("missed"), summary.missed), (marked("lost"), summary.lost),
            (marked("at risk"), summary.at_risk),
        )
        if some
    ]  # fmt: skip
    good = len(summary.met) + len(summary.on_course)
    told.append(say.plural("{n} service met or on course", "{n} services met or on course", good))
    bad = summary.missed or summary.lost or summary.at_risk
    return f"{_WARNED if bad else _MARKS['met']} {say.also.join(told)}"


def _known(report: PeriodReport, say: Language) -> Iterator[str]:
    if report.status not in _OVER:
        yield finality.status(report, say)
    if report.data_until is not None:
        yield f"{say.phrase('Data until')} {say.moment(report.data_until)}"
    yield view.known(report, say)


_KEPT = ("Period", "Data until", "Coverage")
_OVER = ("final", "preliminary")


def _told(tile: view.Tile) -> str:
    return f"{tile.value} ({tile.note})" if tile.note else tile.value


def _lines(report: PeriodReport) -> Iterator[str]:
    for warning in view.warnings(report):
        yield f"{_WARNED} {warning}"
    say, page = language(report), first_page(report)
    if page.year:
        yield f"{_NOTE} {page.year}"
    yield from _promised(page, say)
    yield from _left_of_agreements(report, say)
    yield ""
    services = sorted(counted(report.services), key=_rank)
    for service in services[:_LISTED]:
        yield _line(service, named(service, report.period, say), say)
    if len(services) > _LISTED:
        yield say.phrase("and {n} more", n=say.number(len(services) - _LISTED))
    yield ""
    yield from _closed(report)
    yield from _owed(report, say)
    if page.stakes.rows:
        costs = say.also.join(f"{name} {amount}" for name, _, amount in page.stakes.rows)
        rest = f"{say.also}{page.stakes.rest}" if page.stakes.rest else ""
        yield f"{_NOTE} {page.stakes.title}{say.thus}{costs}{rest}"
    yield from _outages(report, page)
    yield from _capacity(report, page)


def _promised(page: FirstPage, say: Language) -> Iterator[str]:
    """Yield the verdicts of agreements."""
    for name, kind, judged, actual, goal, *_ in page.verdicts.rows:
        if kind:
            against = say.phrase("objective {goal}", goal=goal)
            known = "" if actual == NOTHING else f", {actual} ({against})"
            key = judged.key if isinstance(judged, Word) else ""
            yield f"{_MARKS[key]} {name} ({kind}){say.thus}{judged}{known}"


def _left_of_agreements(report: PeriodReport, say: Language) -> Iterator[str]:
    """Yield what is left of the budgets of agreements, the least first."""
    known = [(one.customer, one.running) for one in report.agreements if one.running is not None]
    known.sort(key=lambda one: _ratio_left(one[1]))
    for customer, run in known[:_BUDGETS]:
        yield f"{_NOTE} {customer}{say.thus}{promised.budget_left(run.budget, run.no_budget, say)}"
    if len(known) > _BUDGETS:
        yield say.phrase("and {n} more", n=say.number(len(known) - _BUDGETS))


def _ratio_left(run: AgreementWindow) -> float:
    left = None if run.budget is None else run.budget.left_ratio
    return 1.0 if left is None else left


def _closed(report: PeriodReport) -> Iterator[str]:
    """Yield the windows that closed with a credit, where they are others than the period."""
    say = language(report)
    for name, window, said, actual, _, credit, _ in lists.contract_windows(report):
        if credit not in {NOTHING, say.agreed(0.0)}:
            told = {"said": said, "actual": actual, "credit": credit}
            words = say.phrase("{said} with {actual}, credit {credit}", **told)
            yield f"{_NOTE} {name}, {window}: {words}"


def _owed(report: PeriodReport, say: Language) -> Iterator[str]:
    """Yield what is due to customers for the windows that closed."""
    for one in report.agreements:
        for currency, amount in one.due.items():
            if not amount:
                continue
            due = say.amount(amount, currency)
            told = say.phrase("Due to {name}: {amount}", name=one.customer, amount=due)
            yield f"{_NOTE} {told}"


def _outages(report: PeriodReport, page: FirstPage) -> Iterator[str]:
    """Yield the outages that cost most, and figures that were restated."""
    say = language(report)
    if page.done.rows:
        yield from ("", f"{page.done.title}{say.thus}".rstrip())
    yield from (f"{_DOWN} {name}, {told}" for name, told in page.done.rows)
    if page.done.rest:
        yield f"{_NOTE} {page.done.rest}"
    yield from (f"{_NOTE} {told}" for told in view.not_computed(report))
    if report.restatements:
        names = say.listed([one.service for one in report.restatements], 5)
        told = say.phrase("Restated after an earlier report: {names}", names=names)
        yield " ".join((_NOTE, told, *(f"({one})" for one in finality.frozen_then(report))))


def _capacity(report: PeriodReport, page: FirstPage) -> Iterator[str]:
    """Yield what is at risk, and what servers want soon."""
    say = language(report)
    if page.risks.rows:
        yield from ("", f"{page.risks.title}{say.thus}".rstrip())
    yield from (f"{_NOTE} {name}{say.thus}{told}" for name, told in page.risks.rows)
    if page.risks.rest:
        yield page.risks.rest
    if page.coming:
        yield f"{_NOTE} {page.coming}"
    hosts = report.capacity.hosts if report.capacity else ()
    due = [host.name for host in hosts if host.reboot]
    if due:
        names = say.listed(due, _HOSTS)
        yield f"{_NOTE} {say.phrase('A reboot is due: {names}', names=names)}"


def _rank(service: ServiceReport) -> tuple[bool, float, int, str]:
    figures = service.figures
    left = 1.0 if service.budget_remaining is None else service.budget_remaining
    bad = service.met is False or service.state in {"lost", "at_risk"}
    return not bad, left, -figures.unplanned, service.name


def _line(service: ServiceReport, told: str, say: Language) -> str:
    text = f"{_MARKS[verdict(service, say).key]} {told}{say.thus}{view.score(service, say)}"
    if service.state is not None:
        text += f", {verdict(service, say)}"
    figures = service.figures
    if figures.events is not None:
        text += f", {view.loss(service, say)}"
    elif figures.unplanned or figures.planned:
        text += f", {view.loss(service, say)}"
        if figures.planned:
            text += f", {say.phrase('{what} planned', what=say.service_time(figures.planned))}"
    if service.budget_remaining is not None:
        text += f", {view.budget_words(service, say)}"
    return text
