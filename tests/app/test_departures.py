"""Services that leave the catalogue, and those that go on under another name."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from service_catalogue import Catalogue
from sla_engine.accounting.corrections import find_outage
from sla_engine.accounting.past import noted, unwatched
from sla_engine.accounting.report import frozen_report, report
from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Correction, OutageSpan, outage_id
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger, Outbox
from sla_engine.metrics import EngineMetrics
from sla_engine.notices.outages import outage_notices
from sla_engine.notices.registry import due_notices  # noqa: F401 - the registry is complete
from sla_engine.notices.sender import Sender
from sla_engine.prometheus import Client, PrometheusError
from sla_engine.slack.notifier import SlackBot
from tests.accounting.test_past import DAY, DOWN, EDIT, HOUR, LATER, SEPTEMBER
from tests.catalogues import catalogue
from tests.notices.world import MINUTE
from tests.programs.slack import TOKEN, Slack, local_slack

SHOP = {"id": "shop", "objective": 99.9}
BOTH = catalogue(SHOP, "mail")
WITHOUT = catalogue("mail")
RENAMED = catalogue({"id": "store", "formerly": ["shop"], "objective": 99.9}, "mail")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Return a ledger in which the shop is down since the middle of September."""
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        noted(Books(BOTH, opened), SEPTEMBER.start - DAY)
        line = (
            Segment(SEPTEMBER.start, DOWN, State.UP),
            Segment(DOWN, DOWN + HOUR, State.DOWN),
            Segment(DOWN + HOUR, EDIT - HOUR, State.UP),
            Segment(EDIT - HOUR, EDIT, State.DOWN),
        )
        opened.apply([Derived("shop", line, SEPTEMBER.start)])
        up = (Segment(SEPTEMBER.start, EDIT, State.UP),)
        opened.apply([Derived("mail", up, SEPTEMBER.start)])
        yield opened


@pytest.fixture
def slack() -> Iterator[Slack]:
    with local_slack() as running:
        yield running


def tell(books: Books, slack: Slack, now: int) -> None:
    bot = SlackBot(TOKEN, slack.api_url, timeout=1)
    Sender(books, Outbox(books.ledger.engine), {"slack": bot}, lambda: now).run()


def opened(ledger: Ledger, slack: Slack) -> None:
    """Tell that the shop is down."""
    books = Books(BOTH, ledger)
    down = (Segment(EDIT, EDIT + MINUTE, State.DOWN),)
    ledger.apply([Derived("shop", (Segment(EDIT - 2 * HOUR, EDIT, State.UP),), None)])
    ledger.apply([Derived("shop", down, None)], outage_notices(books, EDIT + MINUTE))
    tell(books, slack, EDIT + MINUTE)


def engine_of(book: Catalogue, ledger: Ledger) -> Engine:
    client = cast("Client", SimpleNamespace(close=lambda: None))
    return Engine(Context(book, ledger, client), EngineMetrics("1"))


def test_what_was_open_is_closed_as_no_longer_watched(ledger: Ledger, slack: Slack) -> None:
    opened(ledger, slack)
    seen = EDIT + HOUR
    engine = engine_of(WITHOUT, ledger)
    engine._note_terms(seen)
    assert ledger.open_outages() == {}
    assert ledger.histories(Interval(EDIT, LATER))["shop"].outages == (OutageSpan(EDIT, seen),)
    tell(engine.context.books, slack, seen)
    [root] = slack.roots()
    assert "no longer watched" in root["text"]
    assert any("it left the catalogue" in one["text"] for one in slack.replies(root["ts"]))
    assert ledger.verify() == []
    before = list(ledger.export())
    engine_of(WITHOUT, ledger)._note_terms(seen + HOUR)
    assert list(ledger.export()) == before


