"""What was agreed counts for its time: an edit of the catalogue changes no figure of the past."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service_catalogue import Catalogue
from service_catalogue.past import at
from sla_engine.accounting.past import noted, remembered
from sla_engine.accounting.report import frozen_report, report
from sla_engine.domain.events import Minute
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import ServiceReport
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from tests.catalogues import catalogue

SEPTEMBER = parse_period("2026-09", ZoneInfo("UTC"), 0)
OCTOBER = parse_period("2026-10", ZoneInfo("UTC"), 0)
HOUR = 3_600_000
DAY = 24 * HOUR
DOWN = SEPTEMBER.start + 14 * DAY
EDIT = SEPTEMBER.end + 4 * DAY
LATER = OCTOBER.end + HOUR
SHOP: dict[str, Any] = {
    "id": "shop",
    "objective": 99.9,
    "tier": "gold",
    "cost_per_hour": 100,
    "credits": [{"below": 99.9, "credit": 10}],
}
OFFICE = {"weekly": [{"days": "mon-fri", "hours": ["08:00-18:00"]}]}
NIGHT = {
    "id": "w1",
    "title": "Patches",
    "services": ["shop"],
    "start": "2026-09-15T00:00:00Z",
    "duration": "1h",
    "requester": "eve",
    "approver": "eve",
}
OTHER = {"id": "mail", "objective": 99}


def book(*windows: dict[str, Any], shop: dict[str, Any] | None = None, **keys: Any) -> Catalogue:
    """Return a catalogue in which the shop differs by some keys."""
    calendars = {"office": OFFICE} | keys.pop("calendars", {})
    return catalogue(
        SHOP | (shop or {}), OTHER, maintenance=list(windows), calendars=calendars, **keys
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return the ledger of two months in which both services were down for an hour."""
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        line = (
            Segment(SEPTEMBER.start, DOWN, State.UP),
            Segment(DOWN, DOWN + HOUR, State.DOWN),
            Segment(DOWN + HOUR, OCTOBER.end, State.UP),
        )
        noted(Books(book(), opened), SEPTEMBER.start - DAY)
        opened.apply([Derived(name, line, SEPTEMBER.start) for name in ("shop", "mail")])
        yield opened


def shop_in(books: Books, period: Any = SEPTEMBER) -> ServiceReport:
    return report(books, period, LATER, ["shop"]).services[0]


