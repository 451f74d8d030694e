"""The figures of closed periods as they were reported; a later report adds, never changes."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from sla_engine.domain.interval import Interval
from sla_engine.ledger import audit
from sla_engine.ledger.tables import frozen_period

Snapshot = dict[str, float | int | None]


class Frozen(NamedTuple):
    """What was reported of a service, and when (ms UTC)."""

    time: int
    figures: Snapshot


class FrozenPeriods:
    """Reported figures by period and service."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(write=True)

    def first(self, period: Interval) -> dict[str, Frozen]:
        """Return what a period's first report said, by service."""
        with self._engine.begin() as connection:
            rows = connection.execute(_of(period).where(frozen_period.c.version == 1))
            return {row.service: Frozen(row.time_ms, orjson.loads(row.figures)) for row in rows}

    def add(self, period: Interval, figures: Mapping[str, Snapshot], time: int) -> int:
        """Write down what differs from what was last reported; return the number of rows."""
        with self._writing.begin() as connection:
            audit.alone(connection)
            last = {
                row.service: (row.version, row.figures)
                for row in connection.execute(_of(period).order_by(frozen_period.c.version))
            }
            rows = []
            for service, snapshot in figures.items():
                version, known = last.get(service, (0, None))
                text = orjson.dumps(snapshot, option=orjson.OPT_SORT_KEYS).decode()
                if text != known:
                    rows.append(_row(service, period, version + 1, time, text))
            if rows:
                connection.execute(sa.insert(frozen_period), rows)
                subject = f"{period.start}/{period.end}"
                payload = {"rows": rows}
                entry = audit.Entry(time, "sla-engine", "freeze", subject, payload)
                audit.append(connection, [entry])
        return len(rows)


def _of(period: Interval) -> sa.Select[tuple[str, int, int, int, int, str]]:
    columns = frozen_period.c
    return sa.select(frozen_period).where(
        (columns.start_ms == period.start) & (columns.end_ms == period.end)
    )


def _row(
    service: str, period: Interval, version: int, time: int, figures: str
) -> dict[str, str | int]:
    return {
        "service": service,
        "start_ms": period.start,
        "end_ms": period.end,
        "version": version,
        "time_ms": time,
        "figures": figures,
    }
