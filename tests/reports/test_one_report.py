"""A report that was sent by mail, to Slack and as a file says one thing."""

import json
import re
from collections.abc import Callable
from html import unescape

import pytest

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import FORMATS, to_mail, view
from sla_engine.reports.first_page import first_page
from tests.reports.sample import REPORT
from tests.reports.test_paper import pdftotext


def of_mail(report: PeriodReport) -> str:
    mail = to_mail.message(report, "picture", [])
    return unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", mail.html, flags=re.DOTALL))


def of_mail_text(report: PeriodReport) -> str:
    mail = to_mail.message(report, "picture", [])
    return f"{mail.title} {mail.text}"


def of_page(report: PeriodReport) -> str:
    page = FORMATS["html"].render(report).decode()
    return unescape(re.sub(r"<(style|svg).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL))


def of_slack(report: PeriodReport) -> str:
    return json.dumps(json.loads(FORMATS["slack"].render(report)), ensure_ascii=False)


def of_text(report: PeriodReport) -> str:
    return FORMATS["text"].render(report).decode()


def of_pdf(report: PeriodReport) -> str:
    return pdftotext(FORMATS["pdf"].render(report), "-raw")


SENT: dict[str, Callable[[PeriodReport], str]] = {
    "mail": of_mail, "text of the mail": of_mail_text, "Slack": of_slack, "page": of_page,
    "text": of_text, "PDF": of_pdf,
}  # fmt: skip


@pytest.fixture(scope="module", params=SENT)
def sent(request: pytest.FixtureRequest) -> str:
    text = SENT[request.param](REPORT)
    return "".join(re.sub(r"[*_`]", "", text).split())


def test_each_says_the_sentence_and_the_figures_of_the_first_page(sent: str) -> None:
    page, tiles = first_page(REPORT), view.tiles(REPORT)
    wanted = [view.headline(REPORT).split(";")[0], page.lost.title.split(": ")[1], page.year]
    wanted.append(page.coming)
    wanted += [tile.value for tile in tiles if tile.label.endswith(("met", "downtime", "Outages"))]
    wanted += [cell for name, _, _, actual, *_ in page.verdicts.rows for cell in (name, actual)]
    wanted += [row[-1] for row in (*page.done.rows, *page.risks.rows)]
    assert len(wanted) > 20
    assert [one for one in wanted if "".join(one.split()) not in sent] == []
