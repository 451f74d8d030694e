import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html import escape

import pytest
import resvg_py
from weasyprint import HTML

from sla_engine.domain.interval import Interval
from sla_engine.domain.summary import summarize
from sla_engine.reports import (
    FORMATS,
    charts,
    drawings,
    grids,
    lists,
    months,
    plots,
    to_html,
    to_mail,
    to_slack,
    view,
)
from sla_engine.reports.columns import LEVELS, filled
from sla_engine.reports.language import language
from sla_engine.reports.plain import seconds
from sla_engine.reports.to_json import document
from tests.programs.slack_rules import mistakes
from tests.reports.sample import DAY, REPORT, SERVICES, at, outage, service
from uptime_common.humanize import NOTHING

Golden = Callable[[str, str], None]


@pytest.mark.parametrize("format_", ["csv", "json", "slack", "text"])
def test_golden(format_: str, golden: Golden) -> None:
    golden(f"october.{format_}", FORMATS[format_].render(REPORT).decode().replace("\r\n", "\n"))


def test_golden_page(golden: Golden) -> None:
    golden("october.html", to_html.page(REPORT))


def test_the_page_is_self_contained_and_escapes_what_people_wrote() -> None:
    page = FORMATS["html"].render(REPORT).decode()
    assert "team &lt;docs&gt; &amp; co" in page
    assert "team <docs>" not in page
    links = re.findall(r"""(?:src|href)=["'][^#][^>]{0,40}|url\([^#)][^)]*\)""", page)
    assert links == []
    assert page.count("<svg") > 3
    assert "<script" not in page


def test_the_pdf_begins_with_the_seniors_page_and_is_tagged() -> None:
    body = FORMATS["pdf"].render(REPORT)
    text = subprocess.run(
        ["pdftotext", "-l", "1", "-", "-"], input=body, capture_output=True, check=True
    ).stdout.decode()
    assert "3 of 4 services met the objective" in text
    info = subprocess.run(["pdfinfo", "-"], input=body, capture_output=True, check=True).stdout
    assert re.search(rb"Tagged: +yes", info)


def test_golden_paper(golden: Golden) -> None:
    """Compare the words as they are set on endless pages: where pages break is the fonts' own."""
    feet = "@bottom-left { content: '' } @bottom-right { content: '' }"
    endless = f"@media print {{ @page {{ size: 297mm 4000mm; {feet} }} }}</style>"
    body = HTML(string=to_html.page(REPORT).replace("</style>", endless)).write_pdf()
    words = _text(body, "-raw").split()
    lines = (" ".join(words[i : i + 12]) for i in range(0, len(words), 12))
    golden("october.pdf.text", "\n".join(lines) + "\n")


def test_long_tables_on_paper_are_sheets_with_their_heads() -> None:
    many = tuple(replace(SERVICES[i % 6], id=f"s{i}", name=f"Service {i}") for i in range(400))
    body = FORMATS["pdf"].render(replace(REPORT, services=many))
    first, *pages = _text(body, "-layout").split("\f")
    assert "201 of 268 services met the objective" in first
    for kind, head in (("not judged|met|missed", "Verdict"), ("unplanned|overrun", "Outage$")):
        sheets = [p for p in pages if len(re.findall(rf"Service \d+ .*({kind})", p)) > 3]
        assert len(sheets) > 5
        assert all(len(re.findall(head, page, re.MULTILINE)) == 1 for page in sheets)
    assert len(re.findall(r"Service \d+ +(?:not judged|met|missed)", "".join(pages))) == 400


def _text(body: bytes, *flags: str) -> str:
    command = ["pdftotext", *flags, "-", "-"]
    return subprocess.run(command, input=body, capture_output=True, check=True).stdout.decode()


def test_the_picture_is_made_of_the_charts_of_the_page() -> None:
    svg = drawings.picture(REPORT, "#000")
    assert svg.count("<svg ") - 1 == 4 + sum(bool(one.days) for one in REPORT.services)
    *own, before = drawings.drawings(REPORT)
    assert all(drawing in svg for drawing in (*own, drawings.trend(REPORT)))
    assert before in drawings.picture(replace(REPORT, trend=()), "#000")
    body = charts.png(REPORT)
    assert body.startswith(b"\x89PNG")
    assert int.from_bytes(body[16:20], "big") == 1600
    assert charts.png(replace(REPORT, services=())) != body


