import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from sla_engine.domain.interval import Interval
from sla_engine.domain.notice import Notice
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger, LedgerError, Outbox, tables
from sla_engine.ledger import engine as ledger_engine

UP, DOWN = State.UP, State.DOWN
OPEN = Derived("shop", (Segment(0, 10, UP), Segment(10, 20, DOWN)), 0)
ENDED = Derived("shop", (Segment(15, 25, DOWN), Segment(25, 40, UP)), 15)


def _notices(changes: Sequence[Change]) -> Iterable[Notice]:
    for c in changes:
        span = c.after or c.before
        assert span is not None
        key = f"{c.service}/{span.start}/{c.kind}"
        yield Notice(key, c.service, c.kind, 1, c.service, {"start": span.start})


def _count(ledger: Ledger, table: sa.Table) -> int:
    with ledger.engine.begin() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_an_outage_opens_and_ends(ledger: Ledger) -> None:
    opened = Change("opened", "shop", None, OutageSpan(10, None))
    assert ledger.apply([OPEN]) == (opened,)
    assert ledger.open_outages() == {"shop": OutageSpan(10, None)}
    ended = Change("resolved", "shop", OutageSpan(10, None), OutageSpan(10, 25))
    assert ledger.apply([ENDED]) == (ended,)
    history = ledger.histories(Interval(0, 100))["shop"]
    assert (history.outages, history.covered) == ((OutageSpan(10, 25),), (Interval(0, 40),))
    assert ledger.first_samples() == {"shop": 0}
    assert ledger.covered_until() == {"shop": 40}


def test_the_same_again_changes_nothing(ledger: Ledger) -> None:
    ledger.apply([OPEN], _notices)
    assert ledger.apply([OPEN], _notices) == ()
    assert _count(ledger, tables.outage) == _count(ledger, tables.notice) == 1


def test_a_notice_and_its_change_are_written_together_or_not_at_all(ledger: Ledger) -> None:
    def broken(changes: Sequence[Change]) -> Iterable[Notice]:
        yield from _notices(changes)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        ledger.apply([OPEN], broken)
    assert _count(ledger, tables.outage) == _count(ledger, tables.notice) == 0


def test_an_outage_open_for_long_does_not_forget_its_start(ledger: Ledger) -> None:
    ledger.apply([OPEN])
    for start in range(20, 2000, 20):
        ledger.apply([Derived("shop", (Segment(start, start + 20, DOWN),), start)])
    ledger.apply([Derived("shop", (Segment(2000, 2020, UP),), 2000)])
    assert ledger.histories(Interval(0, 3000))["shop"].outages == (OutageSpan(10, 2000),)


def test_only_what_overlaps_the_period_is_read(ledger: Ledger) -> None:
    ledger.apply([OPEN])
    ledger.apply([ENDED])
    assert ledger.histories(Interval(25, 30))["shop"].outages == ()
    assert ledger.histories(Interval(24, 30))["shop"].outages == (OutageSpan(10, 25),)
    assert ledger.histories(Interval(0, 10))["shop"].outages == ()
    assert ledger.histories(Interval(0, 100), ["other"]) == {}


