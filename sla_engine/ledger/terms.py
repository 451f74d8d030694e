"""What decides figures, as it was seen: append-only rows, each in the audit chain."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from pydantic import ValidationError

from service_catalogue.terms import Subject, Value, same_service
from sla_engine.ledger import audit
from sla_engine.ledger.tables import coverage, term

ACTION = "terms"
SEEN, UPGRADE = "seen", "upgrade"


class Term(NamedTuple):
    """A value as it was first seen at ``time`` (ms UTC); ``after`` is None where it left.

    ``digest`` is the SHA-256 of the file. ``origin``: ``seen``, or ``upgrade`` where the ledger is
    older than the record of terms, so that nobody can say since when it holds.
    """

    id: int
    subject: Subject
    time: int
    before: Value | None
    after: Value | None
    digest: str
    origin: str


class Terms:
    """The terms of a ledger."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(write=True)

    def last(self) -> int:
        """Return the number of the newest row, 0 where there is none."""
        with self._engine.begin() as connection:
            return _last(connection)

    def rows(self) -> tuple[Term, ...]:
        """Return every row, oldest first."""
        with self._engine.begin() as connection:
            return tuple(_rows(connection))

    def newest(self, subject: Subject) -> Term | None:
        """Return the last row of a subject: what is in force, and since when it is known."""
        query = sa.select(term).where(term.c.kind == subject.kind, term.c.name == subject.name)
        with self._engine.begin() as connection:
            rows = connection.execute(query.order_by(term.c.id.desc()).limit(1))
            return next((_term(row) for row in rows), None)

    def formerly(self) -> dict[str, tuple[str, ...]]:
        """Return the former ids of services that have any, as seen last."""
        found = {}
        named = term.c.after.contains('"formerly"')
        query = sa.select(term).where((term.c.kind == "service") & named).order_by(term.c.id)
        with self._engine.begin() as connection:
            for row in connection.execute(query):
                found[row.name] = tuple((_value(row.after) or {}).get("formerly", ()))
        return found

    def note(
        self, values: Mapping[Subject, Value], digest: str, now: int, *, whole: bool = True
    ) -> int:
        """Write down what is new, other than before, or gone, at ``now``; return how many rows.

        Unless the values are the ``whole``, nothing is gone. ``digest`` is the file's SHA-256.
        """
        with self._writing.begin() as connection:
            audit.alone(connection)
            known = list(_rows(connection))
            old = not known and connection.execute(sa.select(coverage).limit(1)).first() is not None
            origin = UPGRADE if old else SEEN
            rows = [
                {
                    "kind": subject.kind,
                    "name": subject.name,
                    "time_ms": now,
                    "before": _text(before),
                    "after": _text(after),
                    "digest": digest,
                    "origin": origin,
                }
                for subject, before, after in changes(known, values)
                if whole or after is not None
            ]
            if rows:
                connection.execute(sa.insert(term), rows)
                subject = f"{len(rows)} terms"
                audit.append(
                    connection, [audit.Entry(now, "sla-engine", ACTION, subject, {"rows": rows})]
                )
        return len(rows)


def changes(
    known: Iterable[Term], values: Mapping[Subject, Value]
) -> Iterator[tuple[Subject, Value | None, Value | None]]:
    """Yield what differs from the last row of each subject: what it was, what it is."""
    last = {one.subject: one.after for one in known}
    for subject, after in values.items():
        before = last.get(subject)
        if before is None or not _same(subject, before, after):
            yield subject, before, after
    for subject, before in last.items():
        if before is not None and subject not in values:
            yield subject, before, None


def _same(subject: Subject, one: Value, other: Value) -> bool:
    if subject.kind != "service":
        return one == other
    try:
        return same_service(one, other)
    except ValidationError:  # another version of the program wrote it
        return False


def _last(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.max(term.c.id))).scalar_one() or 0


def _rows(connection: sa.Connection) -> Iterator[Term]:
    for row in connection.execute(sa.select(term).order_by(term.c.id)):
        yield _term(row)


def _term(row: sa.Row[Any]) -> Term:
    before, after = (_value(text) for text in (row.before, row.after))
    subject = Subject(row.kind, row.name)
    return Term(row.id, subject, row.time_ms, before, after, row.digest, row.origin)


def _text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _value(text: str | None) -> Value | None:
    return None if text is None else orjson.loads(text)
