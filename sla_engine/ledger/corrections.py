"""What people add to outages: append-only rows, each with author, time and reason."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from sla_engine.domain.outage import Correction, outage_id
from sla_engine.ledger import audit, statements, tables

FIELDS = ("cause", "ticket", "owner", "note", "class", "class_asked")
"""What a correction may say something about.

``class`` is ``planned``, ``unplanned`` or None; ``class_asked`` is the class that somebody asks
for (``measured`` for None), None when that was refused. Any later ``class`` settles it.
"""

CorrectionsAt = tuple[tuple[int, Correction], ...]
"""Corrections in order of time, each with the start (ms UTC) of the outage it was made on."""


class Corrections:
    """The corrections of every service; nothing is ever updated in place."""

    def __init__(self, engine: sa.Engine, without: frozenset[int] = frozenset()) -> None:
        self._engine = engine
        self._without = without
        self._writing = engine.execution_options(write=True)

    def add(self, service: str, start: int, correction: Correction) -> None:
        """Append a correction to the outage that begins at ``start`` (ms UTC).

        Raises:
            KeyError: there is no such outage.
        """
        columns = tables.outage.c
        where = (columns.service == service) & (columns.start_ms == start)
        with self._writing.begin() as connection:
            audit.alone(connection)  # rows are numbered in the chain's order
            if connection.execute(sa.select(columns.service).where(where)).first() is None:
                raise KeyError(outage_id(service, start))
            values = {
                "service": service,
                "outage_start_ms": start,
                "time_ms": correction.time,
                "author": correction.author,
                "field": correction.field,
                "before": correction.before,
                "after": correction.after,
                "reason": correction.reason,
            }
            if correction.login is not None:
                values["login"] = correction.login
            connection.execute(sa.insert(tables.correction).values(values))
            entry = audit.Entry(
                correction.time, correction.author, "correct", outage_id(service, start), values
            )
            audit.append(connection, [entry])

    def services_after(self, last: int) -> tuple[int, set[str]]:
        """Return the number of the newest correction, and the services of those after ``last``."""
        with self._engine.begin() as connection:
            rows = connection.execute(statements.CORRECTED_AFTER, {"last": last}).all()
        return max([last, *(row.id for row in rows)]), {row.service for row in rows}

    def of_all(self) -> Mapping[str, CorrectionsAt]:
        """Return every correction by service."""
        found: dict[str, list[tuple[int, Correction]]] = defaultdict(list)
        with self._engine.begin() as connection:
            for row in connection.execute(statements.CORRECTIONS):
                if row.id not in self._without:
                    found[row.service].append((row.outage_start_ms, _correction(row)))
        return {service: tuple(rows) for service, rows in found.items()}

    def after(self, last: int) -> dict[int, tuple[str, Correction]]:
        """Return the corrections after number ``last``, by number, each with its service."""
        query = sa.select(tables.correction).where(tables.correction.c.id > last)
        with self._engine.begin() as connection:
            rows = connection.execute(query.order_by(tables.correction.c.id)).all()
        return {row.id: (row.service, _correction(row)) for row in rows}


def _correction(row: Any) -> Correction:
    return Correction(
        row.time_ms, row.author, row.field, row.before, row.after, row.reason, row.login
    )
