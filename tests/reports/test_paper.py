"""What is on paper: every figure, inside the margins, whatever names and numbers are like."""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import cycle, islice, pairwise
from typing import Any, NamedTuple

import pytest
from weasyprint import HTML
from weasyprint.document import Document

from sla_engine.domain.agreement import AgreementReport, AgreementWindow, Stake
from sla_engine.domain.report import PeriodReport, ServiceReport
from sla_engine.reports import FORMATS, to_html, to_pdf
from sla_engine.reports.first_page import first_page
from sla_engine.reports.grids import Grid
from sla_engine.reports.language import TRANSLATED, language
from sla_engine.reports.papers import PAPERS
from sla_engine.reports.room import Room, cut, shortened
from sla_engine.reports.to_json import document
from tests.reports import sample
from tests.reports.sample import MONTH, REPORT, SERVICES
from uptime_common import humanize

MARGIN = 12 / 25.4 * 72
LONG = "Warehouse management of the northern distribution centre in Berlin"
UNBROKEN = "X" * 66
WIDE = "倉庫管理システム東京" * 4


class Word(NamedTuple):
    """A word and its box on a page, points."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


def services(count: int, *names: str) -> tuple[ServiceReport, ...]:
    return tuple(
        replace(SERVICES[i % 6], id=f"s{i}", name=f"{name} {i}", owner=f"{name[:40]} team")
        for i, name in enumerate(islice(cycle(names), count))
    )


def hurt(count: int) -> Iterator[ServiceReport]:
    """Yield services that were all down, with a price, a long name and a long story."""
    for i, name in enumerate(islice(cycle((LONG, UNBROKEN, WIDE)), count)):
        found = sample.service(
            f"s{i}",
            sample.outage(
                f"s{i}", "2026-10-05T14:00:00", 50 + i, cause="A long story of a cause " * 6
            ),
            impact=900.0 + i,
            hourly=1_000,
        )
        yield replace(found, name=f"{name} {i}")


def everywhere(word: str) -> PeriodReport:
    """Return a report in which everything that people name has a long name."""
    work = replace(REPORT.works[0], title=word, requester=word, approver=word, services=(word,))
    coming = REPORT.coming
    assert coming is not None
    come = coming.works[0]._replace(title=word, requester=word, approver=word, services=(word,))
    capacity = REPORT.capacity
    assert capacity is not None
    host = replace(capacity.hosts[0], name=word, mount=f"/{word}", filling=f"/{word}", system=word)
    told = sample.outage("s", "2026-10-05T14:00:00", 50, cause=word, ticket=word, note=word)
    owed = AgreementWindow(MONTH, (), 0.99, met=False, credit=10, money=100, fee=1_000)
    promised = AgreementReport("a", word, "all", "month", 0.999, 1_000, "EUR", closed=(owed,))
    stake = Stake(MONTH, "at_risk", 0, 0.999, 10, 50, 1_000, "EUR", word)
    promised = replace(promised, stake=stake)
    return replace(
        REPORT,
        organization=word,
        services=(replace(sample.service("s", told), name=word, owner=word), *services(3, word)),
        agreements=(promised,),
        works=(work,),
        coming=coming._replace(works=(come,)),
        capacity=replace(
            capacity, hosts=(host,), certificates=(replace(capacity.certificates[0], name=word),)
        ),
    )


CASES: dict[str, PeriodReport] = {
    "a full first page": replace(REPORT, services=tuple(hurt(14))),
    "an unbroken word everywhere": everywhere(UNBROKEN),
    "one service": replace(REPORT, services=services(1, "Shop")),
    "wide names": replace(REPORT, services=services(12, LONG, UNBROKEN, WIDE, "Shop", LONG)),
    "long tables": replace(REPORT, services=services(122, LONG, UNBROKEN, WIDE)),
}
PRINTED = (
    ("a full first page", "A4"),
    ("a full first page", "letter"),
    ("an unbroken word everywhere", "A4"),
    ("one service", "A4"),
    ("wide names", "A4"),
    ("long tables", "letter"),
)


RENDER = HTML.render


class Fitted(NamedTuple):
    """A report, the room that its first page got, and how many pages that page is there."""

    report: PeriodReport
    room: Room
    pages: int


@cache
def fitted(case: str, name: str, paper: str) -> Fitted:
    """Fit a first page once for all that look at it: each trial is a layout of its own."""
    report = replace(CASES[case], language=name, paper=paper)
    tried: list[Document] = []

    def render(self: HTML) -> Document:
        tried.append(RENDER(self))
        return tried[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTML, "render", render)
        room = to_pdf.fitting(report)
    return Fitted(report, room, len(tried[-1].pages))


def pdf(found: Fitted) -> bytes:
    """Return the PDF of a report whose room is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(to_pdf, "fitting", lambda _: found.room)
        return FORMATS["pdf"].render(found.report)


