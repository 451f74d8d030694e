"""Why outages began: seen once, when each began, since nobody can ask an hour later."""

from collections.abc import Mapping
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from sla_engine.domain.interval import Interval
from sla_engine.ledger import audit
from sla_engine.ledger.tables import outage_reason
from uptime_common.failure import Failures, from_json, to_json

ACTION = "observe"
_MANY = 500  # services in a statement


class OutageStart(NamedTuple):
    """Names an outage by its service and the start (ms UTC) that it had when it was seen."""

    service: str
    start: int


Reasons = Mapping[OutageStart, Failures]


def write(connection: sa.Connection, reasons: Reasons, at: int) -> None:
    """Add rows in the caller's transaction, seen ``at`` (ms UTC), and chain them."""
    rows = [
        {
            "service": outage.service,
            "outage_start_ms": outage.start,
            "time_ms": at,
            "reason": orjson.dumps(to_json(found), option=orjson.OPT_SORT_KEYS).decode(),
        }
        for outage, found in sorted(reasons.items())
        if found.failed
    ]
    if rows:
        connection.execute(sa.insert(outage_reason), rows)
        subject = f"{len(rows)} reasons"
        audit.append(connection, [audit.Entry(at, "sla-engine", ACTION, subject, {"rows": rows})])


class OutageReasons:
    """What the ledger knows of why outages began."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def of(self, service: str, lasted: Interval) -> Failures | None:
        """Return why an outage began; ``lasted`` is all of it, in which it was seen to begin."""
        return self.within(lasted, [service]).get(service, StartReasons()).inside(lasted)

    def within(
        self, period: Interval, services: list[str] | None = None
    ) -> dict[str, "StartReasons"]:
        """Return the reasons of what began in a period, by service."""
        columns = outage_reason.c
        query = sa.select(columns.service, columns.outage_start_ms, columns.reason).where(
            columns.outage_start_ms >= period.start, columns.outage_start_ms < period.end
        )
        if services is not None and len(services) <= _MANY:
            query = query.where(columns.service.in_(services))
        found: dict[str, StartReasons] = {}
        with self._engine.begin() as connection:
            for service, start, text in connection.execute(query.order_by(columns.id)):
                known = found.setdefault(service, StartReasons())
                known.setdefault(start, from_json(orjson.loads(text)))
        return found


class StartReasons(dict[int, Failures]):
    """Reasons by the start of the outage: late samples may have moved that since."""

    def inside(self, lasted: Interval) -> Failures | None:
        """Return the first reason that was seen inside an outage."""
        inside = [start for start in self if lasted.start <= start < lasted.end]
        return self[min(inside)] if inside else None
