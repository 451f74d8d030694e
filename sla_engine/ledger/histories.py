"""Reading and writing the histories of many services in few statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Stretch
from sla_engine.ledger import tables

Rows = Iterable[tuple[int, int | None]]


def read(
    connection: sa.Connection, since: int, until: int | None, services: Iterable[str] | None
) -> dict[str, History]:
    """Return what touches or follows ``since``, and begins before ``until`` if given."""
    outages = _rows(connection, tables.outage, since, until, services)
    gaps = _rows(connection, tables.gap, since, until, services)
    covered = _rows(connection, tables.coverage, since, until, services)
    return {
        service: History(
            tuple(Stretch(*row) for row in outages[service]),
            tuple(Interval(*row) for row in gaps[service]),
            tuple(Interval(*row) for row in covered[service]),
        )
        for service in sorted({*outages, *gaps, *covered})
    }


def _rows(
    connection: sa.Connection,
    table: sa.Table,
    since: int,
    until: int | None,
    services: Iterable[str] | None,
) -> dict[str, list[tuple[int, int]]]:
    columns = table.c
    query = sa.select(columns.service, columns.start_ms, columns.end_ms).where(
        columns.end_ms.is_(None) | (columns.end_ms >= since)
    )
    if until is not None:
        query = query.where(columns.start_ms < until)
    if services is not None:
        query = query.where(columns.service.in_(list(services)))
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for service, start, end in connection.execute(query.order_by(columns.start_ms)):
        found[service].append((start, end))
    return found


def write(
    connection: sa.Connection, before: Mapping[str, History], after: Mapping[str, History]
) -> None:
    """Make the rows of ``before`` those of ``after``, touching only what differs."""
    pairs = {s: (before.get(s, History()), history) for s, history in after.items()}
    for at, table in enumerate(_TABLES):
        differ = {s: (old[at], new[at]) for s, (old, new) in pairs.items() if old[at] != new[at]}
        _write_table(connection, table, differ)


_TABLES = (tables.outage, tables.gap, tables.coverage)  # in the order of a history's fields


def _write_table(
    connection: sa.Connection, table: sa.Table, rows: Mapping[str, tuple[Rows, Rows]]
) -> None:
    delete, update, insert = [], [], []
    for service, (old, new) in rows.items():
        was, now = dict(old), dict(new)
        delete += [{"s": service, "b": start} for start in was.keys() - now.keys()]
        for start, end in now.items():
            if start not in was:
                insert.append({"service": service, "start_ms": start, "end_ms": end})
            elif was[start] != end:
                update.append({"s": service, "b": start, "e": end})
    key = (table.c.service == sa.bindparam("s")) & (table.c.start_ms == sa.bindparam("b"))
    if delete:
        connection.execute(sa.delete(table).where(key), delete)
    if update:
        connection.execute(sa.update(table).where(key).values(end_ms=sa.bindparam("e")), update)
    if insert:
        connection.execute(sa.insert(table), insert)