def pdftotext(body: bytes, *flags: str) -> str:
    command = ["pdftotext", *flags, "-", "-"]
    return subprocess.run(command, input=body, capture_output=True, check=True).stdout.decode()


def figures(service: dict[str, Any]) -> Iterator[str]:
    """Yield how each figure of a service reads, made from the JSON alone."""
    yield humanize.percent(service["availability_ratio"])
    if service["objective_ratio"] is not None:
        yield humanize.share(service["error_budget_remaining_ratio"])
    down = service["downtime_seconds"]
    times = ["agreed_seconds", "excluded_seconds", "unknown_seconds", "mtbf_seconds"]
    for seconds in (*(service[name] for name in times), *down.values()):
        yield humanize.service_time(None if seconds is None else seconds * 1000)
    for name in ("mtrs_seconds", "longest_outage_seconds"):
        if service[name] is not None:
            yield humanize.duration(round(service[name] * 1000))
    for outage in service["outages"]:
        yield outage["id"]
        yield humanize.duration(round(outage["duration_seconds"] * 1000))
        for kind in ("planned", "unplanned", "unknown"):
            yield humanize.service_time(outage[f"{kind}_seconds"] * 1000)


@pytest.fixture(params=PRINTED, ids=" on ".join, scope="module")
def printed(request: pytest.FixtureRequest) -> tuple[Fitted, bytes]:
    case, paper = request.param
    found = fitted(case, "en", paper)
    return found, pdf(found)


def test_every_figure_of_the_json_is_on_paper(printed: tuple[Fitted, bytes]) -> None:
    (report, *_), body = printed
    text = " ".join(pdftotext(body, "-layout").split())
    data = document(report)["services"]
    wanted = Counter(figure for service in data for figure in figures(service))
    del wanted[humanize.NOTHING]
    for kind in ("planned", "unknown"):
        if not any(o[f"{kind}_seconds"] for s in data for o in s["outages"]):
            wanted["0s"] -= sum(len(s["outages"]) for s in data)  # it has no column
    lost = {
        figure: (count, found)
        for figure, count in wanted.items()
        if (found := len(re.findall(rf"(?<![\w.]){re.escape(figure)}(?![\w.])", text))) < count
    }
    assert lost == {}


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("name", TRANSLATED)
def test_longer_words_of_other_languages_stay_inside_the_margins(name: str, paper: str) -> None:
    found = fitted("a full first page", name, paper)
    pages = list(pages_of(pdftotext(pdf(found), "-bbox")))
    for width, _, words in pages:
        outside = [w for w in words if w.left < MARGIN - 1 or w.right > width - MARGIN + 1]
        assert [w.text for w in outside] == []
        assert list(_upon(words)) == []
    missed, shown = language(found.report).phrase("missed"), {w.text for w in pages[0][2]}
    assert {missed, missed[:-1], missed[:-2]} & shown == {missed}  # never broken inside


