"""Letting go what a clock that was wrong left in the ledger: the time that has not come."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from sla_engine.domain.history import History, cut_off, known_beyond
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage_changes import Change, changes
from sla_engine.ledger import audit, audit_facts, events, histories

MOST = 86_400_000
"""How much may be known of the time to come and be cut (ms).

More is no mistake of a clock that ran ahead for a while: it is the clock that is behind now, and
what the ledger knows is the past.
"""
ACTION = "cut"


class Cut(NamedTuple):
    """What changed, the services that were cut, and those of which too much is known for that."""

    changes: tuple[Change, ...] = ()
    services: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def cut(
    connection: sa.Connection,
    end: int,
    read: Callable[[sa.Connection, int], Mapping[str, History]],
    alive: Collection[str],
) -> Cut:
    """Let every history end at ``end`` (ms UTC), or where a gap begins that reaches beyond.

    ``read`` returns what touches or follows a moment, and what touches that in turn; changes are
    those of the services that are ``alive``.
    """
    found = {
        service: history
        for service, history in read(connection, end).items()
        if history.covered and history.covered[-1].end > end
    }
    refused = {service for service, history in found.items() if known_beyond(history, end) > MOST}
    before = {service: history for service, history in found.items() if service not in refused}
    after = {service: cut_off(history, end) for service, history in before.items()}
    if before:
        histories.write(connection, before, after)
        for service, history in before.items():
            events.replace(connection, service, Interval(end, history.covered[-1].end), ())
        audit.append(connection, [_said(before, end), *audit_facts.entry(before, after, (), end)])
    changed = tuple(
        change
        for service in before
        if service in alive
        for change in changes(service, before[service].outages, after[service].outages)
    )
    return Cut(changed, tuple(before), tuple(sorted(refused)))


def _said(before: Mapping[str, History], end: int) -> audit.Entry:
    rows: Sequence[Sequence[object]] = [[s, h.covered[-1].end] for s, h in sorted(before.items())]
    subject = str(rows[0][0]) if len(rows) == 1 else f"{len(rows)} services"
    return audit.Entry(end, "sla-engine", ACTION, subject, {"at": end, "reached": rows})
