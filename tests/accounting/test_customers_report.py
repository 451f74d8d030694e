"""A report of an agreement: judged by what was promised, without what is ours, named for whom."""

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service_catalogue.notifications import Report
from service_catalogue.terms import Subject
from sla_engine.accounting.corrections import correct
from sla_engine.accounting.past import noted
from sla_engine.accounting.report import make_report
from sla_engine.accounting.restatements import _of_term
from sla_engine.domain.actor import Actor
from sla_engine.domain.customer import for_customer
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import outage_id
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import (
    Capacity,
    Cause,
    Changed,
    Host,
    Latency,
    PeriodReport,
    Restatement,
)
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.ledger.terms import Term
from sla_engine.notices.reports import _file
from sla_engine.reports import FORMATS, PICTURE, to_mail, to_slack, view
from sla_engine.reports.months import months
from tests.accounting.test_agreements import DOWN, END, FIRST, MINUTE, STEPS, UTC, at
from tests.catalogues import catalogue
from tests.reports.test_paper import pdftotext
from tests.reports.test_xlsx import read

NOW = at("2026-11-03")
OWN = frozenset(DOWN)
OURS = (
    "7777", "7,777", "7.777", "7 777", "cost_per_hour", 'business_impact": 7', "What a miss",
    "Rival", "rival", "Zorro", "swept under", "the boss", "secret reason", "Nobody wrote",
    "Lost by", "db-secret", "uptime.internal", "Money lost", "an hour costs",
)  # fmt: skip
"""What a customer must not read: prices, stakes, other customers, our own words and servers."""


def of_mail(report: PeriodReport) -> str:
    mail = to_mail.message(report, "", ["report.pdf"])
    return f"{mail.title}\n{mail.text}\n{unescape(mail.html)}"


def of_xlsx(report: PeriodReport) -> str:
    with zipfile.ZipFile(BytesIO(FORMATS["xlsx"].render(report))) as book:
        return "\n".join(unescape(book.read(name).decode()) for name in book.namelist())


def of_page(report: PeriodReport) -> str:
    return unescape(FORMATS["html"].render(report).decode())


PAPERS: list[tuple[PeriodReport, bytes]] = []


def printed(report: PeriodReport) -> bytes:
    """Return the PDF of a report; that of an equal one is the same and takes a second to make."""
    for known, body in PAPERS:
        if known == report:
            return body
    PAPERS.append((report, FORMATS["pdf"].render(report)))
    return PAPERS[-1][1]


def plain(name: str) -> Callable[[PeriodReport], str]:
    return lambda report: FORMATS[name].render(report).decode()


SHOWN: dict[str, Callable[[PeriodReport], str]] = {
    "json": plain("json"), "csv": plain("csv"), "text": plain("text"), "slack": plain("slack"),
    "html": of_page, "pdf": lambda one: pdftotext(printed(one), "-layout"),
    "xlsx": of_xlsx, "mail": of_mail,
}  # fmt: skip


def books_of(ledger: Ledger, **promised: Any) -> Books:
    services: list[dict[str, Any]] = [
        {"id": name, "objective": 99, "cost_per_hour": 7777} for name in DOWN
    ]
    usual = {"customer": "ACME", "objective": 99.9, "credits": STEPS, "fee": 1000}
    mine = usual | {"id": "acme", "services": list(DOWN), "language": "en"} | promised
    other = usual | {"id": "rival", "customer": "Rival Corp", "services": ["shop"]}
    return Books(
        catalogue(
            *services,
            agreements=[mine, other],
            external_url="https://uptime.internal/",
            calendars={"day": {"weekly": [{"days": "mon-sun", "hours": ["08:00-20:00"]}]}},
        ),
        ledger,
    )


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """Each service was down once in September; ours is written of it."""
    with Ledger.open("sqlite://") as found:
        noted(books_of(found), FIRST)
        for name, (start, minutes) in DOWN.items():
            line = (
                Segment(FIRST, start, State.UP),
                Segment(start, start + minutes * MINUTE, State.DOWN),
                Segment(start + minutes * MINUTE, END, State.UP),
            )
            found.apply([Derived(name, line, FIRST)])
            said = {"note": "swept under", "owner": "the boss", "cause": "Disk full"}
            by = Actor("Zorro", "zorro")
            identifier = outage_id(name, start)
            correct(found, identifier, said, by=by, reason="secret reason", now=NOW)
        yield found


