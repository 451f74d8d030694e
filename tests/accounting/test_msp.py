"""A year of a provider with twelve customers and eighty services in three zones adds up."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sla_engine.accounting.agreements import agreement_reports, members, reach_of
from sla_engine.accounting.contracts import contract_reach
from sla_engine.accounting.figures import facts_of
from sla_engine.accounting.report import report
from sla_engine.domain.agreement import AgreementReport
from sla_engine.domain.board import board
from sla_engine.domain.interval import Interval
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import PeriodReport
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
MINUTE = 60_000
STEPS = [{"below": 99.9, "credit": 10}, {"below": 99.5, "credit": 25}, {"below": 99, "credit": 50}]
LADDER = [(Fraction(999, 1000), 10), (Fraction(995, 1000), 25), (Fraction(99, 100), 50)]
CUSTOMERS, OWN, SHARED = 12, 6, 8
YEAR = parse_period("2025", BERLIN, 0)
FIRST, NOW = YEAR.start - 40 * 86_400_000, YEAR.end + 3 * 86_400_000


def of_customer(number: int) -> list[str]:
    own = [f"c{number:02}-s{one}" for one in range(OWN)]
    return [*own, *(f"shared-{(2 * number + one) % SHARED}" for one in (0, 1))]


def agreement(number: int) -> dict[str, Any]:
    rule = ("each", "worst", "weighted")[number // 3 % 3]
    weights = {"weights": {of_customer(number)[0]: 3}} if rule == "weighted" else {}
    return {
        "id": f"a{number:02}", "customer": f"Customer {number:02}", "rule": rule,
        "services": of_customer(number), "timezone": ZONES[number % 3], "objective": 99.9,
        "credits": STEPS, "fee": 100 * (number + 1), "currency": "USD" if number % 3 else "EUR",
    } | weights  # fmt: skip


SERVICES = sorted({name for number in range(CUSTOMERS) for name in of_customer(number)})


def outages() -> dict[str, list[Interval]]:
    """Return a year's downtime; some of it lies over the ends of months of all zones."""
    seed = random.Random(2025)
    found = {}
    for number, name in enumerate(SERVICES):
        starts = {seed.randrange(FIRST, NOW - 86_400_000, MINUTE) for _ in range(5)}
        if number % 4 == 0:
            zone = ZoneInfo(ZONES[number % 3])
            edge = datetime(2025, 1 + seed.randrange(12), 1, tzinfo=zone).timestamp()
            starts.add(round(edge * 1000) - 30 * MINUTE)
        spans, free = [], 0
        for start in sorted(starts):
            if start > free:
                spans.append(Interval(start, start + seed.randrange(5, 180) * MINUTE))
                free = spans[-1].end + MINUTE
        found[name] = spans
    return found


DOWN = outages()


@pytest.fixture(scope="module")
def books() -> Iterator[Books]:
    agreements = [agreement(number) for number in range(CUSTOMERS)]
    book = catalogue(*SERVICES, timezone="Europe/Berlin", agreements=agreements)
    with Ledger.open("sqlite://") as ledger:
        derived = []
        for name, spans in DOWN.items():
            line, cursor = [], FIRST
            for span in spans:
                line.append(Segment(cursor, span.start, State.UP))
                line.append(Segment(span.start, span.end, State.DOWN))
                cursor = span.end
            line.append(Segment(cursor, NOW, State.UP))
            derived.append(Derived(name, tuple(line), FIRST))
        ledger.apply(derived)
        yield Books(book, ledger)


@pytest.fixture(scope="module")
def year(books: Books) -> PeriodReport:
    return report(books, YEAR, NOW, strips=False)


def of_months(books: Books) -> dict[str, list[AgreementReport]]:
    """Return what each agreement's own report of each month says."""
    book, found = books.catalogue, dict[str, list[AgreementReport]]()
    first = books.ledger.first_samples()
    for one in book.agreements:
        found[one.id] = []
        for month in range(1, 13):
            period = parse_period(f"2025-{month:02}", BERLIN, 0)
            span = Interval(period.start, period.end)
            reach = contract_reach(book, reach_of(book, [one], span), span, NOW)
            facts = facts_of(books, reach, members(book, one, span))
            found[one.id] += agreement_reports(book, [one], facts, first, span, at=NOW)
    return found


def by_hand(number: int, window: Interval) -> Fraction:
    """Return the percent of the fee that is due, from nothing but the minutes down."""
    terms = agreement(number)
    shares = {
        name: 1 - Fraction(sum(max(0, min(s.end, window.end) - max(s.start, window.start))
                               for s in DOWN[name]), window.length)
        for name in of_customer(number)
    }  # fmt: skip

    def step(share: Fraction) -> int:
        return max((credit for below, credit in LADDER if share < below), default=0)

    if terms["rule"] == "each":
        return Fraction(min(100, sum(step(share) for share in shares.values())))
    if terms["rule"] == "worst":
        return Fraction(step(min(shares.values())))
    weights = {name: terms["weights"].get(name, 1) for name in shares}
    whole = sum(weights.values())
    return Fraction(step(sum((weights[n] * shares[n] for n in shares), Fraction(0)) / whole))


