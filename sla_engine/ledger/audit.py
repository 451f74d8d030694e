"""Who did what when: rows chained by hash, so that none can be changed or taken out unseen."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Self

import orjson
import sqlalchemy as sa

from sla_engine.ledger import statements
from sla_engine.ledger.tables import audit

GENESIS = "0" * 64
_LOCK_WRITE = 0x51A_0002


class Entry(NamedTuple):
    """One row before it is chained; ``payload`` is JSON."""

    time: int
    actor: str
    action: str
    subject: str
    payload: Mapping[str, Any]


class Link(NamedTuple):
    """One row of the chain as it is stored."""

    seq: int
    time_ms: int
    actor: str
    action: str
    subject: str
    payload: str
    previous_hash: str
    hash: str


class Head(NamedTuple):
    """The number and the hash of a link."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` wrote.

        Raises:
            ValueError: it is none.
        """
        seq, _, found = text.partition(":")
        if not seq.isdecimal() or not re.fullmatch("[0-9a-f]{64}", found):
            raise ValueError(f"{text!r} is no head of an audit chain, such as 12:0f... (64 digits)")
        return cls(int(seq), found)


def alone(connection: sa.Connection) -> None:
    """Wait until the caller's transaction is the only one that writes.

    In SQLite every writing transaction is. In PostgreSQL an engine that was killed may still be
    committing when the next one begins.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_WRITE)))


def append(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Chain rows in the caller's transaction, which is the only writer from here to its end."""
    if not entries:
        return
    alone(connection)
    seq, previous = head(connection) or Head(0, GENESIS)
    rows = []
    for seq, entry in enumerate(entries, seq + 1):  # noqa: B020 - counts on from the last row
        link = _chained(seq, entry, previous)
        previous = link.hash
        rows.append(link._asdict())
    connection.execute(sa.insert(audit), rows)


def head(connection: sa.Connection) -> Head | None:
    """Return the last link."""
    last = connection.execute(statements.HEAD).first()
    return Head(*last) if last else None


def _chained(seq: int, entry: Entry, previous: str) -> Link:
    payload = orjson.dumps(entry.payload, option=orjson.OPT_SORT_KEYS).decode()
    link = Link(seq, entry.time, entry.actor, entry.action, entry.subject, payload, previous, "")
    return link._replace(hash=digest(link))


def digest(link: Link) -> str:
    """Return the hash of a row: SHA-256 over its fields and the hash of the row before it."""
    return hashlib.sha256(orjson.dumps(link[:-1])).hexdigest()


def read(connection: sa.Connection) -> Iterable[Link]:
    """Yield the chain from its first row on."""
    for row in connection.execute(sa.select(audit).order_by(audit.c.seq)):
        yield Link(*row)


def broken(links: Iterable[Link]) -> str | None:
    """Return what is wrong with the first row that does not fit, None when all do."""
    previous, expected = GENESIS, 1
    for link in links:
        if link.seq != expected:
            return f"audit row {expected} is missing"
        if link.previous_hash != previous:
            return f"audit row {link.seq} does not follow row {link.seq - 1}"
        if digest(link) != link.hash:
            return f"audit row {link.seq} was changed: {link.action} {link.subject}"
        previous, expected = link.hash, expected + 1
    return None
