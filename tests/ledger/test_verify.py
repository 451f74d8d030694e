"""A ledger that was changed behind its back says where."""

import orjson
import pytest
import sqlalchemy as sa

from sla_engine.domain.actor import Actor
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.notice import Notice
from sla_engine.domain.outage import Correction
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger, LedgerError, Outbox, TamperedError
from sla_engine.ledger.audit import Head
from sla_engine.ledger.maintenance import Request

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
LINE = (
    Segment(0, 10, UP),
    Segment(10, 20, DOWN),
    Segment(20, 30, UNKNOWN),
    Segment(30, 40, UP),
    Segment(40, 50, DOWN),
    Segment(50, 60, UP),
)


EDITS = [
    ("UPDATE outage SET end_ms = 29 WHERE start_ms = 10", "end is 29, derived was 30"),
    ("UPDATE outage SET start_ms = 11 WHERE start_ms = 10", "of shop at 11 ms was put in"),
    ("UPDATE outage SET service = 'mail' WHERE start_ms = 40", "of shop at 40 ms was taken out"),
    ("DELETE FROM outage WHERE start_ms = 40", "of shop at 40 ms was taken out"),
    ("INSERT INTO outage VALUES ('shop', 52, 53)", "of shop at 52 ms was put in by hand"),
    ("UPDATE gap SET end_ms = 25 WHERE start_ms = 20", "a gap of shop at 20 ms was changed"),
    ("DELETE FROM gap WHERE start_ms = 20", "a gap of shop at 20 ms was taken out"),
    ("INSERT INTO gap VALUES ('shop', 54, 55)", "a gap of shop at 54 ms was put in by hand"),
    ("UPDATE service_state SET first_sample_ms = 7", "first sample of shop was changed by hand: 7"),
    ("DELETE FROM service_state", "the first sample of mail was taken out"),
    ("UPDATE correction SET after = 'sabotage'", "correction was put in or changed by hand"),
    ("UPDATE correction SET id = 3 - id", "rows of correction stand in another order"),
    ("DELETE FROM correction", "correction was taken out or changed"),
    (
        (
            "INSERT INTO correction SELECT 9, service, outage_start_ms, time_ms, 'eve', field, "
            "before, after, reason, NULL FROM correction WHERE id = 1"
        ),
        "correction was put in or changed by hand",
    ),
    ("UPDATE maintenance SET end_ms = 99", "maintenance was put in or changed by hand"),
    (
        (
            "INSERT INTO maintenance SELECT 'x', source, title, scope, start_ms, end_ms, rrule, "
            "timezone FROM maintenance"
        ),
        "maintenance was put in or changed by hand",
    ),
    ("UPDATE maintenance_event SET author = 'eve'", "maintenance_event was put in or changed"),
    ("UPDATE maintenance_event SET id = 3 - id", "rows of maintenance_event stand in another"),
    ("DELETE FROM maintenance_event WHERE kind = 'approved'", "maintenance_event was taken out"),
    ("UPDATE frozen_period SET figures = '{}' WHERE version = 2", "frozen_period was put in or ch"),
    ("UPDATE frozen_period SET version = 3 WHERE version = 2", "frozen_period was put in or ch"),
    ("DELETE FROM frozen_period WHERE version = 2", "frozen_period was taken out or changed"),
    ("UPDATE notice SET facts = '{}' WHERE key = 'b'", "notice b was put in or changed by hand"),
    ("UPDATE notice SET key = 'c' WHERE key = 'b'", "notice b was taken out"),
    ("DELETE FROM notice WHERE key = 'a'", "notice a was taken out"),
    (
        (
            "INSERT INTO notice SELECT 9, 'x', topic, kind, time_ms, service, facts FROM notice "
            "WHERE key = 'a'"
        ),
        "notice x was put in or changed by hand",
    ),
    ("DELETE FROM audit WHERE seq = 1", "audit row 1 is missing"),
    ("UPDATE audit SET payload = '{}' WHERE seq = 1", "audit row 1 was changed: derive shop"),
    ("UPDATE audit SET seq = 99 WHERE seq = 2", "audit row 2 is missing"),
    ("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)", "notice b was put in or"),
]


@pytest.fixture(autouse=True)
def content(ledger: Ledger) -> None:
    fill(ledger)


def fill(ledger: Ledger) -> None:
    ledger.apply([Derived("shop", LINE, 0)])
    ledger.apply([Derived("mail", (Segment(0, 60, UNKNOWN),), None)])
    ledger.apply([Derived("mail", (Segment(60, 90, UNKNOWN), Segment(90, 99, DOWN)), 90)])
    ledger.corrections.add("shop", 10, Correction(70, "ann", "cause", None, "disk", "log"))
    request = Request("w", "cli", "Patching", Scope(("shop",)), 5, 9, "UTC")
    ledger.windows.add(request, WindowEvent(1, "requested", "ann", "patches"))
    ledger.windows.append("w", WindowEvent(2, "approved", "bob"))
    ledger.corrections.add("shop", 10, Correction(71, "ann", "cause", "disk", "network", "log"))
    ledger.frozen.add(Interval(0, 100), {"shop": {"availability": 0.5}, "mail": {}}, 200)
    ledger.frozen.add(Interval(0, 100), {"shop": {"availability": 0.6}}, 300)
    for key in ("a", "b"):
        row = Notice(key, "outage:O-1", "opened", 10, "shop", {"end": None})
        Outbox(ledger.engine).add([row])


def test_a_ledger_that_nobody_touched_is_fine(ledger: Ledger) -> None:
    assert ledger.verify() == []


