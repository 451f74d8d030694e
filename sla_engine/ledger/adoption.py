"""What an older ledger holds joins the audit chain as it is found."""

import sqlalchemy as sa

from sla_engine.ledger import audit
from sla_engine.ledger.chained import ADOPT, mark


def adopt(connection: sa.Connection) -> None:
    """Chain what was not in the chain before: coverage, gaps that go on, which events were there.

    A ledger without a row has nothing to adopt: there all is chained from its beginning.
    """
    stretches = [
        (service, start, end)
        for service, start, end in connection.execute(
            sa.text("SELECT service, start_ms, end_ms FROM coverage ORDER BY service, start_ms")
        )
    ]
    events = connection.scalar(sa.text("SELECT max(start_ms) FROM event_hour"))
    last = connection.scalar(sa.text("SELECT max(time_ms) FROM audit"))
    deliveries = connection.scalar(sa.text("SELECT max(id) FROM delivery"))
    if not stretches and events is None and deliveries is None:
        return
    ends = {(service, end) for service, _, end in stretches}
    gaps = connection.execute(
        sa.text("SELECT service, start_ms, end_ms FROM gap ORDER BY service, start_ms")
    )
    payload = {
        "coverage": [[service, start, mark(end)] for service, start, end in stretches],
        "gaps": [[service, start, None] for service, start, end in gaps if (service, end) in ends],
        "events_joined": events,
        "deliveries_joined": deliveries,
    }
    entry = audit.Entry(last or 0, "sla-engine", ADOPT, "what was not chained before", payload)
    audit.append(connection, [entry])