CHANGES: dict[str, Catalogue] = {
    "objective": book(shop={"objective": 99.0}),
    "no objective": book(shop={"objective": None, "credits": []}),
    "credits": book(shop={"credits": []}),
    "price": book(shop={"cost_per_hour": 1}),
    "accounting": book(shop={"accounting": {"unknown": "count_down", "maintenance": "count_up"}}),
    "calendar": book(shop={"calendar": "office"}),
    "since": book(shop={"since": "2026-09-20"}),
    "until": book(shop={"until": "2026-09-10"}),
    "min_outage": book(shop={"min_outage": "2h"}),
    "tier": book(shop={"tier": "silver"}),
    "events": book(shop={"sli": {"good": "good_total", "total": "all_total"}}),
    "parts": book(shop={"components": ["mail"]}),
    "gone": catalogue(OTHER, calendars={"office": OFFICE}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_report_on_september_made_after_an_edit_in_october_has_september_s_terms(
    ledger: Ledger, change: str
) -> None:
    expected = shop_in(remembered(Books(book(), ledger), EDIT))
    assert expected.figures.met is False
    unseen = remembered(Books(CHANGES[change], ledger), EDIT)
    assert shop_in(unseen) == expected
    seen = noted(Books(CHANGES[change], ledger), EDIT)
    assert shop_in(seen) == expected
    assert ledger.verify() == []


def test_a_service_that_counted_events_is_judged_by_them_when_it_is_probed_since(
    tmp_path: Path,
) -> None:
    counting = book(shop={"sli": {"good": "good_total", "total": "all_total"}})
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        noted(Books(counting, opened), SEPTEMBER.start - DAY)
        up = (Segment(SEPTEMBER.start, OCTOBER.end, State.UP),)
        bad = (Minute(DOWN, 990.0, 1000.0), Minute(EDIT + HOUR, 1000.0, 1000.0))
        opened.apply([Derived("shop", up, SEPTEMBER.start, events=bad)])
        expected = shop_in(Books(counting, opened))
        assert (expected.figures.met, expected.figures.availability) == (False, 0.99)
        assert shop_in(noted(Books(book(), opened), EDIT)) == expected


def test_money_of_the_past_stays_in_the_currency_of_its_time(ledger: Ledger) -> None:
    promise = {
        "id": "acme",
        "customer": "ACME",
        "services": ["shop"],
        "objective": 99.9,
        "fee": 1000,
        "credits": [{"below": 99.9, "credit": 10}],
    }
    noted(Books(book(agreements=[promise]), ledger), SEPTEMBER.start - HOUR)
    books = noted(Books(book(agreements=[promise], currency="USD"), ledger), EDIT)
    november = parse_period("2026-11", ZoneInfo("UTC"), 0)
    found = [report(books, period, LATER) for period in (SEPTEMBER, november)]
    assert [one.currency for one in found] == ["EUR", "USD"]
    [kept] = found[0].agreements
    assert (kept.due, kept.closed[0].currency) == ({"EUR": 100.0}, "EUR")


def test_what_was_changed_counts_from_when_it_was_seen(ledger: Ledger) -> None:
    books = noted(Books(book(shop={"objective": 99.0, "calendar": "office"}), ledger), EDIT)
    november = parse_period("2026-11", ZoneInfo("UTC"), 0)
    october, after = shop_in(books, OCTOBER), shop_in(books, november)
    assert (october.objective, after.objective) == (0.999, 0.99)
    assert october.figures.agreed < 31 * DAY
    assert october.figures.agreed > 4 * DAY + 100 * HOUR


def test_a_calendar_that_is_edited_keeps_the_hours_of_its_time(ledger: Ledger) -> None:
    first = book(shop={"calendar": "office"})
    noted(Books(first, ledger), SEPTEMBER.start - HOUR)
    expected = shop_in(remembered(Books(first, ledger), EDIT))
    hours = {"office": {"weekly": [{"days": "mon-sun"}]}}
    for edited in (
        book(shop={"calendar": "office"}, calendars=hours),
        book(shop={"calendar": "office"}, timezone="Asia/Tokyo"),
    ):
        assert shop_in(noted(Books(edited, ledger), EDIT)) == expected


def test_history_decides_since_when_and_is_told_where_it_contradicts(ledger: Ledger) -> None:
    history = [{"until": "2026-09-01T00:00:00Z", "objective": 99.9}]
    books = noted(Books(book(shop={"objective": 99.0, "history": history}), ledger), EDIT)
    assert shop_in(books).objective == 0.99
    history = [{"until": "2026-10-01T00:00:00Z", "objective": 99.9}]
    books = noted(Books(book(shop={"objective": 99.0, "history": history}), ledger), EDIT + 1)
    assert shop_in(books).objective == 0.999
    assert shop_in(books, OCTOBER).objective == 0.99


@pytest.mark.parametrize(
    ("field", "was", "now"),
    [
        ("cost_per_hour", 100, 1),
        ("credits", [{"below": 99.9, "credit": 10}], []),
        ("accounting", {}, {"unknown": "count_down", "maintenance": "count_up"}),
        ("min_outage", "1s", "2h"),
    ],
)
def test_history_says_until_when_money_and_accounting_held(
    ledger: Ledger, field: str, was: Any, now: Any
) -> None:
    """The edit was seen five days late; September's figures are as they were, October's are not."""
    expected = shop_in(remembered(Books(book(), ledger), EDIT))
    history = [{"until": "2026-10-01T00:00:00Z", field: was}]
    books = noted(Books(book(shop={field: now, "history": history}), ledger), EDIT)
    # what October puts at stake is by October's terms
    assert replace(shop_in(books), stake=None) == replace(expected, stake=None)
    new = book(shop={field: now}).service("shop")
    held = at(books.catalogue.service("shop"), OCTOBER.start)
    assert getattr(held, field) == getattr(new, field)


def test_an_edit_without_history_does_not_reach_back_to_the_last_history(ledger: Ledger) -> None:
    history = [{"until": "2026-08-01T00:00:00Z", "objective": 98}]
    noted(Books(book(shop={"history": history}), ledger), SEPTEMBER.start - HOUR)
    books = noted(Books(book(shop={"history": history, "objective": 99}), ledger), EDIT)
    assert shop_in(books).objective == 0.999
    july = parse_period("2026-07", ZoneInfo("UTC"), 0)
    assert shop_in(books, july).objective == 0.98


def test_a_window_dated_back_counts_afterwards_and_is_a_restatement_by_it(ledger: Ledger) -> None:
    books = noted(Books(book(), ledger), EDIT - DAY)
    assert frozen_report(books, SEPTEMBER, EDIT - DAY).frozen
    books = noted(Books(book(NIGHT), ledger), EDIT)
    made = report(books, SEPTEMBER, LATER)
    assert made.services[0].figures.met is True
    [work] = made.works
    assert (work.retroactive, work.approver) == (True, "eve")
    [found] = made.restatements
    assert [cause.kind for cause in found.causes] == ["window"]
    assert "window w1: new (first seen 2026-10-05" in found.reason


def test_a_window_seen_before_it_began_is_not_afterwards(ledger: Ledger) -> None:
    books = noted(Books(book(NIGHT), ledger), SEPTEMBER.start)
    [work] = report(books, SEPTEMBER, LATER).works
    assert (work.retroactive, work.used) == (False, HOUR)
    gone = report(noted(Books(book(), ledger), EDIT), SEPTEMBER, LATER)
    assert gone.works == (work,)
    moved = NIGHT | {"start": "2026-09-16T00:00:00Z", "title": "Patches at last"}
    [stays, new] = report(noted(Books(book(moved), ledger), EDIT + 1), SEPTEMBER, LATER).works
    assert (stays, new.retroactive, new.span.start) == (work, True, DOWN + DAY)


def test_a_recurring_window_is_afterwards_only_where_it_was_not_known(ledger: Ledger) -> None:
    weekly = NIGHT | {"start": "2026-09-01T00:00:00Z", "rrule": "FREQ=WEEKLY"}
    books = noted(Books(book(weekly), ledger), SEPTEMBER.start + 10 * DAY)
    found = [work.retroactive for work in report(books, SEPTEMBER, LATER).works]
    assert found == [True, True, False, False, False]
    shorter = weekly | {"duration": "30m"}
    books = noted(Books(book(shorter), ledger), DOWN + 20 * 60_000)
    lengths = [work.span.length // 60_000 for work in report(books, SEPTEMBER, LATER).works]
    assert sorted(lengths) == [10, 20, 30, 30, 60, 60]


def test_terms_of_an_older_ledger_are_known_since_the_upgrade(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/old.db") as old:
        old.apply([Derived("shop", (Segment(SEPTEMBER.start, EDIT, State.UP),), SEPTEMBER.start)])
        books = noted(Books(book(NIGHT), old), EDIT)
        assert {term.origin for term in old.terms.rows()} == {"upgrade"}
        [work] = report(books, SEPTEMBER, LATER).works
        assert work.retroactive is False
        noted(Books(book(NIGHT, shop={"objective": 99}), old), EDIT + 1)
        assert [term.origin for term in old.terms.rows()].count("seen") == 1
        assert shop_in(remembered(Books(book(NIGHT), old), EDIT)).objective == 0.999


def test_the_same_catalogue_again_writes_no_row(ledger: Ledger) -> None:
    before = list(ledger.export())
    noted(Books(book(), ledger), EDIT)
    assert list(ledger.export()) == before


def test_who_reads_writes_no_terms(ledger: Ledger) -> None:
    before = list(ledger.export())
    report(remembered(Books(CHANGES["gone"], ledger), EDIT), SEPTEMBER, LATER)
    assert list(ledger.export()) == before


def test_a_row_says_what_it_was_what_it_is_and_the_digest_of_the_file(ledger: Ledger) -> None:
    edited = book(shop={"objective": 99}).of_time(digest="ab" * 32)
    noted(Books(edited, ledger), EDIT)
    term = ledger.terms.rows()[-1]
    assert (term.subject, term.time, term.digest) == (("service", "shop"), EDIT, "ab" * 32)
    assert term.before is not None
    assert term.after is not None
    assert (term.before["objective"], term.after["objective"]) == (99.9, 99)


def test_no_secret_of_a_probe_is_written_down(ledger: Ledger) -> None:
    probe = {"type": "http", "url": "http://a.invalid", "headers": {"Authorization": "hunter2"}}
    noted(Books(book(shop={"probes": [probe]}), ledger), EDIT)
    assert b"hunter2" not in b"".join(ledger.export())
    assert ledger.terms.rows()[-1].subject == ("service", "shop")


def test_a_service_that_left_stays_in_the_reports_of_its_time_alone(ledger: Ledger) -> None:
    books = noted(Books(CHANGES["gone"], ledger), EDIT)
    assert [s.id for s in report(books, SEPTEMBER, LATER).services] == ["mail", "shop"]
    october = report(books, OCTOBER, LATER).services
    assert [(s.id, s.figures.agreed) for s in october][-1] == ("shop", 4 * DAY)
    november = parse_period("2026-11", ZoneInfo("UTC"), 0)
    assert [s.id for s in report(books, november, LATER).services] == ["mail"]
    back = noted(Books(book(), ledger), EDIT + DAY)
    assert shop_in(back, OCTOBER).figures.agreed == 30 * DAY


@pytest.mark.parametrize("moved", [{"tier": "silver"}, {"labels": {"site": "b"}}])
def test_a_window_by_tier_or_label_means_those_that_had_it_then(
    ledger: Ledger, moved: dict[str, Any]
) -> None:
    scope = {"tiers": ["gold"]} if "tier" in moved else {"labels": {"site": "a"}}
    night = {key: value for key, value in NIGHT.items() if key != "services"} | scope
    before = {"labels": {"site": "a"}}
    books = noted(Books(book(night, shop=before), ledger), SEPTEMBER.start - HOUR)
    expected = shop_in(books)
    assert expected.figures.planned == HOUR
    books = noted(Books(book(night, shop=before | moved), ledger), EDIT)
    assert shop_in(books) == expected


@pytest.mark.parametrize(
    ("first", "then", "works"),
    [
        ({"services": ["mail"]}, {}, [("mail", False, "eve"), ("shop", True, "eve")]),
        ({"approver": None}, {}, [("shop", True, "eve")]),
        ({}, {"approver": None}, [("shop", False, "eve")]),
        ({}, {"title": "Other words"}, [("shop", False, "eve")]),
        ({}, {"duration": "30m"}, [("shop", False, "eve")]),
        ({"duration": "30m"}, {}, [("shop", False, "eve"), ("shop", True, "eve")]),
    ],
)
def test_a_window_that_is_edited_when_it_is_over_stays_and_what_is_new_is_afterwards(
    ledger: Ledger,
    first: dict[str, Any],
    then: dict[str, Any],
    works: list[tuple[str, bool, str | None]],
) -> None:
    noted(Books(book(NIGHT | first), ledger), SEPTEMBER.start)
    books = noted(Books(book(NIGHT | then), ledger), EDIT)
    found = [
        (w.services[0], w.retroactive, w.approver) for w in report(books, SEPTEMBER, LATER).works
    ]
    assert sorted(found, key=str) == works


def test_a_composite_is_planned_by_what_it_was_made_of_then(ledger: Ledger) -> None:
    farm = {"id": "farm", "components": ["shop", "mail"], "objective": 99.9}
    window = NIGHT | {"services": ["shop", "mail"]}

    def made(*components: str) -> Catalogue:
        return catalogue(SHOP, OTHER, farm | {"components": list(components)}, maintenance=[window])

    line = (
        Segment(SEPTEMBER.start, DOWN, State.UP),
        Segment(DOWN, DOWN + HOUR, State.DOWN),
        Segment(DOWN + HOUR, OCTOBER.end, State.UP),
    )
    ledger.apply([Derived("farm", line, SEPTEMBER.start)])
    books = noted(Books(made("shop", "mail"), ledger), SEPTEMBER.start - HOUR)
    expected = report(books, SEPTEMBER, LATER, ["farm"]).services
    assert expected[0].figures.planned == HOUR
    alone = catalogue(
        OTHER, farm | {"components": ["mail"]}, maintenance=[window | {"services": ["mail"]}]
    )
    books = noted(Books(alone, ledger), EDIT)
    assert report(books, SEPTEMBER, LATER, ["farm"]).services == expected


def test_history_that_contradicts_what_was_seen_is_in_the_report_as_afterwards(
    ledger: Ledger,
) -> None:
    history = [{"until": "2026-09-20T00:00:00Z", "objective": 99.9}]
    books = noted(Books(book(shop={"objective": 99.0, "history": history}), ledger), EDIT)
    made = report(books, SEPTEMBER, LATER)
    [said] = made.afterwards
    assert (said.service, said.field, said.before, said.after) == (
        "shop",
        "objective",
        "99.9",
        "99.0",
    )
    assert (said.span.start, said.span.end, said.seen) == (
        SEPTEMBER.start + 19 * DAY, SEPTEMBER.end, EDIT,
    )  # fmt: skip
    told = [one for one in made.terms if "shop" in one.services]
    assert [dict(one.values)["objective"] for one in told] == ["99.9", "99.0"]
