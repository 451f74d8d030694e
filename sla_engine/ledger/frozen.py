"""The figures of closed periods as they were reported; a later report adds, never changes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from sla_engine.domain.interval import Interval
from sla_engine.ledger import audit
from sla_engine.ledger.tables import frozen_period

Snapshot = dict[str, Any]


class Basis(NamedTuple):
    """What frozen figures stand on: the newest row of each kind, and a digest of the samples.

    ``policy`` is the version of the accounting policy.
    """

    term: int
    correction: int
    event: int
    policy: str
    samples: str = ""


class Frozen(NamedTuple):
    """What was reported of a service, when (ms UTC), and on what; older ledgers have no basis."""

    time: int
    figures: Snapshot
    basis: Basis | None = None


class FrozenPeriods:
    """Reported figures by period and service."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(write=True)

    def first(self, period: Interval) -> dict[str, Frozen]:
        """Return what a period's first report said, by service."""
        with self._engine.begin() as connection:
            rows = connection.execute(_of(period).where(frozen_period.c.version == 1))
            return {row.service: _frozen(row) for row in rows}

    def add(
        self,
        period: Interval,
        figures: Mapping[str, Snapshot],
        time: int,
        bases: Mapping[str, Basis] | None = None,
    ) -> int:
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
                text = _text(snapshot)
                if text != known:
                    basis = (bases or {}).get(service)
                    rows.append(
                        {
                            "service": service,
                            "start_ms": period.start,
                            "end_ms": period.end,
                            "version": version + 1,
                            "time_ms": time,
                            "figures": text,
                            "basis": None if basis is None else _text(basis._asdict()),
                        }
                    )
            if rows:
                connection.execute(sa.insert(frozen_period), rows)
                subject = f"{period.start}/{period.end}"
                payload = {"rows": rows}
                entry = audit.Entry(time, "sla-engine", "freeze", subject, payload)
                audit.append(connection, [entry])
        return len(rows)


def _frozen(row: Any) -> Frozen:
    basis = None if row.basis is None else Basis(**orjson.loads(row.basis))
    return Frozen(row.time_ms, orjson.loads(row.figures), basis)


def _text(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _of(period: Interval) -> sa.Select[Any]:
    columns = frozen_period.c
    return sa.select(frozen_period).where(
        (columns.start_ms == period.start) & (columns.end_ms == period.end)
    )