MADE: dict[tuple[object, ...], PeriodReport] = {}
"""Reports of the ledger of the module, which no test writes to."""


def made(
    ledger: Ledger, period: str = "2026-09", now: int = NOW, language: str = "en", **promised: Any
) -> PeriodReport:
    key = id(ledger), period, now, language, repr(promised)
    if key not in MADE:
        books = books_of(ledger, **promised)
        formats = [*FORMATS.values(), PICTURE]
        span = parse_period(period, UTC, now)
        MADE[key] = make_report(books, span, now, formats, agreement="acme", language=language)
    return MADE[key]


@pytest.mark.parametrize("form", SHOWN)
def test_a_customer_reads_nothing_that_is_ours(ledger: Ledger, form: str) -> None:
    text = SHOWN[form](made(ledger))
    assert "ACME" in text
    assert [one for one in OURS if one in text] == []
    assert "Disk full" in text or form == "slack"


def amounts(data: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what a document in JSON holds under a name, at any depth."""
    if isinstance(data, dict | list):
        pairs = data.items() if isinstance(data, dict) else ((name, one) for one in data)
        for key, one in pairs:
            yield from amounts(one, key)
    else:
        yield name, data


def test_no_amount_but_what_is_due_is_in_what_programs_read(ledger: Ledger) -> None:
    priced = {"business_impact", "cost_per_hour", "lost_amount", "amount"}
    report = made(ledger, period="2026-Q3")
    found = [(name, one) for name, one in amounts(json.loads(plain("json")(report)))]
    assert {name for name, one in found if name in priced and one} == {"amount"}
    assert [one for name, one in found if name == "amount"] == [200.0]
    whole = replace(report, trend=tuple(replace(one, cost=7.5) for one in report.trend))
    assert ("business_impact", 7.5) in amounts(json.loads(plain("json")(whole)))
    assert all("business_impact" not in row for row in read(report)["Trend"])
    assert "Cost" not in months(report).head


@pytest.mark.parametrize("form", SHOWN)
@pytest.mark.parametrize("rule", ["each", "worst", "weighted", "all"])
def test_no_service_is_judged_by_what_the_customer_was_not_promised(
    ledger: Ledger, form: str, rule: str
) -> None:
    weights: dict[str, Any] = {"weights": {"shop": 2}} if rule == "weighted" else {}
    text = SHOWN[form](made(ledger, rule=rule, **weights))
    assert not re.search(r"\b99(\.0+)? %", re.sub(r"[\s\u00a0]+", " ", text))
    assert "missed" in text or form in {"json", "csv", "xlsx"}
    alone = rule in {"each", "worst"}
    found = json.loads(FORMATS["json"].render(made(ledger, rule=rule, **weights)))
    judged = [(one["objective_ratio"], one["met"]) for one in found["services"]]
    expected = [(0.999, False), (0.999, False), (0.999, True)] if alone else [(None, None)] * 3
    assert judged == expected
    assert [one["credit_percent"] for one in found["services"]] == [None] * 3
    assert [one["kind"] for one in found["board"]["verdicts"]].count("service") == 3 * alone
    september = found["board"]["trend"][-1]
    assert (september["objectives_judged"], september["objectives_met"]) == (1, 0)


def test_figures_are_of_the_hours_that_were_promised(ledger: Ledger) -> None:
    found = made(ledger, calendar="day")
    assert {one.figures.agreed for one in found.services} == {30 * 12 * 60 * MINUTE}
    assert {one.figures.unplanned for one in found.services} == {0}
    assert [one.met for one in found.services] == [True] * 3
    assert found.agreements[0].met is True
    assert found.trend[-1].unplanned == 0


def test_what_is_frozen_of_a_customers_report_are_the_services_by_their_own_terms() -> None:
    with Ledger.open("sqlite://") as ledger:
        books = noted(books_of(ledger, calendar="day"), FIRST)
        for name in DOWN:
            ledger.apply([Derived(name, (Segment(FIRST, END, State.UP),), FIRST)])
        period = parse_period("2026-09", UTC, NOW)
        json_ = [FORMATS["json"]]
        done = make_report(books, period, NOW, json_, agreement="acme", frozen=True)
        assert done.frozen
        frozen = ledger.frozen.first(Interval(period.start, period.end))
        assert frozen["shop"].figures["objective"] == 0.99
        assert frozen["shop"].figures["agreed"] == 30 * 24 * 60 * MINUTE
        assert make_report(books, period, NOW + 1, json_).restatements == ()
        again = make_report(books, period, NOW + 1, json_, agreement="acme")
        assert again.restatements == ()
        assert again.frozen_at == NOW


TITLES = {
    "en": "Service levels for ACME, September 2026",
    "de": "Service-Levels für ACME, September 2026",
    "fr": "Niveaux de service pour ACME, septembre 2026",
    "es": "Niveles de servicio para ACME, septiembre de 2026",
}


@pytest.mark.parametrize("language", TITLES)
def test_titles_and_subjects_name_the_customer(ledger: Ledger, language: str) -> None:
    report, title = made(ledger, language=language), TITLES[language]
    thus = f"{title}\u202f: " if language == "fr" else f"{title}: "
    page = of_page(report)
    assert f"<title>{title}</title>" in page
    assert f"<h1>{title}</h1>" in page
    assert FORMATS["text"].render(report).decode().startswith(f"{title}\n")
    assert to_slack.message(report).title.startswith(thus)
    mail = to_mail.message(report, "", [])
    assert mail.title.startswith(thus)
    assert f"<title>{title}</title>" in unescape(mail.html)
    assert title in of_xlsx(report)
    paper = printed(report)
    assert title.encode("utf-16-be") in paper or title in pdftotext(paper, "-htmlmeta")


@pytest.mark.parametrize(
    ("now", "word", "about"),
    [
        (at("2026-09-11"), "running", "running: as of 2026-09-11 00:00:00 UTC, not the final"),
        (at("2026-08-20"), "not_begun", "has not begun"),
        (NOW, "preliminary", "preliminary"),
    ],
)
def test_every_format_says_whether_a_period_is_over(
    ledger: Ledger, now: int, word: str, about: str
) -> None:
    report = made(ledger, now=now)
    for form in ("text", "html", "pdf", "mail"):
        assert about in re.sub(r"\s+", " ", SHOWN[form](report)), form
    assert json.loads(SHOWN["json"](report))["status"] == word
    head, *rows = SHOWN["csv"](report).splitlines()
    assert "status" in head.split(",")
    assert all(word in row for row in rows)
    assert word in of_xlsx(report)
    if word != "preliminary":
        assert about in SHOWN["slack"](report)
        daily = made(ledger, "2026-09-12", now=min(now, at("2026-09-12") + MINUTE))
        assert "not begun" in to_slack.message(daily).title or "running" in str(
            to_slack.message(daily)
        )


def test_files_are_named_by_the_agreement() -> None:
    october, pdf = parse_period("2026-10", UTC, NOW), FORMATS["pdf"]
    board = {"id": "board", "period": "monthly", "cron": "0 9 1 * *"}
    ours = _file(Report.model_validate(board), october, pdf, b"")
    assert (ours.name, ours.title) == ("board-2026-10.pdf", "board 2026-10")
    entry = Report.model_validate(board | {"agreement": "acme"})
    file = _file(entry, october, pdf, b"", "ACME Ltd")
    assert file.name == "board-agreement-acme-2026-10.pdf"
    assert file.title == "ACME Ltd, board-agreement-acme 2026-10"


@pytest.mark.parametrize("kept", [("wiki",), ()])
def test_a_month_of_the_trend_is_what_that_months_own_report_said(kept: tuple[str, ...]) -> None:
    """An agreement's services were others: those of the month count, whatever it is of by now."""
    with Ledger.open("sqlite://") as ledger:
        noted(books_of(ledger), FIRST)
        for name, (start, minutes) in DOWN.items():
            end = start + minutes * MINUTE
            line = (Segment(start, end, State.DOWN), Segment(end, END, State.UP))
            ledger.apply([Derived(name, (Segment(FIRST, start, State.UP), *line), FIRST)])
        chosen = {"services": list(kept)} if kept else {"services": [], "tiers": ["none"]}
        books = noted(books_of(ledger, **chosen), at("2026-09-25"))
        months = {
            name: make_report(
                books, parse_period(name, UTC, NOW), NOW, [FORMATS["text"]], agreement="acme"
            )
            for name in ("2026-09", "2026-10")
        }
        september, october = months.values()
        assert len(september.services) == 3
        assert len(october.services) == len(kept)
        own, told = september.trend[-1], october.trend[-2]
        assert (own.unplanned, own.outages, dict(own.owed)) == (140 * MINUTE, 3, {"EUR": 200})
        assert replace(told, cost=None) == replace(own, cost=None)
        assert "September 2026: 2h 20m unplanned, 0s planned\n" in SHOWN["text"](october)
        assert [tile.note for tile in view.tiles(october)][
            1
        ] == "down from 2h 20m in September 2026"
        assert october.year is not None
        assert october.year.unplanned == own.unplanned


def test_days_without_an_objective_are_not_in_budget(ledger: Ledger) -> None:
    together, alone = made(ledger, rule="all"), made(ledger, rule="each")
    for form in ("html", "pdf"):
        assert "down, in budget" not in SHOWN[form](together)
        assert "under the objective" not in SHOWN[form](together)
        assert "under the objective" in SHOWN[form](alone)


def test_a_verdict_of_another_window_than_the_period_names_it(ledger: Ledger) -> None:
    week = made(ledger, "2026-W40")  # in which September closed
    assert to_slack.message(week).title.endswith("week 40 of 2026: missed (September 2026)")
    assert view.headline(week).startswith("Agreement with ACME, September 2026: missed.")
    running = made(ledger, "2026-W37")
    assert view.headline(running).startswith("Agreement with ACME, September 2026: lost.")
    assert view.headline(made(ledger)).startswith("Agreement with ACME: missed.")


def test_a_period_that_has_not_begun_is_not_called_unjudged(ledger: Ledger) -> None:
    ours = make_report(
        books_of(ledger), parse_period("2027-01", UTC, NOW), NOW, list(FORMATS.values())
    )
    assert view.headline(ours) == "The period has not begun."
    assert to_slack.message(ours).title == "January 2027 (not begun): The period has not begun."
    mine = to_slack.message(made(ledger, "2027-01")).title
    assert mine == "Service levels for ACME, January 2027 (not begun)"


def test_a_price_stands_beside_its_currency_in_csv(ledger: Ledger) -> None:
    books, period = books_of(ledger), parse_period("2026-09", UTC, NOW)
    text = FORMATS["csv"].render(make_report(books, period, NOW, [FORMATS["csv"]])).decode()
    head, *rows = (line.split(",") for line in text.splitlines())
    of_services = [dict(zip(head, row, strict=True)) for row in rows if row[0] == "service"]
    assert {bool(one["business_impact"]) for one in of_services} == {True}
    assert {one["currency"] for one in of_services} == {"EUR"}
    mine = FORMATS["csv"].render(made(ledger)).decode().splitlines()
    own = [dict(zip(head, row.split(","), strict=True)) for row in mine if row[:8] == "service,"]
    assert {(one["business_impact"], one["currency"]) for one in own} == {("", "")}


def test_servers_and_causes_that_name_our_prices_are_ours(ledger: Ledger) -> None:
    whole = make_report(
        books_of(ledger), parse_period("2026-09", UTC, NOW), NOW, list(FORMATS.values())
    )
    one = next(agreement for agreement in whole.agreements if agreement.id == "acme")
    shop, seen = whole.services[0], "(first seen yesterday)"
    named, known = shop.name, shop.figures.availability
    priced = Cause("terms", "services.yml", f"shop: cost_per_hour 1 -> 7777 {seen}", NOW, "")
    both = priced._replace(
        reason=f"shop: cost_per_hour 1 -> 7777; quorum any -> all {seen}",
        told=f"shop: quorum any -> all {seen}",
    )
    whole = replace(
        whole,
        capacity=Capacity((Host("db-secret", 0.3),)),
        customer="ACME",
        services=(replace(shop, latency=Latency(0.2, below=0.3, share=0.9, kept=0.8)),),
        agreements=(one,),
        restatements=(
            Restatement(
                named,
                0.5,
                known,
                "services.yml",
                both.reason,
                (both, priced),
                others=(
                    Changed("cost", 7777.0, 1.0),
                    Changed("objective", 0.99, 0.9),
                    Changed("met", True, False),
                    Changed("unplanned", 1000, 2000),
                ),
            ),
            Restatement(named, 0.5, known, "services.yml", priced.reason, (priced,)),
            Restatement(named, known, known, "Zorro", "price", (Cause("samples", "Zorro", ""),)),
            Restatement("Rival Corp", 0.5, 0.6, "Zorro", "x", (both,), (7777.0, 0.0, "EUR")),
            Restatement("ACME", 0.5, 0.6, "eve", "late", (both,), (100.0, 50.0, "EUR")),
        ),
    )
    found = for_customer(whole)
    assert [one.service for one in found.restatements] == [named, "ACME"]
    assert [other.figure for other in found.restatements[0].others] == ["unplanned"]
    assert found.services[0].latency == Latency(0.2)
    assert found.services[0].latency.met is None
    for form, shown in SHOWN.items():
        text = shown(found)
        assert [one for one in OURS if one in text] == [], form
        if form in {"json", "text", "html"}:
            assert "quorum any -> all" in text


def test_a_price_among_changed_terms_is_told_to_no_customer() -> None:
    """What a change of terms says to a customer leaves out what an hour costs us."""
    zone = ZoneInfo("UTC")
    before = {"cost_per_hour": 1, "quorum": "any"}
    subject = Subject("service", "shop")
    both = Term(1, subject, NOW, before, {"cost_per_hour": 2, "quorum": "all"}, "", "seen")
    alone = both._replace(after={"cost_per_hour": 2, "quorum": "any"})
    assert "cost_per_hour 1 -> 2; quorum any -> all" in _of_term(both, zone, OWN).reason
    told = _of_term(both, zone, OWN).told or ""
    assert told.startswith("service shop: quorum any -> all (first")
    assert _of_term(alone, zone, OWN).told == ""
    assert _of_term(both._replace(after=before | {"quorum": "all"}), zone, OWN).told is None


@pytest.mark.parametrize("kept", [False, True])
def test_a_period_that_was_frozen_says_when_and_what_is_kept_of_it(kept: bool) -> None:
    with Ledger.open("sqlite://") as ledger:
        books = noted(books_of(ledger), FIRST)
        for name in DOWN:
            ledger.apply([Derived(name, (Segment(FIRST, END, State.UP),), FIRST)])
        period = parse_period("2026-09", UTC, NOW)
        formats = list(FORMATS.values())
        done = make_report(books, period, NOW, formats, agreement="acme", frozen=True)
        assert (done.status, done.frozen_at) == ("final", None)
        if kept:
            span = Interval(period.start, period.end)
            ledger.kept.add(span, "agreement:rival", {"text": b"y"}, NOW + 1)
            ledger.kept.add(span, "agreement:acme", {"text": b"x"}, NOW + 2000)
        start, minutes = DOWN["shop"]
        end = start + 30 * minutes * MINUTE
        line = (Segment(start, end, State.DOWN), Segment(end, END, State.UP))
        ledger.apply([Derived("shop", line, start)])
        again = make_report(books, period, NOW + 5000, formats, agreement="acme")
        assert again.restatements
        frozen = "frozen on 2026-11-03 00:00:00 UTC"
        document = "a document of 2026-11-03 00:00:02 UTC" if kept else "no document"
        for form in ("text", "html", "pdf", "mail", "slack"):
            text = re.sub(r"\s+", " ", SHOWN[form](again))
            assert frozen in text, form
            assert document in text, form
            assert "no frozen document" not in text
        text = FORMATS["text"].render(again).decode()
        below = text[text.index("RESTATEMENTS") :].splitlines()[1]
        assert below.startswith(f"The period was {frozen}: its figures are kept")
        data = json.loads(FORMATS["json"].render(again))
        assert data["status"] == "recomputed"
        assert data["figures_frozen_at"] == "2026-11-03T00:00:00Z"
        assert data["document_kept_at"] == ("2026-11-03T00:00:02Z" if kept else None)
        twice = make_report(books, period, NOW + 5000, formats, agreement="acme", frozen=True)
        assert twice.status == "final"
        assert f"final: {frozen}, and what changed since" in SHOWN["text"](twice)


@pytest.mark.parametrize("form", ["json", "csv", "text", "slack", "mail"])
def test_a_customer_that_was_renamed_after_a_period_is_named_as_it_was_then(form: str) -> None:
    with Ledger.open("sqlite://") as ledger:
        noted(books_of(ledger, customer="ACME Ltd"), FIRST)
        for name in DOWN:
            ledger.apply([Derived(name, (Segment(FIRST, END, State.UP),), FIRST)])
        books = noted(books_of(ledger, customer="Bcorp plc"), at("2026-10-05"))
        formats = [*FORMATS.values(), PICTURE]
        told = {}
        for name in ("2026-09", "2026-10"):
            span = parse_period(name, UTC, NOW)
            told[name] = SHOWN[form](make_report(books, span, NOW, formats, agreement="acme"))
    assert ("ACME Ltd" in told["2026-09"], "Bcorp plc" in told["2026-09"]) == (True, False)
    assert "Bcorp plc" in told["2026-10"]


def test_nothing_is_owed_to_a_customer_after_its_agreement_left() -> None:
    with Ledger.open("sqlite://") as ledger:
        noted(books_of(ledger), FIRST)
        for name, (start, minutes) in DOWN.items():
            end = start + minutes * MINUTE
            line = (Segment(start, end, State.DOWN), Segment(end, END, State.UP))
            ledger.apply([Derived(name, (Segment(FIRST, start, State.UP), *line), FIRST)])
        known = books_of(ledger).catalogue
        gone = [one for one in known.agreements if one.id != "acme"]
        left = Books(known.model_copy(update={"agreements": tuple(gone)}), ledger)
        books = noted(left, at("2026-09-15"))
        span = parse_period("2026-09", UTC, NOW)
        found = make_report(books, span, NOW, [FORMATS["json"]], agreement="acme")
    assert {one.figures.agreed for one in found.services} == {14 * 24 * 60 * MINUTE}
    lost = {one.id: one.figures.unplanned for one in found.services}
    assert lost == {"shop": 60 * MINUTE, "till": 60 * MINUTE, "wiki": 0}
    assert found.trend[-1].unplanned == 120 * MINUTE