def test_a_picture_needs_a_font_because_charts_without_words_mislead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert charts.missing() is None
    bare = partial(resvg_py.svg_to_bytes, skip_system_fonts=True)
    monkeypatch.setattr(resvg_py, "svg_to_bytes", bare)
    charts._letters.cache_clear()
    assert charts.missing() == "a font, such as Debian's fonts-dejavu-core"
    charts._letters.cache_clear()


def test_without_the_extra_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "find_spec", lambda _: None)
    assert charts.missing() == f"the extra 'charts': {sys.executable} -m pip install resvg-py"


def test_a_name_fits_into_the_margin_of_a_chart() -> None:
    names = ("Warehouse", "Warehouse of Berlin", "倉庫管理システム東京", "")
    assert [plots.short(name) for name in names] == [
        "Warehouse", "Warehouse of Ber…", "倉庫管理システム…", "",
    ]  # fmt: skip


def test_spreadsheets_run_nothing() -> None:
    evil = service("x", outage("x", "2026-10-05T14:00:00", 5, cause="=HYPERLINK(1)"))
    text = FORMATS["csv"].render(replace(REPORT, services=(evil,))).decode()
    assert "'=HYPERLINK(1)" in text


def test_the_slack_message_keeps_the_limits_with_500_services() -> None:
    many = tuple(replace(SERVICES[i % 6], id=f"s{i}", name=f"Service {i}") for i in range(500))
    body = json.loads(FORMATS["slack"].render(replace(REPORT, services=many)))
    assert mistakes(body) == []
    assert "and 480 more" in json.dumps(body)


def test_the_json_keeps_the_contract() -> None:
    data = json.loads(FORMATS["json"].render(REPORT))
    assert {"policy_version", "generated_at", "period", "services"} <= data.keys()
    assert data["period"] == {
        "start": "2026-09-30T22:00:00Z",
        "end": "2026-10-31T23:00:00Z",
        "timezone": "Europe/Berlin",
    }
    assert {
        "id", "name", "owner", "tier", "objective_ratio", "availability_ratio", "met",
        "agreed_seconds", "excluded_seconds", "downtime_seconds", "unknown_seconds",
        "coverage_ratio", "error_budget_seconds", "error_budget_remaining_ratio", "outage_count",
        "mtbf_seconds", "mtrs_seconds", "longest_outage_seconds", "outages",
    } <= data["services"][0].keys()  # fmt: skip
    assert {
        "id", "start", "end", "duration_seconds", "planned_seconds", "unplanned_seconds",
        "unknown_seconds", "class", "cause", "ticket", "corrections",
    } <= data["services"][0]["outages"][0].keys()  # fmt: skip


def test_the_figures_are_those_of_a_hand_calculation() -> None:
    """October 2026 in Berlin has 31 days and an hour: 745 h = 2,682,000 s."""
    shop, payments, search, mail, wiki, lake = document(REPORT)["services"]
    assert shop["agreed_seconds"] == 2_682_000
    # 03:30 to 04:15 against a window until 04:00: 30 min planned, 15 min over it.
    assert shop["downtime_seconds"] == {"planned": 1_800, "unplanned": 3_030 + 900}
    assert shop["availability_ratio"] == (2_682_000 - 1_800 - 3_930) / (2_682_000 - 1_800)
    assert [o["class"] for o in shop["outages"]] == ["unplanned", "overrun"]
    assert shop["met"] is False
    assert (payments["availability_ratio"], payments["met"]) == (1.0, True)
    # An outage over the change of clocks lasts what it lasts: 15 s.
    assert search["outages"][0]["duration_seconds"] == 15
    assert (search["outage_count"], search["outages"][0]["counted"]) == (0, False)
    assert mail["outages"][0]["end"] is None
    assert mail["outages"][0]["unplanned_seconds"] == 600
    assert mail["unknown_seconds"] == 12 * 3600
    assert (wiki["objective_ratio"], wiki["met"]) == (None, None)
    assert (lake["availability_ratio"], lake["coverage_ratio"], lake["met"]) == (None, 0.0, None)


def test_the_percentage_and_the_outage_list_agree() -> None:
    for one in document(REPORT)["services"]:
        for kind in ("planned", "unplanned"):
            listed = sum(o[f"{kind}_seconds"] for o in one["outages"])
            assert listed == one["downtime_seconds"][kind]


