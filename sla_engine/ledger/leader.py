"""Which of several engines on one ledger writes it: the one that holds the lock.

The lock goes with its holder: PostgreSQL frees an advisory lock when the session ends, the kernel
frees a file's when the process does, kill -9 included.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

_LOCK = 0x51A_0003


class Leadership(Protocol):
    """A claim to lead, to be asked again before every piece of work."""

    def held(self) -> bool:
        """Say whether this engine leads, after trying to.

        Raises:
            SQLAlchemyError: the database does not answer; nobody knows, so do not lead.
            OSError: the lock's file cannot be opened.
        """

    def release(self) -> None:
        """Let another one lead."""


def leadership(engine: sa.Engine) -> Leadership:
    """Return the claim that fits a ledger's database."""
    if engine.dialect.name == "postgresql":
        return AdvisoryLock(engine)
    database = engine.url.database
    if not database or database == ":memory:":
        return Alone()
    return FileLock(Path(f"{database}.leader"))


class Alone:
    """Nobody else can see a ledger in memory."""

    def held(self) -> bool:
        """Say yes."""
        return True

    def release(self) -> None:
        """Do nothing."""


class AdvisoryLock:
    """A session of PostgreSQL that holds an advisory lock as long as it lives."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._session: sa.Connection | None = None

    def held(self) -> bool:
        """Say whether the session lives and has the lock; see `Leadership`."""
        try:
            if self._session is not None:
                self._session.execute(sa.select(1))
                return True
            session = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            if session.scalar(sa.select(sa.func.pg_try_advisory_lock(_LOCK))):
                self._session = session
            else:
                session.close()
        except sa.exc.SQLAlchemyError:
            self._session = None
            raise
        return self._session is not None

    def release(self) -> None:
        """Give the lock back and end the session."""
        if self._session is not None:
            # The server notices late that a session ended; one that it ended holds no lock.
            with suppress(sa.exc.SQLAlchemyError):
                self._session.execute(sa.select(sa.func.pg_advisory_unlock(_LOCK)))
            self._session.invalidate()
            self._session.close()
            self._session = None


class FileLock:
    """A lock on a file beside the database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def held(self) -> bool:
        """Say whether the lock is ours; see `Leadership`."""
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Close the file, and the lock with it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
