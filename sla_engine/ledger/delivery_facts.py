"""Deliveries in the audit chain: where a notice was to go, and what became of it."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
import sqlalchemy as sa

from sla_engine.ledger import audit
from sla_engine.ledger.outbox_tables import delivery, thread
from sla_engine.ledger.tables import notice

_ACTION = "deliver"
_Found = dict[tuple[str, str], list[Any]]


def chain_deliveries(connection: sa.Connection, which: sa.ColumnElement[bool], now: int) -> None:
    """Write into the chain what some deliveries are now, in the caller's transaction."""
    audit.alone(connection)
    rows = [[*key, *said] for key, said in _rows(connection, which)]
    if rows:
        subject = rows[0][0] if len(rows) == 1 else f"{len(rows)} deliveries"
        entry = audit.Entry(now, "sla-engine", _ACTION, subject, {"rows": rows})
        audit.append(connection, [entry])


def _rows(
    connection: sa.Connection, which: sa.ColumnElement[bool]
) -> Iterator[tuple[tuple[str, str], list[Any]]]:
    """Yield notice and thread of deliveries in order, with channel, mentions and state."""
    query = (
        sa.select(notice.c.key, thread.c.key, thread.c.channel, thread.c.mentions, delivery.c.state)
        .select_from(delivery)
        .join(notice, delivery.c.notice_id == notice.c.id)
        .join(thread, delivery.c.thread_id == thread.c.id)
        .where(which)
        .order_by(delivery.c.id)
    )
    for told, where, *said in connection.execute(query):
        yield (told, where), said


class Deliveries:
    """What is wrong with the deliveries, and how many were judged or were there before."""

    def __init__(self, connection: sa.Connection, links: Iterable[audit.Link]) -> None:
        chained, joined = _chained(links)
        self.judged = len(chained)
        self.older = 0
        self.findings: list[str] = []
        found = dict(_rows(connection, sa.true()))
        older = dict(_rows(connection, delivery.c.id <= joined))
        for key in sorted({*chained, *found}):
            what = f"the delivery of {key[0]} in {key[1]}"
            if key not in found:
                self.findings.append(f"{what} was taken out")
            elif key in chained and found[key] != chained[key]:
                said, shown = ", ".join(chained[key]), ", ".join(found[key])
                self.findings.append(f"{what} was changed by hand: {shown}, not {said}")
            elif key not in chained and key not in older:
                self.findings.append(f"{what} was put in by hand")
            elif key not in chained:
                self.older += 1


def _chained(links: Iterable[audit.Link]) -> tuple[_Found, int]:
    """Return what the chain says, and the last delivery that was there before they joined it."""
    chained: _Found = {}
    joined = 0
    for link in links:
        if link.action == _ACTION:
            for told, where, *said in orjson.loads(link.payload)["rows"]:
                chained[told, where] = said
        elif link.action == "adopt":
            joined = orjson.loads(link.payload).get("deliveries_joined") or 0
    return chained, joined
