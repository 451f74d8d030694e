"""Putting back what somebody changed behind the ledger's back, as the audit chain has it."""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from sla_engine.domain.actor import Actor
from sla_engine.domain.history import History
from sla_engine.ledger import audit, tables
from sla_engine.ledger.chained import RESTORE, Chained, facts, hour_digest, where
from sla_engine.ledger.event_seals import denial
from sla_engine.ledger.histories import read
from sla_engine.ledger.inspection import replayed

_TABLES = {"coverage": tables.coverage, "outages": tables.outage, "gaps": tables.gap}


def restore(connection: sa.Connection, by: Actor, reason: str, at: int) -> list[str]:
    """Put rows back, in the caller's transaction; return what was done, a line each.

    Nothing is done, and nothing written, where all is as chained or the chain itself is broken.
    """
    links = list(audit.read(connection))
    if audit.broken(links):
        return []
    chained = replayed(links)
    done = [line for name in _TABLES for line in _rows_back(connection, chained, name)]
    done += _first_samples_back(connection, chained)
    lost = list(_lost_hours(connection, chained))
    done += [f"{denial(service, hour)}: taken out, derive them anew" for service, hour in lost]
    if done:
        payload: dict[str, Any] = {"reason": reason, "login": by.login, "restored": done}
        if lost:
            payload["events"] = [[service, hour, None] for service, hour in lost]
        audit.append(connection, [audit.Entry(at, by.author, RESTORE, "the ledger", payload)])
    return done


def _rows_back(connection: sa.Connection, chained: Chained, name: str) -> Iterator[str]:
    """Make the rows of a list as chained: coverage first, as gaps that go on end with it."""
    histories = read(connection, -(2**62), None, None)
    table = _TABLES[name]
    for service in sorted({*chained.rows[name], *histories}):
        history = histories.get(service, History())
        known = chained.rows[name].get(service)
        expected = known.ends if known else {}
        found = facts(history, name)
        for start in sorted({*found, *expected}):
            if start in found and start in expected and found[start] == expected[start]:
                continue
            row = (table.c.service == service) & (table.c.start_ms == start)
            connection.execute(sa.delete(table).where(row))
            if start in expected:
                end = _end(history, name, start, expected[start])
                values = {"service": service, "start_ms": start, "end_ms": end}
                connection.execute(sa.insert(table).values(values))
            done = "put back" if start in expected else "taken out"
            yield f"{where(name, service, start)}: {done}"


def _end(history: History, name: str, start: int, end: int | None) -> int | None:
    """Return the end to write: a gap that goes on ends where its coverage does."""
    if name != "gaps" or end is not None:
        return end
    return next((c.end for c in history.covered if c.start <= start < c.end), start)


def _first_samples_back(connection: sa.Connection, chained: Chained) -> Iterator[str]:
    table = tables.service_state
    found: Mapping[str, int] = {
        row.service: row.first_sample_ms for row in connection.execute(sa.select(table))
    }
    for service, moment in sorted(chained.first.items()):
        if found.get(service) != moment:
            connection.execute(sa.delete(table).where(table.c.service == service))
            values = {"service": service, "first_sample_ms": moment}
            connection.execute(sa.insert(table).values(values))
            yield f"the first sample of {service}: put back"


def _lost_hours(connection: sa.Connection, chained: Chained) -> Iterator[tuple[str, int]]:
    """Take out the hours that are not as chained, and yield them with those that are gone."""
    table = tables.event_hour
    expected = {(s, hour) for hour, found in chained.hours.items() for s in found}
    for service, hour, minutes in connection.execute(sa.select(table)).all():
        expected.discard((service, hour))
        good = hour_digest(service, hour, minutes) == chained.sealed(service, hour)
        if chained.judges(service, hour) and not good:
            row = (table.c.service == service) & (table.c.start_ms == hour)
            connection.execute(sa.delete(table).where(row))
            yield service, hour
    yield from sorted(expected)