def test_seconds_are_whole_or_carry_milliseconds() -> None:
    assert json.dumps([seconds(5_000), seconds(5_250), seconds(None)]) == "[5, 5.25, null]"


def test_the_summary_names_the_worst_first() -> None:
    summary = summarize(REPORT.services)
    assert [s.id for s in summary.worst] == ["web-shop", "mail", "search"]
    assert [s.id for s in summary.thin] == ["mail", "lake"]
    assert [s.id for s in summary.missed] == ["web-shop"]


def test_a_report_about_nothing_is_still_a_report() -> None:
    empty = replace(REPORT, services=())
    for format_ in FORMATS.values():
        assert format_.render(empty)
    assert to_slack.message(empty).tone == "info"


def test_marks_of_an_axis_have_the_digits_they_take() -> None:
    words = [plots.mark(value, language(REPORT)) for value in (0, 0.5, 0.25, 1.0, 0.2 + 0.1, 1500)]
    assert words == ["0", "0.5", "0.25", "1", "0.3", "1,500"]


def test_a_month_of_which_nothing_is_known_has_no_figures_not_even_noughts() -> None:
    blank = replace(
        REPORT.trend[0], judged=0, met=0, agreed=0, unknown=0, planned=0, unplanned=0, inside=0,
        crossing=frozenset(), cost=0.0, owed={},
    )  # fmt: skip
    first, *_ = months.months(replace(REPORT, trend=(blank, *REPORT.trend[1:]))).rows
    assert set(first[1:]) == {"-"}


def test_the_months_before_stand_in_figures_with_what_they_cost_and_what_is_due() -> None:
    grid = months.months(REPORT)
    assert grid.head == [
        "Period", "Objectives met", "Outages", "Unplanned", "Planned", "Coverage", "Cost", "Due",
    ]  # fmt: skip
    assert grid.rows[1] == [
        "September 2026", "3 of 4", "2", "2h", "45m", "100.0 %", "16,000", "250.00 EUR",
    ]  # fmt: skip
    assert grid.rows[0][-1] == "-"


def test_the_list_says_which_of_its_outages_the_first_page_does_not_count() -> None:
    assert lists.outage_count(REPORT) == "4 outages and 1 too short to count"
    first, second, *rest = REPORT.services
    report = replace(REPORT, services=(first, replace(second, part_of=first.id), *rest))
    told = "; 1 is of a component and not in the sums of the first page"
    assert lists.outage_count(report) == f"4 outages and 1 too short to count{told}"


def test_every_picture_has_a_caption_and_every_strip_of_days_its_period() -> None:
    day = replace(REPORT, period=Interval(at("2026-10-05T00:00"), at("2026-10-06T00:00")))
    for report in (REPORT, day):
        page = to_html.page(report)
        figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
        assert len(figures) > 3
        assert [one for one in figures if "<figcaption" not in one] == []
        days = re.findall(r"Days: (.+?)\.|Its days: (.+?)<", page)
        assert len(days) > 3
        assert all(any("to 2026-" in said for said in one) for one in days)


def test_nobody_is_told_of_sixty_minutes_or_sixty_seconds() -> None:
    amounts = re.compile(r"(?<![\d.,:])(?:[6-9]\d|\d[\d,]*\d{2}) ?(?:m|s|min|minutes)\b")
    assert amounts.findall("43,118 minutes, 75m, 90 s; 59m 59s") == [
        "43,118 minutes",
        "75m",
        "90 s",
    ]
    long = service("s", outage("s", "2026-10-01T00:00:00", 43_118), impact=1.0, hourly=1)
    report = replace(REPORT, services=(long,), late=43_118 * 60_000)
    mail = to_mail.message(report, "", ["a.pdf"])
    page = re.sub(r"<(style|svg).*?</\1>", "", to_html.page(report), flags=re.DOTALL)
    for shown in (page, mail.html, mail.text, *(
        FORMATS[name].render(report).decode() for name in ("text", "slack")
    )):  # fmt: skip
        assert "718h 38m" in shown
        assert amounts.findall(shown) == []


