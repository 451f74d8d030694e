"""A ledger as JSON lines, to move it between SQLite and PostgreSQL or to keep it."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import orjson
import sqlalchemy as sa

from sla_engine.ledger.engine import LedgerError
from sla_engine.ledger.tables import metadata

FORMAT = 1


def export(connection: sa.Connection) -> Iterator[bytes]:
    """Yield a ledger line by line: a header, then every row of every table, in a fixed order."""
    yield _line({"uptime_ledger": FORMAT})
    for table in metadata.sorted_tables:
        for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings():
            plain = {str(name): value for name, value in row.items()}
            yield _line({"table": table.name, "row": plain})


def load(connection: sa.Connection, lines: Iterable[bytes]) -> int:
    """Put exported lines into an empty ledger; return the number of rows.

    Raises:
        LedgerError: the ledger is not empty, or the lines are no export.
    """
    for table in metadata.sorted_tables:
        if connection.execute(sa.select(table).limit(1)).first() is not None:
            raise LedgerError(f"the ledger is not empty: {table.name} has rows")
    count = 0
    rows = _rows(lines)
    for name, group in groupby(rows, key=lambda item: item[0]):
        found = [row for _, row in group]
        connection.execute(sa.insert(metadata.tables[name]), found)
        count += len(found)
    _count_on(connection)
    return count


def _rows(lines: Iterable[bytes]) -> Iterator[tuple[str, dict[str, object]]]:
    for number, line in enumerate(lines, 1):
        try:
            item = orjson.loads(line)
            if number == 1:
                known = item.get("uptime_ledger") == FORMAT
            else:
                known = item["table"] in metadata.tables
                yield item["table"], item["row"]
        except (ValueError, KeyError, AttributeError, TypeError):
            known = False
        if not known:
            raise LedgerError(f"line {number} is not of an exported ledger")


def _count_on(connection: sa.Connection) -> None:
    """Let PostgreSQL number new rows after those that were put in with their numbers."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            name = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
            highest = f"(SELECT max({column.name}) FROM {table.name})"  # noqa: S608 - our own names
            connection.execute(
                sa.text(f"SELECT setval({name}, {highest}) WHERE {name} IS NOT NULL")
            )


def _line(item: dict[str, object]) -> bytes:
    return orjson.dumps(item, option=orjson.OPT_SORT_KEYS) + b"\n"
