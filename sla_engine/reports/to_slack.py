"""The report as a Slack message: what seniors read, and the services that want attention."""

import json
from collections.abc import Iterator

from sla_engine.domain import block_kit
from sla_engine.domain.notice import Message
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.domain.summary import summarize
from sla_engine.reports import view
from sla_engine.reports.language import Language, language

_LISTED = 20


def render(report: PeriodReport) -> bytes:
    """Return the message as Block Kit JSON, as chat.postMessage takes it."""
    told = message(report)
    body = {"text": block_kit.fallback(told), "blocks": block_kit.render(told)}
    return (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode()


def message(report: PeriodReport) -> Message:
    """Return the report as a message."""
    missed = bool(summarize(report.services).missed)
    facts = [(tile.label, _told(tile)) for tile in view.tiles(report)]
    facts += [(label, value) for label, value in view.header(report) if label in _KEPT]
    return Message(
        title=f"{view.period_title(report)}: {view.headline(report)}",
        tone="warning" if missed else "up",
        facts=tuple(facts),
        lines=tuple(_lines(report)),
    )


_KEPT = ("Period", "Generated", "Coverage", "Late", "So far")


def _told(tile: view.Tile) -> str:
    return f"{tile.value} ({tile.note})" if tile.note else tile.value


def _lines(report: PeriodReport) -> Iterator[str]:
    for warning in view.warnings(report):
        yield f"\N{WARNING SIGN}\N{VARIATION SELECTOR-16} {warning}"
    say = language(report)
    services = sorted(report.services, key=_rank)
    for service in services[:_LISTED]:
        yield _line(service, say)
    if len(services) > _LISTED:
        yield f"and {say.number(len(services) - _LISTED)} more"


def _rank(service: ServiceReport) -> tuple[bool, float, int, str]:
    figures = service.figures
    left = 1.0 if figures.budget_remaining is None else figures.budget_remaining
    return figures.met is not False, left, -figures.unplanned, service.name


def _line(service: ServiceReport, say: Language) -> str:
    mark = {
        True: "\N{WHITE HEAVY CHECK MARK}",
        False: "\N{CROSS MARK}",
        None: "\N{MEDIUM WHITE CIRCLE}",
    }[service.figures.met]
    goal = "" if service.objective is None else f" of {say.percent(service.objective, 2)}"
    text = f"{mark} {service.name}: {say.percent(service.figures.availability)}{goal}"
    if service.figures.unplanned or service.figures.planned:
        text += f", {say.minutes(service.figures.unplanned)} min unplanned"
        text += f", {say.minutes(service.figures.planned)} min planned"
    if service.figures.budget_remaining is not None:
        text += f", budget left {view.budget(service, say)}"
    return text
