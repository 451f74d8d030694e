"""A ledger as JSON lines, to move it between SQLite and PostgreSQL or to keep it."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import orjson
import sqlalchemy as sa

from sla_engine.ledger.adoption import adopt
from sla_engine.ledger.engine import LedgerError
from sla_engine.ledger.tables import metadata

FORMAT = 2
_OLDER = 1
"""What was written before coverage and events joined the audit chain."""


def export(connection: sa.Connection) -> Iterator[bytes]:
    """Yield a ledger line by line: a header, then every row of every table, in a fixed order."""
    yield _line({"uptime_ledger": FORMAT})
    count = 0
    for table in metadata.sorted_tables:
        for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings():
            plain = {str(name): value for name, value in row.items()}
            yield _line({"table": table.name, "row": plain})
            count += 1
    yield _line({"rows": count})


def load(connection: sa.Connection, lines: Iterable[bytes]) -> int:
    """Put exported lines into an empty ledger; return the number of rows.

    Raises:
        LedgerError: the ledger is not empty, or the lines are no export, or not all of one.
    """
    for table in metadata.sorted_tables:
        if connection.execute(sa.select(table).limit(1)).first() is not None:
            raise LedgerError(f"the ledger is not empty: {table.name} has rows")
    count = 0
    rows = _Rows(lines)
    for name, group in groupby(rows, key=lambda item: item[0]):
        found = [row for _, row in group]
        try:
            connection.execute(sa.insert(metadata.tables[name]), found)
        except (sa.exc.IntegrityError, sa.exc.DataError) as error:
            raise LedgerError(f"a row is not one of the table {name}") from error
        count += len(found)
    _count_on(connection)
    if rows.format == _OLDER:
        adopt(connection)
    return count


class _Rows:
    """Table and row of every line between the first, which names the format, and the last."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self.format: object = None

    def __iter__(self) -> Iterator[tuple[str, dict[str, object]]]:
        count: int | None = None
        said = None
        for number, line in enumerate(self._lines, 1):
            try:
                item = orjson.loads(line)
                if number == 1:
                    self.format = item.get("uptime_ledger")
                    known, count = self.format in {_OLDER, FORMAT}, 0
                elif "rows" in item:
                    known, said = said is None, item["rows"]
                else:
                    known, count = _fits(item["row"], metadata.tables[item["table"]]), number - 1
            except (ValueError, KeyError, AttributeError, TypeError):
                known = False
            if not known:
                raise LedgerError(f"line {number} is not of an exported ledger")
            if "row" in item:
                yield item["table"], item["row"]
        if count is None or said != count:
            raise LedgerError("the export is not whole: its last line does not count its rows")


def _fits(row: dict[str, object], table: sa.Table) -> bool:
    """Say whether a row is one of a table: columns that came later may be missing."""
    return {column.name for column in table.primary_key} <= row.keys() <= set(table.columns.keys())


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