@pytest.mark.parametrize("name", ["Smith & Sons", "<!channel> & <@U1>", "=1+1&amp;"])
def test_whatever_people_name_reads_as_it_was_written_in_every_format(name: str) -> None:
    shop = outage("s", "2026-10-05T14:00:00", 50, cause=name, ticket=name, note=name)
    one = replace(service("s", shop, impact=1.0, hourly=1), name=name, owner=name)
    work = replace(REPORT.works[0], title=name, requester=name)
    report = replace(REPORT, organization=name, services=(one,), works=(work,))
    mail, once = to_mail.message(report, "", ["a.pdf"]), escape(name)
    for page in (to_html.page(report), mail.html):
        assert once in page
        assert escape(once) not in page
    for text in (mail.text, FORMATS["text"].render(report).decode()):
        assert name in text
        assert once not in text
    said = json.dumps(json.loads(FORMATS["slack"].render(report)), ensure_ascii=False)
    assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in said
    assert "<!channel>" not in re.sub(r'{"type": "plain_text".*?}', "", said)  # inert there
    assert once not in FORMATS["csv"].render(report).decode()


def test_the_text_of_a_mail_is_short_however_much_there_is_to_tell() -> None:
    many = tuple(
        replace(one, id=f"{one.id}{i}", is_stale=True, data_until=at("2026-10-02T00:00"))
        for i in range(100)
        for one in SERVICES
    )
    mail = to_mail.message(replace(REPORT, services=many, late=DAY), "", ["a.pdf", "a.csv"])
    assert len(mail.text.splitlines()) < 90


def test_where_nothing_has_a_price_nothing_is_said_of_cost() -> None:
    for impact, said in ((None, False), (250.0, True)):
        services = tuple(replace(one, impact=impact) for one in SERVICES)
        report = replace(REPORT, services=services, currency="CHF")
        text, page = (
            FORMATS["text"].render(report).decode(),
            FORMATS["html"].render(report).decode(),
        )
        assert ("RELIABILITY AND COST (cost in CHF)" in text) is said
        assert ("Cost is that of unplanned downtime, in CHF." in page) is said
        assert ("Reliability and cost" in page) is said


def test_of_very_many_outages_the_longest_are_listed_and_the_rest_is_summed_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grids, "_OUTAGES_AT_MOST", 2)
    grid = grids.outages(REPORT)
    assert [row[3] for row in grid.rows] == ["50m 30s", "45m", "15s"]  # the last does not count
    assert "Listed are the 2 with the most unplanned downtime; the other 2 add up to 10m" in (
        grid.caption
    )


def test_many_outages_that_are_too_short_to_count_are_one_line_of_their_service() -> None:
    many = [outage("x", f"2026-10-{day:02}T14:00:00", 0.5) for day in range(1, 22)]
    report = replace(REPORT, services=(service("x", *many, min_outage=60_000), SERVICES[2]))
    rows = [(row.service, row.kind, row.unplanned, row.note) for row in lists.outages(report)]
    assert rows == [
        ("X", "21 together", "10m 30s", "too short to count"),
        ("Search", "unplanned", "15s", "too short to count"),
    ]
    assert lists.outage_count(report) == "0 outages and 22 too short to count"


def test_of_a_running_period_days_ahead_and_ago_count_from_now() -> None:
    now = at("2026-11-05T12:00:00")
    sample = replace(REPORT, generated_at=now, period=REPORT.period._replace(end=now + 20 * DAY))
    assert sample.capacity is not None
    host = replace(sample.capacity.hosts[0], full_in=3.0, listed=now - DAY)
    running = replace(sample, capacity=replace(sample.capacity, hosts=(host,)))
    assert lists.updates(running)[0][5].endswith("(1 d)")
    assert lists.capacity(running)[0][-1] == "2026-11-08"


def test_a_report_without_objectives_says_so_and_nothing_about_what_is_not_known() -> None:
    free = service("docs", objective=None)
    report = replace(REPORT, services=(free,), agreements=())
    said = "No service has an objective: these are figures without a verdict"
    assert view.headline(report) == f"{said}."
    assert f"\n{said}\n" in FORMATS["text"].render(report).decode()
    owed = replace(report, services=(service("docs", agreed=()),))
    assert view.headline(owed).startswith("No service could be judged: nothing is known")


def test_where_nobody_is_named_no_owner_is() -> None:
    first, *others = SERVICES
    some = replace(REPORT, services=(replace(first, owner="unknown"), *others))
    (owner, *_) = filled(some, LEVELS)
    cells = [owner.cell(one, language(some)) for one in some.services]
    assert cells == [NOTHING, *(one.owner for one in others)]
    none = replace(REPORT, services=tuple(replace(one, owner="unknown") for one in SERVICES))
    assert "Owner" not in [column.title for column in filled(none, LEVELS)]
