"""Lines that are drawn into a finished PDF read as those that WeasyPrint sets."""

import re
import subprocess
from dataclasses import replace

import pytest

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import FORMATS, drawn, to_html
from sla_engine.reports.papers import PAPERS
from sla_engine.reports.sheets import Sheets
from tests.reports.sample import REPORT
from tests.reports.test_paper import pages_of, pdftotext, services

# Without the parts that are never drawn: WeasyPrint takes as long over them as over the rest.
BARE = replace(
    REPORT, agreements=(), works=(), capacity=None, coming=None, trend=(), year=None,
    restatements=(), language="fr",
)  # fmt: skip


def long(*names: str) -> PeriodReport:
    return replace(BARE, services=services(90, *names))


REPORT_OF_MANY = long("Shop", "Büro", "Склад")


@pytest.fixture(scope="module")
def body() -> bytes:
    return FORMATS["pdf"].render(REPORT_OF_MANY)


def test_what_is_drawn_stands_where_weasyprint_sets_it_when_the_font_is_another_one(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn, "_FAMILY", b"Another-Mono")
    other = FORMATS["pdf"].render(REPORT_OF_MANY)
    assert body != other
    pairs = zip(
        pages_of(pdftotext(body, "-bbox")), pages_of(pdftotext(other, "-bbox")), strict=True
    )
    for (*_, ours), (*_, theirs) in pairs:
        assert [w.text for w in ours] == [w.text for w in theirs]
        for mine, its in zip(ours, theirs, strict=True):
            assert mine[:4] == pytest.approx(its[:4], abs=0.6)


def test_letters_of_other_fonts_are_left_to_weasyprint() -> None:
    plain, mixed = Sheets(PAPERS["A4"]), Sheets(PAPERS["A4"])
    to_html.page(REPORT_OF_MANY, plain)
    to_html.page(long("Shop", "倉庫", "שלום"), mixed)
    assert len(plain.blank) >= 3
    told = "".join(line.text for sheet in mixed.blank for line in sheet.lines)
    assert not re.search("[倉庫שלום]", told)


def test_a_drawn_line_is_told_to_screen_readers_in_its_place(body: bytes) -> None:
    command = ["pdfinfo", "-struct-text", "-"]
    found = subprocess.run(command, input=body, capture_output=True, check=True).stdout.decode()
    table = found[found.rindex("H2", 0, found.index('"Service ')) :]
    names = re.findall(r'"((?:Shop|Büro|Склад) \d+) ', table[: table.index("H2", 10)])
    assert names == [service.name for service in REPORT_OF_MANY.services]


def test_a_letter_without_a_glyph_is_never_drawn() -> None:
    font = drawn._Font("F", {ord("a"): "0044"})
    assert font.shown("aa") == "<00440044> Tj"
    with pytest.raises(drawn.UnknownFontError, match="'b'"):
        font.shown("ab")


def test_a_pdf_is_printed_byte_by_byte_the_same(body: bytes) -> None:
    assert FORMATS["pdf"].render(REPORT_OF_MANY) == body
