"""What an older ledger holds joins the audit chain as it is found."""

from typing import Any

import sqlalchemy as sa

from sla_engine.ledger import audit
from sla_engine.ledger.chained import ADOPT, mark


def adopt(connection: sa.Connection) -> None:
    """Chain what was not in the chain before: coverage, gaps that go on, which events were there.

    Outages and gaps that ended join it only where no derivation was ever chained: else one that is
    not in the chain was put in by hand, and stays so. A ledger without a row has nothing to adopt:
    there all is chained from its beginning.
    """
    coverage = _rows(connection, "coverage")
    events = connection.scalar(sa.text("SELECT max(start_ms) FROM event_hour"))
    deliveries = connection.scalar(sa.text("SELECT max(id) FROM delivery"))
    outages, gaps = _rows(connection, "outage"), _rows(connection, "gap")
    if not (coverage or outages or gaps) and events is None and deliveries is None:
        return
    ends = {(service, end) for service, _, end in coverage}
    going_on = [[service, start, None] for service, start, end in gaps if (service, end) in ends]
    payload: dict[str, Any] = {
        "coverage": [[service, start, mark(end or 0)] for service, start, end in coverage],
        "gaps": going_on,
        "events_joined": events,
        "deliveries_joined": deliveries,
    }
    derived = sa.text("SELECT count(*) FROM audit WHERE action = 'derive'")
    if not connection.scalar(derived):
        ended = [[*gap] for gap in gaps if (gap[0], gap[2]) not in ends]
        payload |= {"outages": [[*outage] for outage in outages], "gaps": [*going_on, *ended]}
    last = connection.scalar(sa.text("SELECT max(time_ms) FROM audit"))
    entry = audit.Entry(last or 0, "sla-engine", ADOPT, "what was not chained before", payload)
    audit.append(connection, [entry])


def _rows(connection: sa.Connection, table: str) -> list[tuple[str, int, int | None]]:
    columns = "service, start_ms, end_ms"
    query = f"SELECT {columns} FROM {table} ORDER BY service, start_ms"  # noqa: S608 - our own names
    return [(service, start, end) for service, start, end in connection.execute(sa.text(query))]
