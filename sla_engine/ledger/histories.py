"""Reading and writing the histories of many services in few statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.ledger import statements, tables

_NONE = History()
Rows = Sequence[tuple[int, int | None]]


def read(
    connection: sa.Connection, since: int, until: int | None, services: Iterable[str] | None
) -> dict[str, History]:
    """Return what touches or follows ``since``, and begins before ``until`` if given."""
    asked: dict[str, Any] = {"since": since}
    if until is not None:
        asked["until"] = until
    if services is not None:
        asked["services"] = list(services)
    statement = _statement(frozenset(asked))
    outages: dict[str, list[OutageSpan]] = defaultdict(list)
    gaps: dict[str, list[Interval]] = defaultdict(list)
    covered: dict[str, list[Interval]] = defaultdict(list)
    for service, start, end, at in connection.execute(statement, asked):
        if at == _OUTAGES:
            outages[service].append(OutageSpan(start, end))
        else:
            (gaps if at == _GAPS else covered)[service].append(Interval(start, end))
    return {
        service: History(
            tuple(outages.get(service, ())),
            tuple(gaps.get(service, ())),
            tuple(covered.get(service, ())),
        )
        for service in sorted({*outages, *gaps, *covered})
    }


def last_gaps(connection: sa.Connection, period: Interval) -> dict[str, Interval]:
    """Return the last gap of each service that has one in a period, unclipped."""
    asked = {"since": period.start, "until": period.end}
    found = connection.execute(statements.LAST_GAPS, asked)
    return {service: Interval(start, end) for service, start, end in found}


@cache
def _statement(asked: frozenset[str]) -> sa.CompoundSelect[Any]:
    """Return one statement for all tables: at a tick one costs more than what it finds."""
    parts = (_query(at, table, asked) for at, table in enumerate(_TABLES))
    return sa.union_all(*parts).order_by("start_ms")


def _query(at: int, table: sa.Table, asked: frozenset[str]) -> sa.Select[Any]:
    columns = table.c
    number = sa.literal_column(str(at), sa.Integer).label("at")
    query = sa.select(columns.service, columns.start_ms, columns.end_ms, number).where(
        columns.end_ms.is_(None) | (columns.end_ms >= sa.bindparam("since"))
    )
    if "until" in asked:
        query = query.where(columns.start_ms < sa.bindparam("until"))
    if "services" in asked:
        query = query.where(columns.service.in_(sa.bindparam("services", expanding=True)))
    return query


def write(
    connection: sa.Connection, before: Mapping[str, History], after: Mapping[str, History]
) -> None:
    """Make the rows of ``before`` those of ``after``, touching only what differs.

    What is in ``after`` must be in ``before`` with all rows that may differ.
    """
    pairs = {s: (before.get(s, _NONE), history) for s, history in after.items()}
    for at, table in enumerate(_TABLES):
        differ = {s: (old[at], new[at]) for s, (old, new) in pairs.items() if old[at] != new[at]}
        _write_table(connection, table, differ)


_TABLES = (tables.outage, tables.gap, tables.coverage)  # in the order of a history's fields
_OUTAGES, _GAPS, _ = range(len(_TABLES))


_Moves = dict[tuple[int | None, int | None], list[tuple[str, int]]]  # old and new end: keys


def _write_table(
    connection: sa.Connection, table: sa.Table, rows: Mapping[str, tuple[Rows, Rows]]
) -> None:
    delete, insert = [], []
    moves: _Moves = defaultdict(list)
    for service, (old, new) in rows.items():
        if len(old) == len(new) == 1 and old[0][0] == new[0][0]:  # so is nearly all coverage
            moves[old[0][1], new[0][1]].append((service, old[0][0]))
            continue
        was, now = dict(old), dict(new)
        delete += [{"s": service, "b": start} for start in was.keys() - now.keys()]
        for start, end in now.items():
            if start not in was:
                insert.append({"service": service, "start_ms": start, "end_ms": end})
            elif was[start] != end:
                moves[was[start], end].append((service, start))
    if moves:
        _move_most(connection, table, moves)
    update = [{"s": s, "b": b, "e": end} for (_, end), keys in moves.items() for s, b in keys]
    writing = _writing(table)
    if delete:
        connection.execute(writing.delete, delete)
    if update:
        connection.execute(writing.update, update)
    if insert:
        connection.execute(sa.insert(table), insert)


def _move_most(connection: sa.Connection, table: sa.Table, moves: _Moves) -> None:
    """Take out the most frequent move, done in one statement where all rows of an end share it.

    So ends what was derived of nearly every service at nearly every tick.
    """
    (old, new), keys = most = max(moves.items(), key=lambda move: len(move[1]))
    writing, ends = _writing(table), {"old": old, "new": new}
    if len(keys) > 1 and connection.execute(writing.ending, ends).scalar_one() == len(keys):
        connection.execute(writing.move, ends)
        del moves[most[0]]


class _Writing(NamedTuple):
    """Statements on a table: of one row, and of all that have the same end."""

    delete: sa.Delete
    update: sa.Update
    ending: sa.Select[int]
    move: sa.Update


@cache
def _writing(table: sa.Table) -> _Writing:
    key = (table.c.service == sa.bindparam("s")) & (table.c.start_ms == sa.bindparam("b"))
    ending = table.c.end_ms == sa.bindparam("old")
    return _Writing(
        sa.delete(table).where(key),
        sa.update(table).where(key).values(end_ms=sa.bindparam("e")),
        sa.select(sa.func.count()).select_from(table).where(ending),
        sa.update(table).where(ending).values(end_ms=sa.bindparam("new")),
    )
