"""Names with markup, formulas, templates and other scripts are shown as they were written."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape

import pytest

from service_catalogue.mail import Mail
from sla_engine.domain.report import PeriodReport
from sla_engine.notifiers.mail import compose
from sla_engine.reports import FORMATS, to_mail
from tests.reports.sample import REPORT
from tests.reports.test_paper import pdftotext

NAMES = (
    "<b>Smith & Sons</b> \"Web's\"", "</style><script>alert(1)</script>",
    "{0} {x} {n} %s %(x)d 100 %",
    "=1+1", "@SUM(A1:A9)", "-2+3+cmd|' /C calc'!A0", "*Acme* _it_ ~gone~ `code`",
    "<!channel> <@U1234567> @here", "\\n \\0000 ${x} #{y} <%= z %>", "&lt;b&gt; &amp;",
    "\uff1d1+1", "\uff20SUM(A1)",
)  # fmt: skip


def _named(name: str) -> PeriodReport:
    one, *others = REPORT.services
    return replace(REPORT, organization=name, services=(replace(one, name=name), *others))


def _page(report: PeriodReport) -> str:
    page = FORMATS["html"].render(report).decode()
    assert "<script" not in page
    assert page.count("</style>") == 1
    return unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))


def _mailed(report: PeriodReport) -> str:
    mail = Mail.model_validate({"url": "smtp://mx.example.org", "from": "a@example.org"})
    told = to_mail.message(report, "", [])
    made = compose(mail, "b@example.org", told, "key", files=(), topic="key")
    page = made.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in page
    text = made.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    shown = unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
    assert report.services[0].name in text
    assert report.services[0].name in str(made["Subject"])
    return shown


SURFACES: dict[str, Callable[[PeriodReport], str]] = {"page": _page, "mail": _mailed}


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_reads_as_it_was_written(name: str, surface: str) -> None:
    assert name in SURFACES[surface](_named(name))


@pytest.mark.parametrize("name", NAMES)
def test_in_slack_a_name_commands_nothing(name: str) -> None:
    told = json.loads(FORMATS["slack"].render(_named(name)))
    sections = [one for one in told["blocks"] if one["type"] == "section" and "text" in one]
    lines = "\n".join(one["text"]["text"] for one in sections)
    assert re.findall(r"<(?!https?:)", lines) == []
    assert re.findall(r"(?<![\w<])@(?:here|channel)", lines) == []
    assert name in unescape(lines.replace("\u200b", ""))


@pytest.mark.parametrize("name", NAMES)
def test_a_spreadsheet_runs_no_name(name: str) -> None:
    rows = csv.DictReader(io.StringIO(FORMATS["csv"].render(_named(name)).decode()))
    shown = next(row["name"] for row in rows)
    assert shown.removeprefix("'") == name
    assert shown[0] not in "=+-@\uff1d\uff0b\uff0d\uff20"


def test_a_spreadsheet_runs_no_second_line() -> None:
    one, *others = REPORT.services
    first, *rest = one.figures.shares
    told = first._replace(outage=first.outage._replace(cause="\n=1+1"))
    figures = replace(one.figures, shares=(told, *rest))
    report = replace(REPORT, services=(replace(one, figures=figures), *others))
    rows = csv.DictReader(io.StringIO(FORMATS["csv"].render(report).decode(), newline=""))
    assert "'\n=1+1" in [row["cause"] for row in rows]


def test_paper_holds_all_of_them() -> None:
    some = tuple(replace(REPORT.services[0], id=f"s{i}", name=n) for i, n in enumerate(NAMES))
    report = replace(REPORT, services=some, organization=NAMES[1])
    paper = "".join(pdftotext(FORMATS["pdf"].render(report), "-raw").split())
    assert [one for one in NAMES if "".join(one.split()) not in paper] == []


def test_no_figure_moves_beside_a_name_from_the_right() -> None:
    report = _named("מרכז 5")
    for shown in (_page(report), FORMATS["slack"].render(report).decode()):
        assert "\u2068מרכז\u2069 5" in shown
        assert "\u05de" not in shown.replace("\u2068מרכז\u2069", "")


def test_letters_that_no_font_has_are_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    FORMATS["pdf"].render(_named("Shop \U000f1000\U000f1001 of all"))
    (line,) = caplog.messages
    assert "no font here has: \U000f1000 \U000f1001; Debian's fonts-noto-core" in line
    caplog.clear()
    FORMATS["pdf"].render(_named("Shop \u00e4 \u03b1 \u0436"))
    assert caplog.messages == []