def test_terms_are_seen_while_prometheus_is_away_and_nothing_is_closed_by_our_clock_alone(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_engine.app.engine.now", lambda: EDIT + MINUTE)
    engine = engine_of(WITHOUT, ledger)

    def away() -> None:
        raise PrometheusError("connection refused")

    engine.context.client.now = away  # type: ignore[method-assign]
    with pytest.raises(PrometheusError):
        engine._ingest()
    assert ledger.terms.rows()[-1].time == EDIT + MINUTE
    assert set(ledger.open_outages()) == {"shop"}
    before = len(ledger.terms.rows())
    engine._note_terms(EDIT + HOUR)
    assert len(ledger.terms.rows()) == before
    assert ledger.open_outages() == {}


def test_a_fault_in_writing_terms_down_stops_no_measuring(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a fault of ours")

    engine = engine_of(WITHOUT, ledger)
    with monkeypatch.context() as patched:
        patched.setattr(Context, "noted", broken)
        engine._note_terms(EDIT)
    assert engine.metrics.tick_failures.labels("internal")._value.get() == 1
    engine._note_terms(EDIT + HOUR)
    assert ledger.open_outages() == {}


def test_a_service_that_left_before_terms_were_kept_is_closed_too(ledger: Ledger) -> None:
    down = (Segment(EDIT, EDIT + HOUR, State.DOWN),)
    ledger.apply([Derived("old", down, EDIT)])
    books = Books(WITHOUT, ledger)
    assert {at: sorted(names) for at, names in unwatched(books, EDIT).items()} == {
        EDIT: ["old", "shop"]
    }
    engine_of(WITHOUT, ledger)._note_terms(EDIT + HOUR)
    assert unwatched(books, EDIT) == {}
    assert ledger.verify() == []


def test_a_renamed_service_goes_on_with_all_that_was_known(ledger: Ledger) -> None:
    said = Correction(EDIT - 1, "ann", "cause", None, "disk", "seen")
    ledger.corrections.add("shop", DOWN, said)
    was = frozen_report(Books(BOTH, ledger), SEPTEMBER, EDIT).services[0]
    books = noted(Books(RENAMED, ledger), EDIT)
    more = (Segment(EDIT, EDIT + HOUR, State.DOWN), Segment(EDIT + HOUR, EDIT + DAY, State.UP))
    ledger.apply([Derived("store", more, EDIT)])
    made = report(books, SEPTEMBER, LATER)
    assert [one.id for one in made.services] == ["store", "mail"]
    now = made.services[0]
    figures: list[Any] = [
        (f.availability, f.agreed, f.coverage, f.met, [s[1:] for s in f.shares])
        for f in (was.figures, now.figures)
    ]
    assert figures[0] == figures[1]
    assert now.figures.shares[0].outage.cause == "disk"
    assert made.restatements == ()
    held = ledger.histories(Interval(EDIT - DAY, LATER))["store"]
    assert held.outages == (OutageSpan(EDIT - HOUR, EDIT + HOUR),)
    assert ledger.open_outages() == {}
    assert ledger.verify() == []


def test_what_ran_under_both_names_for_a_while_is_joined(ledger: Ledger) -> None:
    noted(Books(catalogue("store", "mail"), ledger), EDIT)
    ledger.unwatch(["shop"], EDIT)
    line = (Segment(EDIT, EDIT + HOUR, State.UP), Segment(EDIT + HOUR, EDIT + DAY, State.DOWN))
    ledger.apply([Derived("store", line, EDIT)])
    noted(Books(RENAMED, ledger), EDIT + DAY)
    held = ledger.histories(Interval(SEPTEMBER.start, LATER))
    assert "shop" not in held
    assert held["store"].covered == (Interval(SEPTEMBER.start, EDIT + DAY),)
    assert [o.start for o in held["store"].outages] == [DOWN, EDIT - HOUR, EDIT + HOUR]
    assert ledger.first_samples()["store"] == SEPTEMBER.start
    assert ledger.verify() == []


@pytest.mark.parametrize("other", [{}, {"sli": {"promql": "probe_success"}}])
def test_a_rename_away_and_back_is_no_cause_of_what_samples_changed(
    ledger: Ledger, other: dict[str, Any]
) -> None:
    frozen_report(Books(BOTH, ledger), SEPTEMBER, EDIT)
    noted(Books(RENAMED, ledger), EDIT)
    back = {"id": "shop", "formerly": ["store"], "objective": 99.9} | other
    books = noted(Books(catalogue(back, "mail"), ledger), EDIT + HOUR)
    assert report(books, SEPTEMBER, LATER).restatements == ()
    shorter = (Segment(DOWN, DOWN + 1, State.DOWN), Segment(DOWN + 1, DOWN + HOUR, State.UP))
    ledger.apply([Derived("shop", shorter, DOWN)])
    [found] = report(books, SEPTEMBER, LATER).restatements
    kinds = ["samples", "terms"] if other else ["samples"]
    assert [cause.kind for cause in found.causes] == kinds
    assert "left the catalogue" not in found.reason
    assert ("sli none -> promql probe_success" in found.reason) is bool(other)


def test_what_another_service_has_taken_over_is_named_as_the_cause(ledger: Ledger) -> None:
    frozen_report(Books(BOTH, ledger), SEPTEMBER, EDIT)
    noted(Books(RENAMED, ledger), EDIT)
    books = noted(Books(BOTH, ledger), EDIT + HOUR)
    [found] = report(books, SEPTEMBER, LATER).restatements
    words = "its history went to store, formerly shop (first seen 2026-10-05 00:00:00 UTC)"
    assert (found.author, found.reason) == ("services.yml", words)


def test_the_thread_of_a_renamed_service_goes_on(ledger: Ledger, slack: Slack) -> None:
    opened(ledger, slack)
    engine = engine_of(RENAMED, ledger)
    engine._note_terms(EDIT + HOUR)
    books = engine.context.books
    up = (Segment(EDIT + HOUR, EDIT + DAY, State.UP),)
    ledger.apply([Derived("store", up, EDIT + HOUR)], outage_notices(books, EDIT + DAY))
    tell(books, slack, EDIT + DAY)
    [root] = slack.roots()
    assert "resolved" in root["text"]


def test_an_outage_is_found_by_the_id_that_it_was_told_by(ledger: Ledger) -> None:
    noted(Books(RENAMED, ledger), EDIT)
    assert find_outage(ledger, outage_id("shop", DOWN)).start == DOWN
    assert find_outage(ledger, outage_id("store", DOWN)).start == DOWN
