"""Connections to SQLite and PostgreSQL, and the schema brought up to date when they open."""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sla_engine.ledger.unwritable import unwritable

NEWEST = "0006"
"""The newest step of the schema."""
_VERSION = sa.table("alembic_version", sa.column("version_num"))
_LOCK_MIGRATION = 0x51A_0001
_BUSY_MS = 30_000
_AGAIN_SECONDS = 0.02
_UNWRITTEN = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


class LedgerError(Exception):
    """The ledger cannot be used; the message says why in one line."""


class AbsentError(LedgerError):
    """There is no ledger in the place that is named."""


class TamperedError(LedgerError):
    """Rows are not as the audit chain has them: nothing is written over them."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; nothing is written over it until a person has looked")


def open_engine(url: str, *, create: bool = True) -> sa.Engine:
    """Connect, check the file's integrity, and migrate the schema under a lock.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user@host/name``.
        create: make the ledger where there is none.

    Raises:
        AbsentError: there is none, and none is to be made.
        LedgerError: the URL is wrong, the database unreachable or damaged.
    """
    try:
        parsed = _parsed(url)
        if not create and parsed.get_backend_name() == "sqlite":
            _find(url, parsed.database)
        engine = sa.create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
        with contextlib.ExitStack() as failed:
            failed.callback(engine.dispose)
            if engine.dialect.name == "sqlite":
                _prepare_sqlite(engine, parsed.database)
            if not (versions := _versions(engine)) and not create:
                raise AbsentError(f"{_shown(url)}: no ledger is in this database")
            if versions != [NEWEST]:
                _migrate(engine)
            failed.pop_all()
    except (sa.exc.SQLAlchemyError, ImportError, OSError) as error:
        raise LedgerError(reason(url, error)) from error
    return engine


def is_there(url: str) -> bool:
    """Say whether a ledger has its database: PostgreSQL's is never made by us, SQLite's file is.

    Opening it says what is wrong with a URL.
    """
    try:
        parsed = _parsed(url)
    except LedgerError:
        return True
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return True
    path = Path(str(parsed.database))
    return path.exists() and not _is_empty(path)


def _is_empty(path: Path) -> bool:
    """Say whether a file has nothing in it, nor a log beside it that may have."""
    log = path.with_name(f"{path.name}-wal")
    return path.is_file() and not any(one.exists() and one.stat().st_size for one in (path, log))


def _find(url: str, database: str | None) -> None:
    """Raise AbsentError where no file is, or one without a byte: to open it would write to it."""
    if not database or database == ":memory:":
        return
    if not Path(database).exists():
        raise AbsentError(f"{_shown(url)}: there is no such ledger")
    if _is_empty(Path(database)):
        raise AbsentError(f"{_shown(url)}: the file is empty, no ledger is in it")


def _parsed(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
        known = parsed.get_backend_name() in {"sqlite", "postgresql", "postgres"}
    except sa.exc.ArgumentError:
        known = False
    if not known:
        raise LedgerError(f"{_shown(url)}: write sqlite:///PATH or postgresql://USER@HOST/NAME")
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _prepare_sqlite(engine: sa.Engine, database: str | None) -> None:
    """Hand transactions from the driver to SQLAlchemy, and check the file."""
    if database and database != ":memory:":
        Path(database).absolute().parent.mkdir(parents=True, exist_ok=True)

    file = _File(database)

    @sa.event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        _write_ahead(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # A transaction that will write takes the lock at once: upgrading a read lock can fail.
        kind = "IMMEDIATE" if connection.get_execution_options().get("write") else "DEFERRED"
        if kind == "IMMEDIATE":
            file.check()
        connection.exec_driver_sql(f"BEGIN {kind}")

    with engine.connect() as connection:
        verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if verdict != "ok":
        raise LedgerError(f"{database}: the file is damaged: {verdict}")
    file.note()


def _write_ahead(connection: Any) -> None:
    """Switch to a write-ahead log; where several open a new file SQLite lets none of them wait."""
    ends = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
            time.sleep(_AGAIN_SECONDS)
        else:
            return


class _File:
    """The database's file: one that is gone goes on being written to, and nobody ever reads it."""

    def __init__(self, database: str | None) -> None:
        self._path = database
        self._known: tuple[int, int] | None = None

    def note(self) -> None:
        """Remember which file it is."""
        self._known = self._identity()

    def check(self) -> None:
        """Raise LedgerError where it is no longer that."""
        if self._known is not None and self._identity() != self._known:
            raise LedgerError(f"{self._path}: the file was removed or replaced while in use")

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = Path(self._path or "").stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _versions(engine: sa.Engine) -> Sequence[str]:
    """Return the newest step that was made; who only reads waits for nobody who writes by this."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(_VERSION.name):
            return ()
        return connection.execute(sa.select(_VERSION.c.version_num)).scalars().all()


def _migrate(engine: sa.Engine) -> None:
    # Alembic takes a tenth of a command's start, and seldom is there a step to make.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "sla_engine.ledger:migrations")
    config.set_main_option("path_separator", "os")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with engine.execution_options(write=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            lock = sa.func.pg_advisory_xact_lock(_LOCK_MIGRATION)
            connection.execute(sa.select(lock))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            message = f"the ledger is of another version of Uptime Ledger: {error}"
            raise LedgerError(message) from error


def _shown(url: str) -> str:
    """Return the URL without its password."""
    try:
        return sa.make_url(url).render_as_string(hide_password=True)
    except sa.exc.ArgumentError:
        return url


def reason(url: str, error: Exception) -> str:
    """Return in one line what is wrong with the ledger at a URL."""
    if isinstance(error, LedgerError):
        return str(error)
    cause = getattr(error, "orig", None) or getattr(error, "strerror", None) or error
    said = _kept_from(url, error) or " ".join(str(cause).split())
    return f"{_shown(url)}: {said}"


def _kept_from(url: str, error: Exception) -> str | None:
    """Return what keeps SQLite from writing, where it is that."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
    if not isinstance(error, OSError) and code not in _UNWRITTEN:
        return None
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return unwritable(str(parsed.database))
