import pytest
import sqlalchemy as sa

from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.outage import Correction
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger, audit, tables
from sla_engine.ledger.maintenance import Request

REQUEST = Request(
    "w", "cli", "Patching", Scope(("shop",), (), (("a", "b"),)), 100, 200, "UTC", None
)
ASKED = WindowEvent(1, "requested", "ann", "disk full")
CORRECTION = Correction(5, "ann", "cause", None, "disk", "seen in the log")


@pytest.fixture(autouse=True)
def outage(ledger: Ledger) -> None:
    ledger.apply([Derived("shop", (Segment(10, 20, State.DOWN),), 10)])


def _broken(ledger: Ledger) -> str | None:
    with ledger.engine.begin() as connection:
        return audit.broken(audit.read(connection))


def test_a_request_is_kept_with_what_became_of_it(ledger: Ledger) -> None:
    assert ledger.windows.add(REQUEST, ASKED)
    assert not ledger.windows.add(REQUEST, ASKED)
    approved = WindowEvent(2, "approved", "bob")
    ledger.windows.append("w", approved)
    assert ledger.windows.all() == ((REQUEST, (ASKED, approved)),)


def test_of_two_decisions_on_the_same_knowledge_one_is_kept(ledger: Ledger) -> None:
    ledger.windows.add(REQUEST, ASKED)
    approved, rejected = WindowEvent(2, "approved", "bob"), WindowEvent(2, "rejected", "eve")
    assert ledger.windows.append("w", approved, known=1)
    assert not ledger.windows.append("w", rejected, known=1)
    assert ledger.windows.all() == ((REQUEST, (ASKED, approved)),)


@pytest.mark.parametrize(
    ("period", "found"),
    [
        (Interval(0, 100), ["weekly"]),
        (Interval(0, 101), ["w", "weekly"]),
        (Interval(199, 300), ["w", "weekly"]),
        (Interval(200, 300), ["weekly"]),
        (Interval(120, 130), ["w", "weekly"]),
    ],
)
def test_windows_outside_a_period_stay_in_the_ledger_unless_they_recur(
    ledger: Ledger, period: Interval, found: list[str]
) -> None:
    ledger.windows.add(REQUEST, ASKED)
    ledger.windows.add(
        REQUEST._replace(id="weekly", start=1000, end=1001, rrule="FREQ=WEEKLY"), ASKED
    )
    ledger.windows.append("w", WindowEvent(2, "approved", "bob"))
    known = ledger.windows.touching(period)
    assert [request.id for request, _ in known] == found
    assert [len(events) for _, events in known] == [2, 1][-len(found) :]


def test_a_window_is_found_by_its_id_and_by_its_source(ledger: Ledger) -> None:
    other = REQUEST._replace(id="f", source="feed:x")
    ledger.windows.add(REQUEST, ASKED)
    ledger.windows.add(other, ASKED)
    assert ledger.windows.one("w") == (REQUEST, (ASKED,))
    assert ledger.windows.of_source("feed:x") == ((other, (ASKED,)),)
    with pytest.raises(KeyError, match="none"):
        ledger.windows.one("none")


def test_a_correction_is_kept(ledger: Ledger) -> None:
    ledger.corrections.add("shop", 10, CORRECTION)
    assert ledger.corrections.of_all() == {"shop": ((10, CORRECTION),)}
    with pytest.raises(KeyError, match="O-"):
        ledger.corrections.add("shop", 11, CORRECTION)


def test_every_decision_is_in_the_audit_chain(ledger: Ledger) -> None:
    ledger.windows.add(REQUEST, ASKED)
    ledger.corrections.add("shop", 10, CORRECTION)
    with ledger.engine.begin() as connection:
        actions = [link.action for link in audit.read(connection)]
    assert actions[-2:] == ["maintenance requested", "correct"]
    assert _broken(ledger) is None


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (sa.update(tables.audit).where(tables.audit.c.seq == 2).values(actor="eve"), "row 2 was"),
        (sa.delete(tables.audit).where(tables.audit.c.seq == 2), "row 2 is missing"),
        (sa.delete(tables.audit).where(tables.audit.c.seq == 1), "row 1 is missing"),
    ],
)
def test_a_row_changed_or_taken_out_breaks_the_chain(
    ledger: Ledger, statement: sa.Update | sa.Delete, finding: str
) -> None:
    ledger.windows.add(REQUEST, ASKED)
    ledger.windows.append("w", WindowEvent(2, "approved", "bob"))
    ledger.corrections.add("shop", 10, CORRECTION)
    with ledger.engine.begin() as connection:
        connection.execute(statement)
    assert finding in str(_broken(ledger))


def test_a_hash_made_anew_does_not_mend_the_chain(ledger: Ledger) -> None:
    ledger.windows.add(REQUEST, ASKED)
    ledger.windows.append("w", WindowEvent(2, "approved", "bob"))
    with ledger.engine.begin() as connection:
        first = next(iter(audit.read(connection)))._replace(actor="eve")
        values = {"actor": "eve", "hash": audit.digest(first)}
        connection.execute(sa.update(tables.audit).where(tables.audit.c.seq == 1).values(values))
    assert _broken(ledger) == "audit row 2 does not follow row 1"


def test_a_row_s_hash_covers_every_field_of_it_and_the_hash_before(ledger: Ledger) -> None:
    """Who makes a row anew, and mends only what the next one says of it, is found there."""
    ledger.windows.add(REQUEST, ASKED)
    with ledger.engine.begin() as connection:
        first, second, *_ = audit.read(connection)
        forged = first._replace(actor="eve")
        table, found = tables.audit, audit.digest(forged)
        change = {"actor": "eve", "hash": found}
        connection.execute(sa.update(table).where(table.c.seq == 1).values(change))
        connection.execute(sa.update(table).where(table.c.seq == 2).values(previous_hash=found))
    assert "audit row 2 was changed" in str(_broken(ledger))
    others = {
        "seq": 9, "time_ms": 9, "actor": "x", "action": "x", "subject": "x", "payload": "{}",
        "previous_hash": "x",
    }  # fmt: skip
    assert {*others, "hash"} == set(audit.Link._fields)
    for name, value in others.items():
        assert audit.digest(second._replace(**{name: value})) != second.hash  # type: ignore[arg-type]
    assert audit.digest(second._replace(hash="x")) == second.hash


def test_rows_that_are_appended_together_follow_one_another(ledger: Ledger) -> None:
    entries = [audit.Entry(n, "ann", "note", f"n{n}", {}) for n in range(3)]
    with ledger.engine.execution_options(write=True).begin() as connection:
        audit.append(connection, entries)
        links = list(audit.read(connection))
    assert [link.subject for link in links[-3:]] == ["n0", "n1", "n2"]
    assert _broken(ledger) is None
