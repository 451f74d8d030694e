"""A format is one record, and nothing that others must know of it is forgotten."""

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from service_catalogue import json_schema, load_catalogue
from sla_engine.accounting.report import make_report
from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.app.views import pages
from sla_engine.cli import main
from sla_engine.domain.period import parse_period
from sla_engine.ledger import Books, Ledger
from sla_engine.notices.reports import report_mistakes
from sla_engine.prometheus import Client
from sla_engine.reports import FORMATS, PICTURE, Format
from tests.catalogues import catalogue
from tests.reports import to_markdown
from tests.reports.sample import BERLIN, REPORT, at
from uptime_common.shared_work import NobodyWaitsError

GOLDEN = Path(__file__).parent / "golden"
DOCUMENTED = Path(__file__).parents[2] / "docs" / "reports.md"
CATALOGUE = """\
organization: Example
timezone: UTC
services: [{id: shop, name: Shop, sli: {promql: up}}]
reports: [{id: r, period: daily, cron: 0 9 * * *, format: FORMAT}]
"""


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow the recipe: the new file is to_markdown.py, this is the line in the registry."""
    monkeypatch.setitem(FORMATS, "markdown", to_markdown.FORMAT)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_golden_file(name: str) -> None:
    assert list(GOLDEN.glob(f"october.{name}*")), f"no golden/october.{name}"


def test_every_format_is_documented_for_whom_it_is() -> None:
    table = DOCUMENTED.read_text(encoding="utf-8").split("| for whom |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [*FORMATS]


@pytest.mark.parametrize("chosen", [*FORMATS.values(), PICTURE], ids=[*FORMATS, "picture"])
def test_a_format_asks_for_what_it_shows_and_for_nothing_else(chosen: Format) -> None:
    report = replace(REPORT, services=REPORT.services[:1], works=(), restatements=())
    undated = tuple(replace(service, days=()) for service in report.services)
    given = chosen.render(report)
    assert (chosen.render(replace(report, services=undated)) != given) is chosen.needs_daily
    assert (chosen.render(replace(report, capacity=None)) != given) is chosen.needs_health
    assert (chosen.render(replace(report, trend=(), year=None)) != given) is chosen.needs_trend


@pytest.mark.parametrize("chosen", FORMATS.values(), ids=FORMATS)
def test_a_format_can_be_served_and_saved(chosen: Format) -> None:
    kind = r"(text/[a-z]+; charset=utf-8|application/[a-z.-]+)"
    assert re.fullmatch(kind, chosen.content_type)
    assert re.fullmatch(r"[a-z]+", chosen.extension)


def test_only_what_a_format_shows_is_worked_out() -> None:
    nobody = SimpleNamespace(instant=lambda _query, _at: SimpleNamespace(series=()))
    shop, client = catalogue("shop"), cast("Client", nobody)
    with Ledger.open("sqlite://") as ledger:
        made = {
            (daily, health): make_report(
                Books(shop, ledger), parse_period("2026-10", BERLIN, 0), at("2026-11-01T09:00"),
                [Format(to_markdown.render, "", "", daily, health, daily)], client=client,
            )
            for daily in (False, True)
            for health in (False, True)
        }  # fmt: skip
    for (daily, health), report in made.items():
        assert bool(report.services[0].days) is daily
        assert (report.year is not None) is daily
        assert (report.capacity is not None) is health


@pytest.mark.parametrize("name", FORMATS)
def test_a_schedule_may_name_every_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / "services.yml"
    path.write_text(CATALOGUE.replace("FORMAT", name))
    assert load_catalogue(path, None, report_mistakes).reports[0].format == name


def test_a_schedule_that_names_no_format_is_told_of_those_that_there_are() -> None:
    data = {"reports": [{"format": "xls"}, {"format": "csv"}, {"format": 5}, {}, 7]}
    words = "input should be 'slack', 'html', 'pdf', 'csv', 'xlsx', 'json' or 'text'"
    assert list(report_mistakes(data)) == [(("reports", 0, "format"), words)]
    assert list(report_mistakes({"reports": 5})) == list(report_mistakes([])) == []


@pytest.mark.usefixtures("recipe")
def test_a_format_made_by_the_recipe_is_printed_by_the_command_line(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    path, ledger = tmp_path / "services.yml", f"sqlite:///{tmp_path}/l.db"
    path.write_text(CATALOGUE.replace("FORMAT", "markdown"))
    assert main(["check", f"--config.file={path}"]) == 0
    assert main(["check", f"--config.file={path}", "--schema"]) == 0
    capsysbinary.readouterr()
    flags = [f"--config.file={path}", f"--storage.ledger={ledger}", "--period=2026-10"]
    with Ledger.open(ledger):
        assert main(["report", *flags, "--format=markdown"]) == 0
    out = capsysbinary.readouterr().out
    assert out.startswith(b"# October 2026: ")
    assert b"| Shop | unknown | 0s |" in out


@pytest.mark.usefixtures("recipe")
def test_a_format_made_by_the_recipe_is_served() -> None:
    with Ledger.open("sqlite://") as ledger:
        context = Context(catalogue("shop"), ledger, cast("Client", None))
        engine = SimpleNamespace(context=context, exposition=None, unready=None)
        report = pages(cast("Engine", engine)).report
        found = report({"format": "markdown", "period": "2026-10"}, lambda: False)
        with pytest.raises(ValueError, match="csv, html, json, markdown, pdf, slack, text, xlsx"):
            report({"format": "xls"}, lambda: False)
    assert (found.body[:16], found.content_type) == (
        b"# October 2026: ",
        to_markdown.FORMAT.content_type,
    )


@pytest.mark.usefixtures("recipe")
def test_a_format_made_by_the_recipe_is_known_to_editors() -> None:
    schema = json.loads(json_schema(tuple(FORMATS)))
    assert schema["$defs"]["Report"]["properties"]["format"]["enum"] == list(FORMATS)


def test_a_report_that_nobody_waits_for_is_given_up_between_its_steps() -> None:
    asked = []

    def nobody_after(steps: int) -> bool:
        asked.append(steps)
        return len(asked) > steps

    with Ledger.open("sqlite://") as ledger:
        context = Context(catalogue("shop"), ledger, cast("Client", None))
        engine = SimpleNamespace(context=context, exposition=None, unready=None)
        report = pages(cast("Engine", engine)).report
        for steps in range(3):
            asked.clear()
            with pytest.raises(NobodyWaitsError):
                report({"format": "csv", "period": "2026-10"}, partial(nobody_after, steps))
            assert len(asked) == steps + 1


def test_paper_and_pictures_have_the_days_of_those_alone_that_lost_most() -> None:
    many = catalogue(*(f"s{i}" for i in range(10)))
    with Ledger.open("sqlite://") as ledger:
        now, period = at("2026-11-01T09:00"), parse_period("2026-10", BERLIN, 0)
        counts = [
            sum(
                bool(one.days)
                for one in make_report(Books(many, ledger), period, now, some).services
            )
            for some in ([FORMATS["pdf"]], [PICTURE, FORMATS["pdf"]], [FORMATS["html"], PICTURE])
        ]
    assert counts == [8, 8, 10]