def test_what_each_month_owes_is_what_the_year_owes_and_what_a_hand_calculation_says(
    books: Books, year: PeriodReport
) -> None:
    assert len(SERVICES) == 80
    monthly = of_months(books)
    for number, one in enumerate(year.agreements):
        closed = [window for month in monthly[one.id] for window in month.closed]
        assert [(w.span, w.met, w.credit, w.money) for w in closed] == [
            (w.span, w.met, w.credit, w.money) for w in one.closed
        ]
        assert len({w.span for w in closed}) == len(closed) == 12
        assert one.money == pytest.approx(sum(month.money or 0 for month in monthly[one.id]))
        assert [w.credit for w in closed] == [by_hand(number, w.span) for w in closed]
        fee = 100 * (number + 1)
        assert one.money == pytest.approx(sum(float(w.credit or 0) * fee / 100 for w in closed))
    assert sum(one.met is False for one in year.agreements) > 3


def test_what_is_owed_in_all_is_the_sum_of_the_agreements_by_currency(year: PeriodReport) -> None:
    whole: dict[str, float] = defaultdict(float)
    for one in year.agreements:
        whole[one.currency] += one.money or 0
    page = board(year)
    assert page.debts == pytest.approx({name: due for name, due in whole.items() if due})
    owed: dict[str, float] = defaultdict(float)
    for due in page.owed:
        assert due.kind == "agreement"
        owed[due.currency] += due.amount or 0
    assert owed == pytest.approx(whole)


def test_every_hour_that_is_owed_for_is_named_also_where_a_window_began_in_another_month(
    books: Books,
) -> None:
    march = parse_period("2025-03", BERLIN, 0)
    owed = board(report(books, march, march.end + 3 * 86_400_000, strips=False)).owed
    assert {due.window.start < march.start for due in owed} == {True, False}
    for due in owed:
        for reason in due.why:
            assert sum(one.length for one in reason.spans) == reason.unplanned > 0


def test_a_service_of_three_agreements_is_measured_once(year: PeriodReport) -> None:
    assert Counter(name for n in range(CUSTOMERS) for name in of_customer(n))["shared-0"] == 3
    assert sorted(one.id for one in year.services) == SERVICES
    inside = sum(
        max(0, min(s.end, YEAR.end) - max(s.start, YEAR.start)) for all_ in DOWN.values()
        for s in all_
    )  # fmt: skip
    assert sum(one.figures.unplanned for one in year.services) == inside


def part(text: bytes, head: str) -> list[str]:
    """Return the lines of a part of a report's first page."""
    lines = text.decode().splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(head))
    return lines[first : lines.index("", first)]


def test_the_first_page_of_the_year_says_what_is_owed_to_each_customer(year: PeriodReport) -> None:
    lines = part(FORMATS["text"].render(year), "Owed to customers")
    for one in year.agreements:
        if one.money:
            [line] = [line for line in lines if line.startswith(one.customer)]
            assert line.endswith(f"= {one.money:,.2f} {one.currency}")
            assert " windows, most of it " in line
    assert any("2025 (America/New_York): c" in line for line in lines)


def test_the_page_of_a_customer_says_what_is_owed_why_and_for_which_hours(
    books: Books, year: PeriodReport
) -> None:
    one = next(a for a in year.agreements if a.id == "a03")
    window = next(w for w in one.closed if w.money)
    month = datetime.fromtimestamp(window.span.start / 1000 + 86_400, BERLIN)
    period = parse_period(f"{month:%Y-%m}", BERLIN, 0)
    made = report(books, period, NOW, strips=False, agreement=one.id)
    worst = max(window.parts, key=lambda of: of.unplanned)
    inside = [s for s in DOWN[worst.service] if window.span.start <= s.start < window.span.end]
    hours = datetime.fromtimestamp(max(inside, key=lambda s: s.length).start / 1000, BERLIN)
    _, line = part(FORMATS["text"].render(made), "Owed to customers")
    assert line.startswith(f"Customer 03: {window.credit:g} % of 400 EUR for {month:%B %Y}: ")
    assert f"{worst.service} " in line
    assert f"{hours:%Y-%m-%d %H:%M:%S}" in line
    assert line.endswith(f"= {window.money:.2f} EUR")
    [owed] = json.loads(FORMATS["json"].render(made))["board"]["money"]["owed"]
    assert owed["why"][0]["service"] == worst.service
    assert owed["why"][0]["unplanned_seconds"] == worst.unplanned / 1000
