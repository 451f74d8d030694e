"""What customers were promised: one figure by rule, credits in money, services measured once."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service_catalogue import Catalogue
from service_catalogue.terms import terms_of
from sla_engine.accounting.past import noted, remembered
from sla_engine.accounting.report import make_report, report
from sla_engine.domain.period import parse_period
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue

UTC = ZoneInfo("UTC")
MINUTE = 60_000
FIRST = parse_period("2026-09-01", UTC, 0).start
END = parse_period("2026-12-01", UTC, 0).start
MONTH = 30 * 1440  # minutes of September
STEPS = [{"below": 99.9, "credit": 10}, {"below": 99.8, "credit": 25}]


def at(day: str) -> int:
    return parse_period(day, UTC, 0).start


DOWN = {
    "shop": (at("2026-09-10"), 60),
    "till": (at("2026-09-10") + 30 * MINUTE, 60),
    "wiki": (at("2026-09-20"), 20),
}


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """Shop and till were down for an hour each, half of it together; the wiki for 20 minutes."""
    with Ledger.open("sqlite://") as found:
        for name, (start, minutes) in DOWN.items():
            end = start + minutes * MINUTE
            line = (
                Segment(FIRST, start, State.UP),
                Segment(start, end, State.DOWN),
                Segment(end, END, State.UP),
            )
            found.apply([Derived(name, line, FIRST)])
        yield found


def books(ledger: Ledger, *agreements: dict[str, Any]) -> Books:
    usual = {"customer": "ACME", "objective": 99.9, "credits": STEPS, "fee": 1000}
    services = [{"id": name, "labels": {"of": "acme"}, "objective": 99} for name in DOWN]
    given = [usual | {"services": list(DOWN)} | one for one in agreements]
    return Books(catalogue(*services, agreements=given), ledger)


def made(ledger: Ledger, period: str, *agreements: dict[str, Any], style: str = "json") -> Any:
    now = at("2026-12-01")
    found = report(
        books(ledger, *agreements), parse_period(period, UTC, now), now, strips=style == "html"
    )
    body = FORMATS[style].render(found).decode()
    return json.loads(body)["agreements"] if style == "json" else body


def one(ledger: Ledger, **agreement: Any) -> dict[str, Any]:
    [found] = made(ledger, "2026-09", {"id": "a"} | agreement)
    [window] = found["closed"]
    result: dict[str, Any] = window
    return result


@pytest.mark.parametrize(
    ("rule", "lost", "credit"),
    [("worst", 60, 10), ("weighted", (2 * 60 + 60 + 20) / 4, 10), ("all", 90 + 20, 25)],
)
def test_one_figure_by_the_rule(ledger: Ledger, rule: str, lost: float, credit: float) -> None:
    weights = {"weights": {"shop": 2, "till": 1, "wiki": 1}} if rule == "weighted" else {}
    found = one(ledger, rule=rule, **weights)
    assert found["availability_ratio"] == pytest.approx(1 - lost / MONTH, abs=1e-12)
    assert (found["met"], found["credit_percent"]) == (False, credit)
    assert found["credit_amount"] == 1000 * credit / 100


def test_each_judges_every_service_and_adds_their_credits_up_to_the_whole_fee(
    ledger: Ledger,
) -> None:
    found = one(ledger)
    assert [(s["name"], s["met"], s["credit_percent"]) for s in found["services"]] == [
        ("shop", False, 10), ("till", False, 10), ("wiki", True, 0),
    ]  # fmt: skip
    assert (found["met"], found["credit_percent"], found["credit_amount"]) == (False, 20, 200)
    steep = one(ledger, credits=[{"below": 99.9, "credit": 80}])
    assert (steep["credit_percent"], steep["credit_amount"]) == (100, 1000)


def test_a_service_in_three_agreements_is_measured_once_and_judged_by_each(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    histories = type(ledger).histories

    def counting(self: Ledger, *given: Any, **more: Any) -> Any:
        asked.append(given)
        return histories(self, *given, **more)

    monkeypatch.setattr(type(ledger), "histories", counting)
    made(ledger, "2026-09", {"id": "a"})
    alone = len(asked)
    rows = made(
        ledger, "2026-09", {"id": "a"}, {"id": "b", "objective": 99.5, "credits": []},
        {"id": "c", "services": ["wiki"], "currency": "USD"},
    )  # fmt: skip
    assert len(asked) == 2 * alone
    assert [(row["id"], row["met"]) for row in rows] == [("a", False), ("b", True), ("c", True)]
    assert [row["currency"] for row in rows] == ["EUR", "EUR", "USD"]


def test_an_agreement_has_hours_of_its_own(ledger: Ledger) -> None:
    now = at("2026-12-01")
    hours = {"day": {"weekly": [{"days": "mon-fri", "hours": ["08:00-18:00"]}]}}
    given = [
        {"id": "a", "customer": "ACME", "tiers": ["default"], "objective": 99.9, "calendar": "day"}
    ]
    book = catalogue(*DOWN, agreements=given, calendars=hours)
    made_ = report(Books(book, ledger), parse_period("2026-09", UTC, now), now, strips=False)
    [agreement] = made_.agreements
    [window] = agreement.closed
    assert [part.met for part in window.parts] == [True, True, True]  # all at night or on Sunday


@pytest.mark.parametrize("rule", ["each", "worst", "weighted", "all"])
def test_services_of_three_zones_owe_a_customer_for_one_window(ledger: Ledger, rule: str) -> None:
    zones = {"shop": {}, "till": {"timezone": "Asia/Kolkata"}, "wiki": {"timezone": "Asia/Tokyo"}}
    usual = {"customer": "ACME", "services": list(DOWN), "objective": 99.9, "credits": STEPS}
    weights = {"weights": {"wiki": 1}} if rule == "weighted" else {}
    given = [usual | {"id": "a", "fee": 1000, "rule": rule} | weights]
    services = [{"id": name, "objective": 99} | zones[name] for name in DOWN]
    book = Books(catalogue(*services, agreements=given), ledger)
    period, now = parse_period("2026-09", UTC, at("2026-09-30")), at("2026-12-01")
    [agreement] = report(book, period, now, strips=False).agreements
    assert [(*window.span,) for window in agreement.closed] == [(period.start, period.end)]
    assert [part.service for part in agreement.closed[0].parts] == list(DOWN)
    assert agreement.running is None


def test_an_edit_of_an_agreement_owes_nobody_less_for_a_window_before_it() -> None:
    usual = {"id": "a", "customer": "ACME", "services": ["shop"], "rule": "worst", "fee": 1000}
    signed = usual | {"objective": 99.9, "credits": STEPS}
    edited = usual | {"objective": 99, "credits": [{"below": 99, "credit": 1}], "fee": 1}
    with Ledger.open("sqlite://") as kept:
        start = DOWN["shop"][0]
        down = Segment(start, start + 60 * MINUTE, State.DOWN)
        line = (Segment(FIRST, start, State.UP), down, Segment(down.end, END, State.UP))
        kept.apply([Derived("shop", line, FIRST)])
        for seen, terms in (("2026-09-01", signed), ("2026-10-15", edited)):
            book = catalogue("shop", agreements=[terms])
            kept.terms.note(terms_of(book, "2"), seen, at(seen))
        period, now = parse_period("2026-Q4", UTC, at("2026-12-01")), at("2026-12-01")
        september = parse_period("2026-09", UTC, now)
        before, after = (
            report(remembered(Books(book, kept), now), one, now, strips=False).agreements[0]
            for one in (september, period)
        )
    assert [(window.met, window.money) for window in before.closed] == [(False, 100)]
    assert [(window.met, window.money) for window in after.closed] == [(True, 0), (True, 0)]


LEFT: dict[str, tuple[list[str], list[dict[str, Any]]]] = {
    "the agreement": (["shop", "till"], [{"id": "a", "services": ["till"]}]),
    "the catalogue": (["till"], [{"id": "a", "labels": {"of": "acme"}}]),
}


@pytest.mark.parametrize("of", LEFT)
@pytest.mark.parametrize("rule", ["each", "worst", "all"])
def test_a_member_that_left_in_october_counts_for_september_and_for_the_month_in_which_it_left(
    of: str, rule: str
) -> None:
    services, promised = LEFT[of]
    usual = {"customer": "ACME", "rule": rule, "objective": 99.9, "credits": STEPS, "fee": 1000}
    labels = {"labels": {"of": "acme"}}
    before = catalogue(
        *({"id": name} | labels for name in ("shop", "till")),
        agreements=[usual | {"id": "a", "services": ["shop", "till"]}],
    )
    after = catalogue(
        *({"id": name} | labels for name in services), agreements=[usual | one for one in promised]
    )
    with Ledger.open("sqlite://") as kept:
        for name in ("shop", "till"):
            start = DOWN["shop"][0]
            end = start + (60 * MINUTE if name == "shop" else 0)
            line = [Segment(FIRST, start, State.UP), Segment(end, END, State.UP)]
            line[1:1] = [Segment(start, end, State.DOWN)] if name == "shop" else []
            kept.apply([Derived(name, tuple(line), FIRST)])
        kept.terms.note(terms_of(before, "2"), "one", at("2026-09-01"))
        kept.terms.note(terms_of(after, "2"), "two", at("2026-10-15"))
        now = at("2026-12-01")
        book = remembered(Books(after, kept), now)
        of_months = {
            month: report(book, parse_period(month, UTC, now), now, agreement="a", strips=False)
            for month in ("2026-09", "2026-10", "2026-11")
        }
        year = report(book, parse_period("2026", UTC, now), now, strips=False).agreements[0]
    parts = {
        month: sorted(part.service for part in found.agreements[0].closed[0].parts)
        for month, found in of_months.items()
    }
    assert parts == {"2026-09": ["shop", "till"], "2026-10": ["shop", "till"], "2026-11": ["till"]}
    rows = {month: sorted(one.id for one in found.services) for month, found in of_months.items()}
    assert rows == parts
    money = [found.agreements[0].money for found in of_months.values()]
    assert money == [100, 0, 0]
    assert year.money == 100


def test_an_agreement_without_services_is_a_report_of_none(ledger: Ledger) -> None:
    now = at("2026-12-01")
    nobody = books(ledger, {"id": "a", "services": [], "tiers": ["gone"]})
    period = parse_period("2026-09", UTC, now)
    found = make_report(nobody, period, now, [FORMATS["json"]], agreement="a")
    assert (len(found.services), found.agreements[0].closed) == (0, ())


def test_services_of_one_zone_lend_it_to_their_agreement(ledger: Ledger) -> None:
    given = [{"id": "a", "customer": "ACME", "services": ["shop", "till"], "fee": 1000}]
    zone = {"timezone": "Asia/Kolkata"}
    book = Books(catalogue(*({"id": s} | zone for s in DOWN), agreements=given), ledger)
    period = parse_period("2026-09", UTC, at("2026-09-30"))
    [agreement] = report(book, period, at("2026-12-01"), strips=False).agreements
    assert [window.span.end for window in agreement.closed] == [period.end - 330 * MINUTE]


def test_a_quarter_owes_what_its_months_do_and_a_day_owes_nothing(ledger: Ledger) -> None:
    [quarter] = made(ledger, "2026-Q3", {"id": "a", "rule": "worst"})
    assert quarter["credit_amount"] == 100
    [day] = made(ledger, "2026-09-10", {"id": "a", "rule": "worst"})
    assert (day["closed"], day["credit_amount"]) == ([], None)
    assert day["running"]["window_state"] == "lost"
    [day] = made(ledger, "2026-09-20", {"id": "a", "rule": "weighted", "weights": {"wiki": 98}})
    assert day["running"]["window_state"] == "at_risk"


def test_a_table_has_a_line_of_each_window_of_an_agreement(ledger: Ledger) -> None:
    rows = csv.DictReader(made(ledger, "2026-Q4", {"id": "a"}, style="csv").splitlines())
    found = [row for row in rows if row["record"] == "agreement"]
    assert [row["start"][:7] for row in found] == ["2026-10", "2026-11"]
    [row] = [
        row
        for row in csv.DictReader(made(ledger, "2026-09", {"id": "a"}, style="csv").splitlines())
        if row["record"] == "agreement"
    ]
    wanted = ("name", "rule", "met", "credit_percent", "credit_amount", "currency")
    assert [row[key] for key in wanted] == ["ACME", "each", "false", "20.0", "200.0", "EUR"]


@pytest.mark.parametrize("style", ["text", "html", "slack"])
def test_what_is_due_to_whom_is_told(ledger: Ledger, style: str) -> None:
    text = made(ledger, "2026-09", {"id": "a", "rule": "worst"}, style=style)
    assert "ACME" in text
    assert "100.00 EUR" in text


def test_a_report_on_one_agreement_has_its_services_alone(ledger: Ledger) -> None:
    now = at("2026-12-01")
    agreements = {"id": "a"}, {"id": "c", "services": ["wiki"]}
    september = parse_period("2026-09", UTC, now)
    found = report(books(ledger, *agreements), september, now, agreement="c", strips=False)
    assert [s.id for s in found.services] == ["wiki"]
    assert [a.id for a in found.agreements] == ["c"]


def test_the_worked_example_of_the_docs(ledger: Ledger) -> None:
    page = (Path(__file__).parents[2] / "docs" / "accounting.md").read_text(encoding="utf-8")
    for rule in ("each", "worst", "weighted", "all"):
        weights = {"weights": {"shop": 2, "till": 1, "wiki": 1}} if rule == "weighted" else {}
        found = one(ledger, rule=rule, **weights)
        share = found["availability_ratio"]
        actual = "" if share is None else f" {100 * share:.4f} %"
        money = f"{found['credit_amount']:g} EUR"
        row = f"| `{rule}` |{actual} | missed | {found['credit_percent']:g} % | {money} |"
        assert row in page, row


def edited(*versions: tuple[str, list[dict[str, Any]]]) -> Callable[[str], Any]:
    """Return what reports say of agreements that were seen as these versions, one after another."""

    def reported(period: str) -> Any:
        with Ledger.open("sqlite://") as found:
            line = (Segment(FIRST, END, State.UP),)
            broken = (
                Segment(FIRST, at("2026-10-05"), State.UP),
                Segment(at("2026-10-05"), at("2026-10-06"), State.DOWN),
                Segment(at("2026-10-06"), END, State.UP),
            )
            found.apply([Derived(n, broken if n == "shop" else line, FIRST) for n in DOWN])
            for seen, agreements in versions:
                noted(books(found, *agreements), at(seen))
            book = remembered(books(found, *versions[-1][1]), at("2026-12-01"))
            made = report(book, parse_period(period, UTC, at("2026-12-01")), at("2026-12-01"))
            return json.loads(FORMATS["json"].render(made)).get("agreements", [])

    return reported


def test_a_window_is_paid_as_was_agreed_when_it_began() -> None:
    old = {"id": "a", "rule": "worst", "fee": 1000}
    new = {"id": "a", "rule": "worst", "fee": 500, "currency": "USD", "credits": STEPS[:1]}
    reported = edited(("2026-09-01", [old]), ("2026-10-03", [new]))
    [october] = reported("2026-10")
    assert (october["credit_amount"], october["currency"], october["fee"]) == (250, "EUR", 1000)
    [november] = reported("2026-11-15")
    assert november["currency"] == "USD"
    [running] = reported("2026-10-20")
    assert running["running"]["window_state"] == "lost"


def test_an_agreement_that_came_back_is_owed_nothing_for_the_time_between() -> None:
    one, other = {"id": "a", "rule": "worst"}, {"id": "b", "rule": "worst"}
    reported = edited(
        ("2026-09-01", [one, other]), ("2026-10-05", [other]), ("2026-10-20", [one, other])
    )
    back, stayed = reported("2026-10")
    assert (back["closed"][0]["met"], stayed["closed"][0]["met"]) == (True, False)
    assert back["closed"][0]["availability_ratio"] == 1


def test_an_agreement_that_takes_the_place_of_another_owes_from_then_on() -> None:
    """Its id was changed: September is owed for once, and so is each hour of October."""
    one, other = {"id": "a", "rule": "worst"}, {"id": "b", "rule": "worst"}
    reported = edited(("2026-09-01", [one]), ("2026-10-05", [other]))
    [september] = reported("2026-09")
    assert (september["id"], september["closed"][0]["met"]) == ("a", True)
    new, old = reported("2026-10")
    assert (new["id"], new["closed"][0]["met"]) == ("b", False)
    assert (old["id"], old["closed"][0]["met"]) == ("a", True)


def test_an_agreement_that_left_is_shown_until_its_last_window_closed() -> None:
    one, other = {"id": "a", "rule": "worst"}, {"id": "b", "rule": "worst"}
    reported = edited(("2026-09-01", [one, other]), ("2026-10-05", [other]))
    assert [found["id"] for found in reported("2026-10")] == ["b", "a"]
    left = reported("2026-10")[1]
    assert left["closed"][0]["met"] is True  # what was down on the fifth was not owed any more
    assert reported("2026-10")[0]["closed"][0]["met"] is False
    assert [found["id"] for found in reported("2026-11")] == ["b"]


def test_the_hours_to_come_of_an_agreement_are_its_services_own(ledger: Ledger) -> None:
    evening = {"weekly": [{"days": "mon-sun", "hours": ["18:00-23:00"]}]}
    usual = {"window": "30d", "objective": 97}
    book = catalogue(
        {"id": "shop", "timezone": "America/New_York", "calendar": "evening"} | usual,
        {"id": "wiki"} | usual,
        calendars={"evening": evening},
        agreements=[{"id": "a", "customer": "ACME", "services": ["shop", "wiki"]} | usual],
    )
    now = at("2026-12-01")
    found = report(Books(book, ledger), parse_period("2026-09-10", UTC, now), now, strips=False)
    told = json.loads(FORMATS["json"].render(found))
    shop, wiki = (one["contract"]["running"] for one in told["services"])
    assert wiki["error_budget_exhausted_at"] is None
    half_past_ten = datetime.fromisoformat("2026-09-10T22:30:00-04:00")  # there
    gone = datetime.fromisoformat(shop["error_budget_exhausted_at"])
    assert abs(gone - half_past_ten) <= timedelta(milliseconds=1)
    [agreed] = told["agreements"]
    assert agreed["running"]["error_budget_exhausted_at"] == shop["error_budget_exhausted_at"]


def test_an_edit_of_its_calendar_owes_nobody_other_hours_for_a_window_before_it() -> None:
    """The shop was down all of a Monday; its customer bought eight hours of it, later all."""
    agreement = {"id": "a", "customer": "ACME", "services": ["shop"], "objective": 90}

    def book(hours: str) -> Catalogue:
        office = {"weekly": [{"days": "mon", "hours": [hours]}]}
        given = [agreement | {"calendar": "office"}]
        return catalogue("shop", calendars={"office": office}, agreements=given)

    now = at("2026-12-01")
    with Ledger.open("sqlite://") as found:
        line = (
            Segment(FIRST, at("2026-10-05"), State.UP),
            Segment(at("2026-10-05"), at("2026-10-06"), State.DOWN),
            Segment(at("2026-10-06"), END, State.UP),
        )
        found.apply([Derived("shop", line, FIRST)])
        noted(Books(book("09:00-17:00"), found), at("2026-09-01"))
        noted(Books(book("00:00-24:00"), found), at("2026-11-03"))
        books = remembered(Books(book("00:00-24:00"), found), now)
        for month, lost in (("2026-10", 8 * 3600), ("2026-11", 0)):
            made = report(books, parse_period(month, UTC, now), now, strips=False)
            [told] = json.loads(FORMATS["json"].render(made))["agreements"]
            [service] = told["closed"][0]["services"]
            assert service["unplanned_seconds"] == lost


def test_the_hours_of_an_agreement_reach_to_its_windows_end() -> None:
    """Its services have none after noon, and the afternoons of it are to come, too."""
    every_day = {"days": "mon-sun", "hours": ["00:00-24:00"]}
    book = catalogue(
        {"id": "shop", "calendar": "morning"},
        calendars={
            "morning": {"weekly": [every_day | {"hours": ["08:00-12:00"]}]},
            "always": {"weekly": [every_day]},
        },
        agreements=[
            {"id": "a", "customer": "ACME", "services": ["shop"], "calendar": "always"}
            | {"objective": 99, "rule": "all"}
        ],
    )
    now, (start, minutes) = at("2026-09-11"), DOWN["shop"]
    end = start + minutes * MINUTE
    line = (
        Segment(FIRST, start, State.UP),
        Segment(start, end, State.DOWN),
        Segment(end, now, State.UP),
    )
    with Ledger.open("sqlite://") as ledger:
        ledger.apply([Derived("shop", line, FIRST)])
        found = report(Books(book, ledger), parse_period("2026-09-10", UTC, now), now, strips=False)
    [told] = json.loads(FORMATS["json"].render(found))["agreements"]
    # 1 % of 30 days is 7.2 hours, of which one was lost in a day: the rest lasts for 6.2 days.
    gone = datetime.fromisoformat(told["running"]["error_budget_exhausted_at"])
    expected = datetime(2026, 9, 11, tzinfo=UTC) + timedelta(days=6.2)
    assert abs(gone - expected) <= timedelta(milliseconds=1)
