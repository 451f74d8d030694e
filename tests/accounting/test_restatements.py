"""A restatement names what did it, found by putting it back, and nothing that merely came last."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from service_catalogue.terms import Subject
from sla_engine.accounting import restatements as module
from sla_engine.accounting.past import noted
from sla_engine.accounting.report import frozen_report, report
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.outage import Correction
from sla_engine.domain.report import Restatement
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.reports import FORMATS
from tests.accounting.test_past import (
    CHANGES,
    DAY,
    DOWN,
    EDIT,
    HOUR,
    LATER,
    NIGHT,
    OFFICE,
    OTHER,
    SEPTEMBER,
    book,
    ledger,
)
from tests.catalogues import catalogue

__all__ = ["ledger"]
PERIOD = Interval(SEPTEMBER.start, SEPTEMBER.end)
HISTORY = [{"until": "2026-09-01T00:00:00Z", "objective": 99.9, "calendar": "office"}]


def correct(ledger: Ledger, field: str, value: str | None, author: str, moment: int = EDIT) -> None:
    said = Correction(moment, author, field, None, value, f"{author} says so")
    ledger.corrections.add("shop", DOWN, said)


def window(ledger: Ledger, name: str = "M-1") -> None:
    asked = Request(name, "cli", "Work", Scope(("shop",)), DOWN, DOWN + HOUR, "UTC")
    ledger.windows.add(asked, WindowEvent(EDIT, "requested", "ann"))
    ledger.windows.append(name, WindowEvent(EDIT + 1, "approved", "bob", "by telephone"))


def terms(ledger: Ledger) -> None:
    edited = book(shop={"objective": 99.0, "history": HISTORY})
    noted(Books(edited, ledger), EDIT)


def samples(ledger: Ledger, minutes: int = 30) -> None:
    end = DOWN + minutes * 60_000
    line = (Segment(DOWN, end, State.DOWN), Segment(end, DOWN + DAY, State.UP))
    ledger.apply([Derived("shop", line, DOWN)])


ALONE: dict[str, tuple[Callable[[Ledger], None], str]] = {
    "correction": (lambda ledger: correct(ledger, "class", "planned", "bob"), "bob"),
    "window": (window, "bob"),
    "terms": (terms, "services.yml"),
    "samples": (samples, "sla-engine"),
}


def frozen(ledger: Ledger) -> None:
    assert frozen_report(noted(Books(book(), ledger), EDIT - DAY), SEPTEMBER, EDIT - DAY).frozen


def now(ledger: Ledger) -> tuple[Restatement, ...]:
    rows = {term.subject: term for term in ledger.terms.rows()}
    objective = (rows[Subject("service", "shop")].after or {})["objective"]
    told = {"objective": 99.0, "history": HISTORY} if objective == 99 else {}
    return report(noted(Books(book(shop=told), ledger), LATER), SEPTEMBER, LATER).restatements


@pytest.mark.parametrize("kind", ALONE)
def test_what_did_it_is_named_and_not_who_annotated_afterwards(ledger: Ledger, kind: str) -> None:
    frozen(ledger)
    change, author = ALONE[kind]
    change(ledger)
    correct(ledger, "cause", "disk", "eve", LATER - 1)
    [found] = now(ledger)
    assert [cause.kind for cause in found.causes] == [kind]
    assert (found.author, found.service) == (author, "shop")
    assert ledger.verify() == []


@pytest.mark.parametrize("second", ["window", "terms", "samples"])
def test_of_two_that_did_it_both_are_named(ledger: Ledger, second: str) -> None:
    frozen(ledger)
    ledger.apply([Derived("shop", (Segment(DOWN + DAY, DOWN + DAY + HOUR, State.DOWN),), DOWN)])
    samples_first = second == "samples"
    said = Correction(EDIT, "bob", "class", None, "planned", "agreed")
    ledger.corrections.add("shop", DOWN + DAY, said)
    if not samples_first:
        ALONE[second][0](ledger)
    [found] = now(ledger)
    kinds = {cause.kind for cause in found.causes}
    assert kinds == {"correction", "samples"} | ({second} if not samples_first else set())


def test_two_that_would_each_do_it_alone_are_both_named(ledger: Ledger) -> None:
    frozen(ledger)
    correct(ledger, "class", "planned", "bob")
    window(ledger)
    [found] = now(ledger)
    assert {cause.kind for cause in found.causes} == {"correction", "window"}


def test_what_was_undone_is_no_restatement(ledger: Ledger) -> None:
    frozen(ledger)
    correct(ledger, "class", "planned", "bob")
    correct(ledger, "class", None, "eve", EDIT + 1)
    assert now(ledger) == ()


def test_what_was_undone_is_no_cause_of_what_another_row_did(ledger: Ledger) -> None:
    frozen(ledger)
    window(ledger)
    ledger.windows.append("M-1", WindowEvent(EDIT + 2, "revoked", "eve", "mistake"))
    terms(ledger)
    [found] = now(ledger)
    assert [(cause.kind, cause.author) for cause in found.causes] == [("terms", "services.yml")]


def test_a_window_that_was_approved_revoked_and_approved_is_named(ledger: Ledger) -> None:
    frozen(ledger)
    window(ledger)
    ledger.windows.append("M-1", WindowEvent(EDIT + 2, "revoked", "eve", "mistake"))
    ledger.windows.append("M-1", WindowEvent(EDIT + 3, "approved", "dan", "no mistake"))
    terms(ledger)
    [found] = now(ledger)
    assert {"dan", "services.yml"} <= {cause.author for cause in found.causes}


def test_history_that_was_taken_away_counts_and_is_no_fault_of_samples(
    ledger: Ledger,
) -> None:
    frozen(ledger)
    terms(ledger)
    noted(Books(book(), ledger), EDIT + HOUR)
    window(ledger)
    [found] = now(ledger)
    assert [cause.kind for cause in found.causes] == ["terms", "window"]


def test_of_several_rows_only_those_that_did_it_are_named(ledger: Ledger) -> None:
    frozen(ledger)
    noted(Books(book(NIGHT | {"services": ["mail"]}), ledger), EDIT)
    later = NIGHT | {"id": "w2"}
    books = noted(Books(book(NIGHT | {"services": ["mail"]}, later), ledger), EDIT + 1)
    found = {one.service: one for one in report(books, SEPTEMBER, LATER).restatements}
    assert "window w2: new" in found["shop"].reason
    assert "w1" not in found["shop"].reason
    assert [cause.kind for cause in found["shop"].causes] == ["window"]


def test_where_many_rows_are_new_their_kinds_are_named(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 1)
    frozen(ledger)
    window(ledger)
    window(ledger, "M-2")
    [found] = now(ledger)
    assert [(cause.kind, cause.reason) for cause in found.causes] == [("window", "2 changes")]


def test_samples_derived_by_another_source_name_it(ledger: Ledger) -> None:
    frozen(ledger)
    other = book(shop={"sli": {"promql": "vector(1)"}})
    books = noted(Books(other, ledger), EDIT)
    samples(ledger)
    [found] = report(books, SEPTEMBER, LATER).restatements
    assert [cause.kind for cause in found.causes] == ["samples", "terms"]
    assert "sli none -> promql vector(1)" in found.reason


@pytest.mark.parametrize("change", ["objective", "credits", "calendar", "since", "gone"])
def test_an_edit_without_history_restates_nothing(ledger: Ledger, change: str) -> None:
    frozen(ledger)
    books = noted(Books(CHANGES[change], ledger), EDIT)
    assert report(books, SEPTEMBER, LATER).restatements == ()


def test_another_version_of_the_policy_alone_restates_nothing(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen(ledger)
    was = ledger.frozen.first(PERIOD)
    stale = {n: f._replace(figures=f.figures | {"availability": 0.5}) for n, f in was.items()}
    monkeypatch.setattr(type(ledger.frozen), "first", lambda _self, _period: stale)
    monkeypatch.setattr(module, "POLICY_VERSION", "3")
    assert now(ledger) == ()
    correct(ledger, "class", "planned", "bob")
    [found] = now(ledger)
    assert [cause.kind for cause in found.causes] == ["correction"]
    samples(ledger)
    [found] = now(ledger)
    assert {cause.kind for cause in found.causes} == {"correction", "samples"}


@pytest.mark.parametrize("kind", ["correction", "window", "samples"])
def test_what_an_older_ledger_froze_is_judged_by_the_clock(
    ledger: Ledger, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen(ledger)
    known = ("availability", "agreed", "excluded", "planned", "unplanned", "unknown", "outages")
    old = {
        name: one._replace(basis=None, figures={key: one.figures[key] for key in known})
        for name, one in ledger.frozen.first(PERIOD).items()
    }
    monkeypatch.setattr(type(ledger.frozen), "first", lambda _self, _period: old)
    ALONE[kind][0](ledger)
    [found] = now(ledger)
    assert [cause.kind for cause in found.causes] == [kind]


def test_what_was_reported_of_a_service_that_another_swallowed_is_told(ledger: Ledger) -> None:
    frozen(ledger)
    before = report(noted(Books(book(), ledger), EDIT - 1), SEPTEMBER, LATER).services[1]
    taken = catalogue(OTHER | {"formerly": ["shop"]}, calendars={"office": OFFICE})
    made = report(noted(Books(taken, ledger), EDIT), SEPTEMBER, LATER)
    assert list(made.services) == [before]
    [found] = made.restatements
    assert (found.service, found.after) == ("shop", None)
    assert found.before == pytest.approx(1 - 1 / 720)
    assert "its history went to mail, formerly shop" in found.reason
    assert ledger.verify() == []


@pytest.mark.parametrize("table", ["correction", "term", "maintenance_event"])
def test_a_cause_that_is_numbered_to_look_older_is_found(ledger: Ledger, table: str) -> None:
    frozen(ledger)
    for kind in ("correction", "terms", "window"):
        ALONE[kind][0](ledger)
    assert ledger.verify() == []
    with ledger.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text(f"UPDATE {table} SET id = id - 1"))
    wrong = f"rows of {table} were given other numbers than they were written by"
    assert ledger.verify() == [wrong]


@pytest.mark.parametrize(("figure", "kind"), [("agreed", "program"), ("windows", "samples")])
def test_what_the_same_samples_do_not_give_any_more_is_no_fault_of_theirs(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, figure: str, kind: str
) -> None:
    """A holiday of a later version makes hours; a window hangs on other periods, too."""
    frozen(ledger)
    was = ledger.frozen.first(PERIOD)
    other = {n: f._replace(figures=f.figures | {figure: [HOUR]}) for n, f in was.items()}
    monkeypatch.setattr(type(ledger.frozen), "first", lambda _self, _period: other)
    assert {cause.kind for one in now(ledger) for cause in one.causes} == {kind}
    samples(ledger)
    assert "samples" in {cause.kind for one in now(ledger) for cause in one.causes}


def test_what_changed_beside_the_availability_is_listed(ledger: Ledger) -> None:
    frozen(ledger)
    line = (
        Segment(DOWN, DOWN + HOUR, State.UP),
        Segment(DOWN + DAY, DOWN + DAY + HOUR, State.DOWN),
    )
    ledger.apply([Derived("shop", line, DOWN)])
    [found] = now(ledger)
    assert found.before == found.after
    assert found.others == ()  # an hour on another day: all figures are the same
    terms(ledger)
    [found] = now(ledger)
    assert found.others == (("met", False, True), ("objective", 0.999, 0.99))


def test_an_agreement_that_owes_the_same_shows_what_changed_instead() -> None:
    line = (
        Segment(SEPTEMBER.start, DOWN, State.UP),
        Segment(DOWN, DOWN + HOUR, State.DOWN),
        Segment(DOWN + HOUR, SEPTEMBER.end, State.UP),
    )
    agreement = {
        "id": "a", "customer": "ACME", "services": ["shop"], "objective": 99.9, "fee": 1000,
        "rule": "worst", "credits": [{"below": 99.9, "credit": 10}],
    }  # fmt: skip
    with Ledger.open("sqlite://") as found:
        found.apply([Derived("shop", line, SEPTEMBER.start)])
        book = Books(catalogue({"id": "shop"}, agreements=[agreement]), found)
        assert frozen_report(book, SEPTEMBER, EDIT).frozen
        longer = (Segment(DOWN + HOUR, DOWN + 2 * HOUR, State.DOWN),)
        found.apply([Derived("shop", longer, DOWN)])
        told = report(book, SEPTEMBER, LATER)
    [owed] = [one for one in told.restatements if one.service == "ACME"]
    assert owed.money == (100, 100, "EUR")
    assert "ACME: 99.861 % -> 99.722 %, " in FORMATS["text"].render(told).decode()