@pytest.mark.usefixtures("migrating")
def test_the_migrations_make_the_tables(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with ledger.engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database, but long enough to look like one" * 100)
    with pytest.raises(LedgerError, match=r"x\.db: .*not a database"):
        Ledger.open(f"sqlite:///{tmp_path}/x.db")


def test_a_wrong_url_is_told_in_one_line() -> None:
    with pytest.raises(LedgerError, match=r"postgres.*connection"):
        Ledger.open("postgresql://u:secret@127.0.0.1:1/x?connect_timeout=2")
    with pytest.raises(LedgerError, match="oracle-of-delphi"):
        Ledger.open("oracle-of-delphi")


def test_another_database_is_not_tried() -> None:
    with pytest.raises(LedgerError, match=r"mysql://x/y: write sqlite:///PATH or postgresql"):
        Ledger.open("mysql://x/y")


def test_a_ledger_that_must_be_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"x\.db: there is no such ledger"):
        Ledger.open(f"sqlite:///{tmp_path}/x.db", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("migrating")
def test_a_ledger_of_a_newer_version_is_refused(ledger_url: str) -> None:
    with Ledger.open(ledger_url) as ledger, ledger.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'later'"))
    with pytest.raises(LedgerError, match="of another version of Uptime Ledger"):
        Ledger.open(ledger_url)


def test_who_reads_does_not_wait_for_who_writes(
    ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def migrate(_: sa.Engine) -> None:
        raise AssertionError("a ledger that is current is locked as it opens")

    with Ledger.open(ledger_url) as ledger:
        monkeypatch.setattr(ledger_engine, "_migrate", migrate)
        with ledger.engine.execution_options(write=True).begin(), Ledger.open(ledger_url) as other:
            assert other.histories(Interval(0, 1)) == {}


def test_the_newest_step_is_known() -> None:
    config = Config()
    config.set_main_option("script_location", "sla_engine.ledger:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [ledger_engine.NEWEST]


@pytest.mark.usefixtures("migrating")
def test_two_that_open_an_empty_ledger_at_once_migrate_it_once(ledger_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(Ledger.open, [ledger_url] * 4))
    for ledger in opened:
        assert ledger.apply([]) == ()
        ledger.close()


@pytest.mark.parametrize(
    ("code", "opens"), [(sqlite3.SQLITE_BUSY, True), (sqlite3.SQLITE_READONLY, False)]
)
def test_a_new_file_that_another_switches_to_its_log_is_tried_again(
    code: int, monkeypatch: pytest.MonkeyPatch, *, opens: bool
) -> None:
    monkeypatch.setattr(ledger_engine, "_AGAIN_SECONDS", 0)
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = code
    answers: list[Exception | None] = [busy, busy, None]

    class Connection:
        def execute(self, _: str) -> None:
            if (answer := answers.pop(0)) is not None:
                raise answer

    with nullcontext() if opens else pytest.raises(sqlite3.OperationalError):
        ledger_engine._write_ahead(Connection())
    assert len(answers) == (0 if opens else 2)


@pytest.mark.usefixtures("migrating")
def test_a_ledger_of_the_first_schema_is_brought_up_to_date_with_all_it_holds(
    ledger_url: str,
) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    from sla_engine.ledger.engine import _parsed
    from sla_engine.ledger.migrations.versions import v0001_first

    first = sa.create_engine(_parsed(ledger_url))
    if first.dialect.name == "sqlite":
        Path(str(first.url.database)).parent.mkdir()
    with first.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        v0001_first.upgrade()
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0001')"))
        connection.execute(sa.text("INSERT INTO outage VALUES ('shop', 10, NULL)"))
        connection.execute(sa.text("INSERT INTO coverage VALUES ('shop', 0, 20)"))
        connection.execute(sa.text("INSERT INTO service_state VALUES ('shop', 0)"))
        columns = "key, topic, kind, time_ms, service, facts"
        told = f"INSERT INTO notice ({columns}) VALUES ('a', 't', 'opened', 10, 'shop', '{{}}')"
        connection.execute(sa.text(told))
    first.dispose()
    with Ledger.open(ledger_url) as ledger:
        assert ledger.open_outages() == {"shop": OutageSpan(10, None)}
        ledger.apply([ENDED], _notices)
        assert ledger.histories(Interval(0, 100))["shop"].outages == (OutageSpan(10, 25),)
        assert [n.key for n in Outbox(ledger.engine).unaddressed()] == ["a", "shop/10/resolved"]
        assert ledger.verify() == []


def _up(service: str, start: int, end: int) -> Derived:
    return Derived(service, (Segment(start, end, UP),), None)


@pytest.mark.parametrize(
    ("second", "ends"),
    [
        ({"a": 200, "b": 200, "c": 200}, {"a": 200, "b": 200, "c": 200}),
        ({"a": 200, "b": 200}, {"a": 200, "b": 200, "c": 100}),
        ({"a": 200, "b": 200, "c": 300}, {"a": 200, "b": 200, "c": 300}),
    ],
)
def test_what_ends_together_goes_on_each_for_itself(
    ledger: Ledger, second: dict[str, int], ends: dict[str, int]
) -> None:
    ledger.apply([_up(service, 0, 100) for service in "abc"])
    ledger.apply([_up("d", 0, 200), _up("d", 210, 300)])
    ledger.apply([_up(service, 50, end) for service, end in second.items()])
    assert ledger.covered_until() == ends | {"d": 300}
    histories = ledger.histories(Interval(0, 1000))
    assert all(histories[s].covered == (Interval(0, end),) for s, end in ends.items())
    assert ledger.derived_until() == 300


def test_a_ledger_in_a_file_is_safe_against_the_loss_of_power(tmp_path: Path) -> None:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        first, second = ledger.engine.connect(), ledger.engine.connect()
        for connection in (first, second):
            names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]
            assert found == ["wal", 2, 1, 30_000]  # 2 is FULL
        first.close()
        second.close()


def test_the_same_again_leaves_no_trace_and_an_earlier_sample_leaves_one(ledger: Ledger) -> None:
    ledger.apply([OPEN], _notices)
    before, head = list(ledger.export()), ledger.head()
    ledger.apply([OPEN], _notices)
    assert (list(ledger.export()), ledger.head()) == (before, head)
    ledger.apply([OPEN._replace(first_sample=1)])
    assert (ledger.first_samples(), ledger.head()) == ({"shop": 0}, head)
    ledger.apply([OPEN._replace(first_sample=-1)])
    assert ledger.first_samples() == {"shop": -1}
    assert ledger.head() != head


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_that_is_gone_is_no_longer_written_to(tmp_path: Path, how: str) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.open(f"sqlite:///{path}") as ledger:
        derived = Derived("shop", (Segment(0, 10, State.UP),), 0)
        ledger.apply([derived])
        path.unlink()
        if how == "replaced":
            Ledger.open(f"sqlite:///{path}").close()
        with pytest.raises(LedgerError, match="removed or replaced while in use"):
            ledger.apply([derived._replace(timeline=(Segment(10, 20, State.UP),))])
    with Ledger.open(f"sqlite:///{path}") as again:
        assert again.covered_until() == {}