def test_nothing_lies_beyond_the_margins_or_upon_its_neighbour(
    printed: tuple[Fitted, bytes],
) -> None:
    (report, *_), body = printed
    pages = list(pages_of(pdftotext(body, "-bbox")))
    assert pages
    for width, height, words in pages:
        outside = [w for w in words if w.left < MARGIN - 1 or w.right > width - MARGIN + 1]
        assert [w.text for w in outside] == []
        assert all(w.top > 0 and w.bottom < height for w in words)
        assert list(_upon(words)) == []
    names = re.findall(r"Page size: +([\d.]+) x", _info(body))
    assert names == ["841.89" if report.paper == "A4" else "792"]


def pages_of(text: str) -> Iterator[tuple[float, float, list[Word]]]:
    word = r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>'
    for width, height, rest in re.findall(
        r'<page width="(.+?)" height="(.+?)">(.*?)</page>', text, re.DOTALL
    ):
        words = [
            Word(float(a), float(b), float(c), float(d), text)
            for a, b, c, d, text in re.findall(word, rest)
        ]
        yield float(width), float(height), words


def _upon(words: list[Word]) -> Iterator[tuple[str, str]]:
    """Yield words of a line that lie upon each other."""
    lines: dict[float, list[Word]] = {}
    for word in words:
        lines.setdefault(round(word.top, 1), []).append(word)
    for line in lines.values():
        line.sort()
        yield from ((a.text, b.text) for a, b in pairwise(line) if b.left < a.right - 0.5)


def test_the_whole_first_page_is_on_paper(printed: tuple[Fitted, bytes]) -> None:
    (report, room, _), body = printed
    text = "".join(pdftotext(body, "-raw", "-l", "1").split())
    page = first_page(shortened(report, room), room)
    parts = (page.lost, page.owed, page.stakes, page.hurt, page.done, page.risks)
    cells = [*page.verdicts.rows, *(row for part in parts for row in part.rows)]
    titles = [part.title for part in parts if part.rows or part is not page.stakes]
    said = [page.year, page.verdicts.rest, *titles, *(part.rest for part in parts)]
    wanted = [*said, *(cell for row in cells for cell in row)]
    assert [one for one in wanted if "".join(one.split()) not in text] == []


def test_names_stand_whole_behind_the_first_page(printed: tuple[Fitted, bytes]) -> None:
    (report, *_), body = printed
    if len(report.services) > 60:
        pytest.skip("of aligned text pdftotext tells the columns line by line")
    text = "".join(pdftotext(body, "-raw", "-f", "2").split())
    named = {*(s.name for s in report.services), *(a.customer for a in report.agreements)}
    assert [one for one in named if "".join(one.split()) not in text] == []


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("name", ["en", *TRANSLATED])
def test_the_first_page_is_one_page_however_long_names_are(name: str, paper: str) -> None:
    for case in ("a full first page", "an unbroken word everywhere"):
        assert fitted(case, name, paper).pages == 1


@pytest.mark.parametrize(
    ("name", "most", "said"),
    [
        ("Web shop", 8, "Web shop"),
        ("Web shop 1", 9, "Web s…p 1"),
        ("Warehouse of the north", 15, "Warehouse…north"),
        ("倉庫管理システム東京", 12, "倉庫管…東京"),
    ],
)
def test_a_name_that_is_too_long_keeps_its_two_ends(name: str, most: int, said: str) -> None:
    assert cut(name, most) == said


def test_names_that_would_read_alike_stay_whole() -> None:
    alike = [f"{'X' * 30}{which}{'Y' * 30}" for which in "12"]
    some = tuple(replace(SERVICES[0], id=one, name=one) for one in alike)
    found = shortened(replace(REPORT, services=some), Room(letters=20))
    assert [one.name for one in found.services] == alike


