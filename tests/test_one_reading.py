"""One figure reads the same wherever people meet it."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from sla_engine.accounting.service_levels import status_rows
from sla_engine.domain.availability import AccountingInput, Figures, Terms, figures
from sla_engine.domain.notice import Message, OutageSnapshot, Subject
from sla_engine.domain.objective import ratio
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Delivery, Derived, Ledger
from sla_engine.ledger.outbox import Thread
from sla_engine.notices.budgets import budget_notices, compose_budget
from sla_engine.notices.kinds import Writing
from sla_engine.notices.outage_messages import root_message
from sla_engine.notifiers import Capabilities
from sla_engine.notifiers.console import render as on_console
from sla_engine.reports import FORMATS, to_html
from sla_engine.reports.language import PLAIN
from sla_engine.slack_app.uptime_command import uptime
from sla_engine.web.status import render_status
from tests.catalogues import catalogue
from tests.reports.sample import MONTH, REPORT, service

NOW = MONTH.end
SERVICE = {"id": "web-shop", "name": "Web Shop", "objective": 99.0, "owner": "shop"}
BOOK = catalogue(SERVICE)
UTC = ZoneInfo("UTC")

NOTHING = figures(AccountingInput((), (), (), (MONTH,)), Terms(ratio(99)), NOW)
KNOWN = replace(
    figures(AccountingInput((), (), (MONTH,), (MONTH,)), Terms(ratio(99)), NOW),
    availability=0.999987,
    budget_remaining=0.0756,
    unplanned=74_040,
    coverage=0.994,
    unknown=MONTH.length * 3 // 500,
)


def report(found: Figures) -> PeriodReport:
    shop = replace(service("web-shop", objective=99), figures=found, days=(), previous=None)
    return replace(REPORT, services=(shop,), works=(), coming=None, restatements=(), capacity=None)


def in_format(name: str) -> Callable[[Figures], str]:
    return lambda found: FORMATS[name].render(report(found)).decode()


def words(page: str) -> str:
    """Return what a page shows as text."""
    return re.sub(r"<[^>]+>", " ", re.sub(r"<(style|svg).*?</\1>", " ", page, flags=re.DOTALL))


def html(found: Figures) -> str:
    return words(to_html.page(report(found)))


def told(message: Message) -> str:
    return on_console("#uptime", message)


def levels(found: Figures) -> list[ServiceLevel]:
    level = ServiceLevel("web-shop", 0.99, False, None, {"month": found})
    return [level._replace(known_until=NOW, figures_until=NOW)]


def watched() -> Ledger:
    """Open a ledger of a service that is up, whatever its figures."""
    ledger = Ledger.open("sqlite://")
    ledger.apply([Derived("web-shop", (Segment(NOW - 60_000, NOW, State.UP),), NOW - 60_000)])
    return ledger


def status_page(found: Figures) -> str:
    with watched() as ledger:
        rows = status_rows(Books(BOOK, ledger), levels(found), NOW)
    return words(render_status("Example", rows, "now", "month"))


def asked(name: str) -> Callable[[Figures], str]:
    def answer(found: Figures) -> str:
        with watched() as ledger:
            return told(uptime(Books(BOOK, ledger), levels(found), name, NOW))

    return answer


def outage_notice(found: Figures) -> str:
    facts = OutageSnapshot("O-1", NOW - 60_000, NOW, budget_used_ratio=0.5)
    facts = replace(facts, budget_left_ratio=found.budget_remaining)
    return told(root_message([(Subject("web-shop", "Web Shop", "a", "t"), facts)], NOW, PLAIN))


def budget_notice(found: Figures) -> str:
    return "\n".join(_budget_notices(found))


def _budget_notices(found: Figures) -> Iterator[str]:
    books = Books(BOOK, cast("Ledger", None))
    writing = Writing(books, NOW, Capabilities(), lambda _: (), {})
    for notice in budget_notices(BOOK, {"web-shop": found}, NOW):
        item = Delivery(1, notice, Thread(1, "", "", (), NOW), 0, doubtful=False)
        yield told(compose_budget(item, writing).head)


SURFACES: dict[str, Callable[[Figures], str]] = {
    "report as text": in_format("text"),
    "report as page": html,
    "report in Slack": in_format("slack"),
    "notice of an outage": outage_notice,
    "notice of a budget": budget_notice,
    "status page": status_page,
    "/uptime": asked(""),
    "/uptime SERVICE": asked("web-shop"),
}
FIGURES: dict[str, tuple[Figures, str, set[str]]] = {
    "availability": (KNOWN, r"\b99\.99\d* %", {"99.999 %"}),
    "budget": (KNOWN, r"(?<![\d.])7\.\d+ %", {"7.6 %"}),
    "objective": (KNOWN, r"(?<![\d.])99(?:\.0+)? %", {"99 %"}),
    "coverage": (KNOWN, r"(?<![\d.])99\.[34]\d* %", {"99.4 %"}),
    "downtime": (KNOWN, r"\b1m \d+s|\b1\.2\d*", {"1m 14s"}),
    "nothing known": (NOTHING, r"\bunknown\b|\bno data\b", {"unknown"}),
}
SILENT = {
    ("notice of an outage", "availability"),
    ("notice of an outage", "nothing known"),
    ("notice of a budget", "availability"),
    ("notice of a budget", "nothing known"),
    ("notice of an outage", "objective"),
    ("/uptime", "budget"),
    ("/uptime", "coverage"),
    *(
        (surface, figure)
        for surface in ("notice of an outage", "notice of a budget")
        for figure in ("coverage", "downtime")
    ),
    *((surface, "downtime") for surface in ("status page", "/uptime", "/uptime SERVICE")),
}
"""What a surface does not tell at all."""
TOLD = [(s, f) for s in SURFACES for f in FIGURES if (s, f) not in SILENT]


@pytest.mark.parametrize(("surface", "figure"), TOLD)
def test_a_figure_has_one_reading_on_every_surface(surface: str, figure: str) -> None:
    given, pattern, expected = FIGURES[figure]
    assert set(re.findall(pattern, SURFACES[surface](given))) == expected


@pytest.mark.parametrize(("surface", "figure"), sorted(SILENT))
def test_what_a_surface_does_not_tell_is_not_told_in_another_way(surface: str, figure: str) -> None:
    given, pattern, _ = FIGURES[figure]
    assert re.findall(pattern, SURFACES[surface](given)) == []


def test_what_programs_read_is_the_figure_itself() -> None:
    names = ("availability_ratio", "error_budget_remaining_ratio")
    for given, expected in ((KNOWN, [0.999987, 0.0756]), (NOTHING, [None, None])):
        [row] = csv.DictReader(io.StringIO(in_format("csv")(given)))
        assert [float(row[name]) if row[name] else None for name in names] == expected
        [found] = json.loads(in_format("json")(given))["services"]
        assert [found[name] for name in names] == expected
