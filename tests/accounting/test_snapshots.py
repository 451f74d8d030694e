"""A month that was reported is frozen; what changes later shows, before and after."""

import json
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from sla_engine.accounting.report import frozen_report, report
from sla_engine.domain.actor import Actor
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.outage import Correction
from sla_engine.domain.period import parse_period
from sla_engine.domain.report import Cause, Changed, Restatement
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.maintenance.requests import request, resolve
from sla_engine.reports import FORMATS
from tests.catalogues import catalogue

OCTOBER = parse_period("2026-10", ZoneInfo("UTC"), 0)
END = OCTOBER.end
DOWN = OCTOBER.start + 86_400_000
HOUR = 3_600_000
BOOK = catalogue({"id": "shop", "objective": 99.9}, "mail")
BEFORE = 743 / 744


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    line = (
        Segment(OCTOBER.start, DOWN, State.UP),
        Segment(DOWN, DOWN + HOUR, State.DOWN),
        Segment(DOWN + HOUR, END, State.UP),
    )
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as opened:
        opened.apply([Derived(name, line, OCTOBER.start) for name in ("shop", "mail")])
        yield opened


def test_a_report_that_nothing_changed_has_no_restatement(ledger: Ledger) -> None:
    assert frozen_report(Books(BOOK, ledger), OCTOBER, END + 1).restatements == ()
    before = list(ledger.export())
    assert frozen_report(Books(BOOK, ledger), OCTOBER, END + 2).restatements == ()
    assert list(ledger.export()) == before


def test_a_correction_after_the_report_is_a_restatement(ledger: Ledger) -> None:
    frozen_report(Books(BOOK, ledger), OCTOBER, END + 1)
    said = Correction(END + 5, "ann", "class", None, "planned", "it was agreed by mail")
    ledger.corrections.add("shop", DOWN, said)
    why = "it was agreed by mail"
    cause = Cause("correction", "ann", why, END + 5)
    others = (
        Changed("met", False, True),
        Changed("unplanned", HOUR, 0),
        Changed("planned", 0, HOUR),
        Changed("excluded", 0, HOUR),
    )
    expected = Restatement("shop", BEFORE, 1.0, "ann", why, (cause,), others=others)
    for now in (END + 6, END + 7):
        made = frozen_report(Books(BOOK, ledger), OCTOBER, now)
        assert made.restatements == (expected,)
    text = FORMATS["text"].render(made).decode()
    assert "shop: 99.866 % -> 100.000 %, ann: it was agreed by mail" in text.replace("\u202f", " ")
    found = json.loads(FORMATS["json"].render(made))["restatements"]
    assert [one["availability_ratio_before"] for one in found] == [BEFORE]
    assert ledger.verify() == []


def test_a_window_approved_afterwards_is_a_restatement(ledger: Ledger) -> None:
    asked = request(
        Books(BOOK, ledger), title="Disk swap", scope=Scope(("shop",)), start=DOWN, end=DOWN + HOUR,
        timezone="UTC", rrule=None, event=WindowEvent(DOWN - 1, "requested", "ann", "worn out"),
    )  # fmt: skip
    frozen_report(Books(BOOK, ledger), OCTOBER, END + 1)
    resolve(
        Books(BOOK, ledger),
        asked.id,
        "approved",
        by=Actor("bob"),
        reason="late, but so it was",
        now=END + 5,
    )
    (found,) = frozen_report(Books(BOOK, ledger), OCTOBER, END + 6).restatements
    assert (found.before, found.after) == (BEFORE, 1.0)
    assert (found.author, found.reason) == ("bob", "late, but so it was")


def test_samples_that_came_late_are_a_restatement_by_nobody(ledger: Ledger) -> None:
    frozen_report(Books(BOOK, ledger), OCTOBER, END + 1)
    ledger.apply([Derived("mail", (Segment(DOWN, DOWN + HOUR, State.UP),), DOWN)])
    (found,) = report(Books(BOOK, ledger), OCTOBER, END + 6).restatements
    assert (found.service, found.author) == ("mail", "sla-engine")


def test_a_month_that_is_not_over_and_what_is_no_month_are_not_frozen(ledger: Ledger) -> None:
    frozen_report(Books(BOOK, ledger), OCTOBER, END - 1)
    frozen_report(Books(BOOK, ledger), parse_period("2026-10-02", ZoneInfo("UTC"), 0), END + 1)
    report(Books(BOOK, ledger), OCTOBER, END + 1)
    assert ledger.frozen.first(Interval(OCTOBER.start, END)) == {}


def test_frozen_figures_changed_by_hand_are_found(ledger: Ledger) -> None:
    frozen_report(Books(BOOK, ledger), OCTOBER, END + 1)
    with ledger.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("UPDATE frozen_period SET figures = '{}'"))
    assert any(f.startswith("frozen_period was put in or changed") for f in ledger.verify())


def test_a_decision_of_the_reports_own_moment_is_not_to_blame_for_a_later_change(
    ledger: Ledger,
) -> None:
    for moment, author in ((END + 1, "ann"), (END + 2, "bob")):
        said = Correction(moment, author, "cause", None, "disk", "seen in the log")
        ledger.corrections.add("mail", DOWN, said)
        if moment == END + 1:
            frozen_report(Books(BOOK, ledger), OCTOBER, moment)
            ledger.apply([Derived("mail", (Segment(DOWN + 60_000, END, State.UP),), DOWN)])
            (found,) = report(Books(BOOK, ledger), OCTOBER, END + 2).restatements
            assert (found.author, found.reason) == ("sla-engine", "derived anew from samples")
    (found,) = report(Books(BOOK, ledger), OCTOBER, END + 3).restatements
    assert (found.author, found.reason) == ("sla-engine", "derived anew from samples")


def test_a_month_is_frozen_from_its_last_moment_on(ledger: Ledger) -> None:
    frozen_report(Books(BOOK, ledger), OCTOBER, END)
    assert set(ledger.frozen.first(Interval(OCTOBER.start, END))) == {"shop", "mail"}


def test_a_restatement_compares_with_the_first_report_however_often_it_is_made(
    ledger: Ledger,
) -> None:
    frozen_report(Books(BOOK, ledger), OCTOBER, END + 1)
    for later, end in ((2, DOWN + HOUR // 2), (3, DOWN + HOUR // 4)):
        line = (Segment(DOWN, end, State.DOWN), Segment(end, END, State.UP))
        ledger.apply([Derived("shop", line, DOWN)])
        (found,) = frozen_report(Books(BOOK, ledger), OCTOBER, END + later).restatements
        assert found.before == BEFORE