@pytest.mark.parametrize(("statement", "finding"), EDITS)
def test_a_change_by_hand_is_named(ledger: Ledger, statement: str, finding: str) -> None:
    assert ledger.verify() == []
    if "3 - id" in statement:  # two rows that change places, past the unique key
        table = statement.split()[1]
        statement = f"UPDATE {table} SET id = -id; UPDATE {table} SET id = id + 3"
    with ledger.engine.execution_options(write=True).begin() as connection:
        for part in statement.split(";"):
            connection.execute(sa.text(part))
    assert any(finding in found for found in ledger.verify()), ledger.verify()


def test_a_chain_that_was_cut_off_with_all_that_hangs_on_it_is_found_by_its_head(
    ledger: Ledger,
) -> None:
    head = ledger.head()
    assert head is not None
    assert Head.parse(str(head)) == head
    assert ledger.verify(head) == []
    with ledger.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("DELETE FROM notice WHERE key = 'b'"))
        connection.execute(sa.text(f"DELETE FROM audit WHERE seq = {head.seq}"))
    assert ledger.verify() == []
    assert ledger.verify(head) == [
        f"audit row {head.seq} was cut off or made anew: the chain has {head.seq - 1} rows"
    ]
    ledger.apply([Derived("shop", (Segment(60, 70, DOWN),), 60)])
    assert "was cut off or made anew" in ledger.verify(head)[0]


@pytest.mark.parametrize("text", ["", "7", "x:" + "0" * 64, "7:" + "0" * 63])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no head of an audit chain"):
        Head.parse(text)


def test_what_was_written_before_notices_joined_the_chain_is_not_judged(ledger: Ledger) -> None:
    with ledger.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("UPDATE notice SET id = id + 10"))
        columns = "topic, kind, time_ms, service, facts"
        old = f"INSERT INTO notice SELECT 1, 'old', {columns} FROM notice WHERE key = 'a'"
        connection.execute(sa.text(old))
    assert ledger.verify() == []


def test_what_is_derived_anew_stays_true_to_its_trail(ledger: Ledger) -> None:
    ledger.apply([Derived("shop", (Segment(5, 45, UP), Segment(45, 48, DOWN)), 5)])
    assert ledger.verify() == []


def test_what_is_not_as_chained_is_not_derived_over_and_can_be_put_back(ledger: Ledger) -> None:
    with ledger.engine.execution_options(write=True).begin() as connection:
        connection.execute(sa.text("INSERT INTO gap VALUES ('shop', 39, 51)"))
        connection.execute(sa.text("UPDATE coverage SET start_ms = 1 WHERE service = 'shop'"))
    with pytest.raises(TamperedError, match="a gap of shop at 39 ms"):
        ledger.apply([Derived("shop", LINE[4:], 40)])
    assert len(ledger.restore(Actor("ann", "login:ann"), "found by verify", 9)) == 3
    assert ledger.verify() == []
    ledger.apply([Derived("shop", LINE[4:], 40)])
    assert ledger.verify() == []


def test_an_export_loaded_elsewhere_is_the_same_ledger(
    ledger: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = list(ledger.export())
    other = f"sqlite:///{tmp_path_factory.mktemp('other')}/ledger.db"
    with Ledger.open(other) as copy:
        assert copy.load(lines) == len(lines) - 2
        assert list(copy.export()) == lines
        assert copy.verify() == []
        copy.apply([Derived("shop", (Segment(60, 70, DOWN),), 60)])
        copy.corrections.add("shop", 60, Correction(71, "ann", "note", None, "x", "y"))
        assert copy.verify() == []


def test_an_export_from_sqlite_goes_on_in_any_database(
    ledger: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Ledger.open(f"sqlite:///{tmp_path_factory.mktemp('other')}/ledger.db") as first:
        fill(first)
        lines = list(first.export())
    with ledger.engine.begin() as connection:
        for table in ("maintenance_event", "maintenance", "correction", "audit", "notice"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
        for table in ("outage", "gap", "coverage", "service_state", "frozen_period"):
            connection.execute(sa.text(f"DELETE FROM {table}"))
    ledger.load(lines)
    assert list(ledger.export()) == lines
    ledger.windows.append("w", WindowEvent(3, "cancelled", "ann"))
    assert ledger.verify() == []


@pytest.mark.parametrize("lines", [[b"{}"], [b'{"uptime_ledger":3}'], [b"nonsense"]])
def test_what_is_no_export_is_refused(
    lines: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('other')}/ledger.db"
    with Ledger.open(url) as empty, pytest.raises(LedgerError, match="line 1 is not"):
        empty.load(lines)


@pytest.mark.parametrize("kept", [0, 1, 3, -1])
def test_half_of_an_export_is_refused(
    ledger: Ledger, kept: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('other')}/ledger.db"
    with Ledger.open(url) as empty:
        with pytest.raises(LedgerError, match="not whole"):
            empty.load(list(ledger.export())[:kept])
        assert list(empty.export())[1:] == [b'{"rows":0}\n']


@pytest.mark.parametrize(
    "row",
    [
        {},
        [],
        {"nope": 1},
        {"service": "x", "start_ms": 1, "nope": 1},
        {"service": None, "start_ms": 1},
    ],
)
def test_a_row_of_another_shape_is_refused(
    row: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('other')}/ledger.db"
    lines = [b'{"uptime_ledger":2}', orjson.dumps({"table": "outage", "row": row}), b'{"rows":1}']
    with Ledger.open(url) as empty, pytest.raises(LedgerError, match=r"line 2 is not|not one of"):
        empty.load(lines)


def test_a_ledger_that_is_not_empty_is_not_overwritten(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="not empty"):
        ledger.load(list(ledger.export()))
