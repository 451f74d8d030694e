"""Maintenance windows that were asked for, and what became of them: append-only."""

from collections import defaultdict
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa

from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.ledger import audit, statements, tables


class Request(NamedTuple):
    """A window as it was asked for; one-off, or recurring by an RFC 5545 RRULE in its zone."""

    id: str
    source: str
    title: str
    scope: Scope
    start: int
    end: int
    timezone: str
    rrule: str | None = None


Known = tuple[tuple[Request, tuple[WindowEvent, ...]], ...]
"""Windows, each with what happened to it, oldest first."""


class Requests:
    """The windows of the command line, of feeds and of silences."""

    def __init__(self, engine: sa.Engine, without: frozenset[int] = frozenset()) -> None:
        self._engine = engine
        self._without = without
        self._writing = engine.execution_options(write=True)

    def add(self, request: Request, event: WindowEvent) -> bool:
        """Write down a new window and who asked for it; False when the id is taken."""
        table = tables.maintenance
        with self._writing.begin() as connection:
            known = sa.select(table.c.id).where(table.c.id == request.id)
            if connection.execute(known).first():
                return False
            connection.execute(sa.insert(table).values(_row(request)))
            _append(connection, request.id, event, _row(request))
        return True

    def append(self, identifier: str, event: WindowEvent, *, known: int | None = None) -> bool:
        """Write down a decision; whether it is allowed was judged by the caller.

        With ``known``, the number of events that were judged by: False, and nothing is written,
        when another was written meanwhile.
        """
        log = tables.maintenance_event
        there = sa.select(sa.func.count()).where(log.c.window_id == identifier)
        with self._writing.begin() as connection:
            audit.alone(connection)
            if known is not None and connection.scalar(there) != known:
                return False
            _append(connection, identifier, event, {})
        return True

    def all(self) -> Known:
        """Return every window with what happened to it, in order of their starts."""
        return self._found(statements.WINDOW_EVENTS, statements.WINDOWS)

    def touching(self, period: Interval) -> Known:
        """Return those that touch a period (ms UTC), and all that recur, in order of their starts.

        A one-off window touches it by a millisecond that both have; whether a recurring one has an
        occurrence in it is left to the caller.
        """
        table = tables.maintenance
        within = (table.c.start_ms < period.end) & (table.c.end_ms > period.start)
        return self._known(within | table.c.rrule.is_not(None))

    def of_source(self, source: str) -> Known:
        """Return the windows of a source, in order of their starts."""
        return self._known(tables.maintenance.c.source == source)

    def one(self, identifier: str) -> tuple[Request, tuple[WindowEvent, ...]]:
        """Return the window of an id, with what happened to it.

        Raises:
            KeyError: there is none.
        """
        for found in self._known(tables.maintenance.c.id == identifier):
            return found
        raise KeyError(identifier)

    def _known(self, which: sa.ColumnElement[bool]) -> Known:
        table, log = tables.maintenance, tables.maintenance_event
        chosen = log.c.window_id.in_(sa.select(table.c.id).where(which))
        return self._found(statements.WINDOW_EVENTS.where(chosen), statements.WINDOWS.where(which))

    def _found(self, happened: sa.Select[Any], wanted: sa.Select[Any]) -> Known:
        events: dict[str, list[WindowEvent]] = defaultdict(list)
        with self._engine.begin() as connection:
            for row in connection.execute(happened):
                if row.id not in self._without:
                    events[row.window_id].append(_event(row))
            rows = connection.execute(wanted).all()
        return tuple((_request(row), tuple(events[row.id])) for row in rows if events[row.id])

    def after(self, last: int) -> dict[int, tuple[str, WindowEvent]]:
        """Return what happened with a higher number than ``last``: number, window, event."""
        log = tables.maintenance_event
        with self._engine.begin() as connection:
            rows = connection.execute(sa.select(log).where(log.c.id > last).order_by(log.c.id))
            return {row.id: (row.window_id, _event(row)) for row in rows}


def _event(row: Any) -> WindowEvent:
    return WindowEvent(row.time_ms, row.kind, row.author, row.reason, row.login)


def _append(
    connection: sa.Connection, identifier: str, event: WindowEvent, details: dict[str, Any]
) -> None:
    audit.alone(connection)  # rows are numbered in the chain's order
    who = {} if event.login is None else {"login": event.login}
    values = {
        "window_id": identifier,
        "time_ms": event.time,
        "kind": event.kind,
        "author": event.author,
        "reason": event.reason,
        **who,
    }
    connection.execute(sa.insert(tables.maintenance_event).values(values))
    payload = {"reason": event.reason, **who, **details}
    entry = audit.Entry(event.time, event.author, f"maintenance {event.kind}", identifier, payload)
    audit.append(connection, [entry])


def _row(request: Request) -> dict[str, Any]:
    scope = {
        "services": request.scope.services,
        "tiers": request.scope.tiers,
        "labels": dict(request.scope.labels),
    }
    return {
        "id": request.id,
        "source": request.source,
        "title": request.title,
        "scope": orjson.dumps(scope, option=orjson.OPT_SORT_KEYS).decode(),
        "start_ms": request.start,
        "end_ms": request.end,
        "rrule": request.rrule,
        "timezone": request.timezone,
    }


def _request(row: Any) -> Request:
    scope = orjson.loads(row.scope)
    return Request(
        row.id,
        row.source,
        row.title,
        Scope(
            tuple(scope["services"]), tuple(scope["tiers"]), tuple(sorted(scope["labels"].items()))
        ),
        row.start_ms,
        row.end_ms,
        row.timezone,
        row.rrule,
    )
