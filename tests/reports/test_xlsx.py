"""The workbook: what a spreadsheet reads of it, by the parts of its file."""

import io
import re
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from sla_engine.domain.report import PeriodReport
from sla_engine.reports import MissingExtraError, to_xlsx
from sla_engine.reports.to_json import document
from tests.reports.sample import REPORT, outage, service

_NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
_BEGIN = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's days know no zone
Cell = str | float | bool
Sheets = dict[str, list[dict[str, Cell]]]


def read(report: PeriodReport) -> Sheets:
    """Return the rows of each sheet by the names in its head."""
    with zipfile.ZipFile(io.BytesIO(to_xlsx.render(report))) as file:
        book = ET.fromstring(file.read("xl/workbook.xml"))
        names = [one.get("name", "") for one in book.findall("m:sheets/m:sheet", _NS)]
        parts = [file.read(f"xl/worksheets/sheet{i}.xml") for i, _ in enumerate(names, 1)]
    return {name: _rows(part) for name, part in zip(names, parts, strict=True)}


def _rows(part: bytes) -> list[dict[str, Cell]]:
    assert b"<f>" not in part, "a formula"
    assert b"<hyperlink" not in part
    page = ET.fromstring(part)
    head, *rows = (
        {re.sub(r"\d", "", cell.get("r", "")): _value(cell) for cell in row}
        for row in page.findall("m:sheetData/m:row", _NS)
    )
    return [{str(head[at]): value for at, value in row.items()} for row in rows]


def _value(cell: ET.Element) -> Cell:
    text = cell.findtext("m:v", None, _NS)
    match cell.get("t"):
        case "inlineStr":
            return "".join(one.text or "" for one in cell.iter(f"{{{_NS['m']}}}t"))
        case "b":
            return text == "1"
    assert text is not None
    return float(text)


def test_golden(golden: Callable[[str, str], None]) -> None:
    lines = []
    for name, rows in read(REPORT).items():
        lines.append(f"{name} ({len(rows)})")
        lines += ["; ".join(f"{key}={value}" for key, value in row.items()) for row in rows]
    golden("october.xlsx.text", "\n".join(lines) + "\n")


def test_numbers_and_times_are_those_of_the_json_to_the_last_digit() -> None:
    data, sheets = document(REPORT), read(REPORT)
    for one, row in zip(data["services"], sheets["Services"], strict=True):
        down = one["downtime_seconds"]
        assert row["unplanned_seconds"] == down["unplanned"]
        assert row.get("availability_ratio") == one["availability_ratio"]
        assert row.get("met") is one["met"] or (one["met"] is None and "met" not in row)
    outages = [outage for one in data["services"] for outage in one["outages"]]
    for outage_, row in zip(outages, sheets["Outages"], strict=True):
        days = row["start_utc"]
        assert isinstance(days, float)
        moment = _BEGIN + timedelta(seconds=round(days * 86_400))
        assert f"{moment.isoformat()}Z" == outage_["start"]
        assert row["duration_seconds"] == outage_["duration_seconds"]


def test_what_people_wrote_is_text_and_never_a_formula_or_a_link() -> None:
    wrote = ("=HYPERLINK(1)", "+1", "-1", "@x", "{=1}", "https://example.org", "1e5", "=1+1")
    for text in wrote:
        evil = service("x", outage("x", "2026-10-05T14:00:00", 5, cause=text, ticket=text))
        [row] = read(replace(REPORT, services=(replace(evil, name=text),)))["Outages"]
        assert (row["cause"], row["ticket"], row["name"]) == (text, text, text)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert to_xlsx.render(REPORT) == to_xlsx.render(REPORT)


def test_what_is_more_than_a_sheet_holds_goes_on_in_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(to_xlsx, "_MOST", 4)
    sheets = read(REPORT)
    assert [name for name in sheets if name.startswith("Services")] == ["Services", "Services 2"]
    names = [row["name"] for name in ("Services", "Services 2") for row in sheets[name]]
    assert names == [one.name for one in REPORT.services]


def test_a_text_that_is_longer_than_a_cell_is_cut_with_a_word_of_it() -> None:
    long = service("x", outage("x", "2026-10-05T14:00:00", 5, cause="c" * 40_000))
    [row] = read(replace(REPORT, services=(long,)))["Outages"]
    assert len(str(row["cause"])) == 32_767
    assert str(row["cause"]).endswith(" ... cut here: a cell holds no more")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match="needs the extra 'xlsx'"):
        to_xlsx.render(REPORT)