def test_columns_that_want_more_than_the_paper_break_figures_into_lines_and_no_word() -> None:
    units = "371\u202fh 16\u202fmin 41\u202fs"
    table = {
        "Service": (UNBROKEN, ""), "Bewertet nach": ("Abschnitten zu 5\u202fmin", ""),
        "Fehlgeschlagene Ereignisse": ("1.159 von 1.765.563", "n"), "Ausfälle": ("3", "n"),
        "Ausgefallen gesamt": ("3\u202fh 17\u202fmin", "n"), "Längster": ("29\u202fmin", "n"),
        "MTBF": (units, "n"), "MTRS": ("25\u202fmin 11\u202fs", "n"), "MTBSI": (units, "n"),
        "Fenster genutzt": (f"{units} von 2\u202fh 30\u202fmin", "n"),
        "Art": ("Überschreitung", ""),
        "Kosten": ("17.530", "n"), "Gutschrift fällig": ("10\u202f%", "n"),
    }  # fmt: skip
    cells, kinds = [cell for cell, _ in table.values()], [kind for _, kind in table.values()]
    grid = Grid("id", "Title", list(table), kinds, [cells])
    for head, cell, kind, wide in list(zip(table, cells, kinds, grid.widths, strict=True))[1:]:
        parts = r" (?=\d)" if kind == "n" else " "
        room = wide / 100 * PAPERS["A4"].width - 2 * 0.3 * 12
        wanted = max(
            0.57 * max(map(len, re.split(parts, cell))), 0.67 * max(map(len, head.split()))
        )
        assert room >= 7.5 * wanted, head


def test_no_word_lies_upon_another(printed: tuple[Fitted, bytes]) -> None:
    _, body = printed
    for _, _, words in pages_of(pdftotext(body, "-bbox")):
        assert list(_covered(words)) == []


def _covered(words: list[Word]) -> Iterator[tuple[str, str]]:
    """Yield words of which one covers more than a quarter of the other."""
    for i, one in enumerate(ordered := sorted(words, key=lambda word: word.top)):
        for other in ordered[i + 1 :]:
            if other.top > one.bottom:
                break
            wide = min(one.right, other.right) - max(one.left, other.left)
            tall = min(one.bottom, other.bottom) - max(one.top, other.top)
            least = min((w.right - w.left) * (w.bottom - w.top) for w in (one, other))
            if wide > 0 and tall > 0 and wide * tall > least / 4:
                yield one.text, other.text


def _info(body: bytes) -> str:
    command = ["pdfinfo", "-"]
    return subprocess.run(command, input=body, capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("name", ["Smith & Sons", 'A "B" \\ C', "</style><b>x", "L'Été; {}"])
def test_a_name_reads_as_it_was_written_in_the_foot_and_in_pictures(name: str) -> None:
    shop = replace(SERVICES[0], name=name)
    report = replace(REPORT, organization=name, services=(shop,))
    text = pdftotext(FORMATS["pdf"].render(report))
    assert f"{name}, October 2026" in [line.strip() for line in text.splitlines()]
    page = to_html.page(report)
    assert "&amp;amp;" not in page
    assert "&amp;#" not in page
    assert "<b>x" not in page


def test_both_papers_are_known_to_the_page() -> None:
    for name, paper in PAPERS.items():
        assert f"@page {{ size: {paper.size};" in to_html.page(replace(REPORT, paper=name))


def test_the_chart_of_the_first_page_is_wide_enough_to_be_read() -> None:
    """Its own shape says how wide it is drawn: the height is all that print gives it."""
    page = FORMATS["html"].render(REPORT).decode()
    [height] = re.findall(r"\.board \.chart svg \{ width: 100%; height: ([\d.]+)mm \}", page)
    board = page.split('<figure class="chart">')[1]
    [(wide, high)] = re.findall(r'viewBox="0 0 (\d+) (\d+)"', board.split("</figure>")[0])
    assert float(height) * int(wide) / int(high) > 88
