"""The ledger's facts in the audit chain: what every derivation changed, and whether it still holds.

What the chain has of them is in `chained`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from sla_engine.domain.history import History
from sla_engine.ledger import audit, tables
from sla_engine.ledger.chained import DERIVE, Chained, facts, moved, services_of

_TELL = "tell"
_WINDOW = "maintenance "
DECISIONS = {
    "correction": tables.correction,
    "maintenance": tables.maintenance,
    "maintenance_event": tables.maintenance_event,
    "frozen_period": tables.frozen_period,
    "term": tables.term,
    "outage_reason": tables.outage_reason,
}

_NONE = History()
_ROWS = {"freeze": "frozen_period", "terms": "term", "observe": "outage_reason"}
"""What a link's rows are of, by its action."""
_ADDED: Mapping[str, Mapping[str, Any]] = {"freeze": {"basis": None}}
"""Columns that rows of former versions lack."""

_IN_ORDER = {"correction", "maintenance_event", "term"}  # the last one says what holds
_STOOD_ON = {"term": "term", "correction": "correction", "event": "maintenance_event"}
"""The table whose newest row figures stand on when they are frozen, by its name in `Basis`."""


def entry(
    chained: Chained,
    before: Mapping[str, History],
    after: Mapping[str, History],
    *,
    first: Iterable[tuple[str, int]],
    sealed: Sequence[Sequence[Any]],
    at: int,
) -> Iterator[audit.Entry]:
    """Yield the audit row of a derivation at ``at`` (ms UTC), if it changed anything.

    ``chained`` is what the chain says so far; ``first`` are first samples (ms UTC) that are new or
    earlier than was known; ``sealed`` hours of events that are settled, as `event_seals` has them.
    """
    seen = [[*item] for item in first]
    payload: dict[str, Any] = {"first": seen} if seen else {}
    eventful = {s: h for s, h in after.items() if any((*h[:2], *before.get(s, _NONE)[:2]))}
    for name in ("outages", "gaps"):
        old = {s: facts(before.get(s, History()), name).items() for s in eventful}
        new = {s: facts(history, name).items() for s, history in eventful.items()}
        gone = [[s, start] for s in new for start, _ in sorted(old[s] - new[s], key=_start)]
        made = [[s, *row] for s in new for row in sorted(new[s] - old[s], key=_start)]
        payload |= {f"{name}_gone": gone} if gone else {}
        payload |= {name: made} if made else {}
    payload |= moved(chained, before, after)
    payload |= {"events": [*sealed]} if sealed else {}
    if payload:
        services = sorted(services_of(payload))
        subject = services[0] if len(services) == 1 else f"{len(services) or 'all'} services"
        yield audit.Entry(at, "sla-engine", DERIVE, subject, payload)


def told(rows: Sequence[Mapping[str, Any]]) -> audit.Entry:
    """Return the audit row of notices that were written: their keys and what they say, hashed."""
    payload = {"rows": [[row["key"], _digest(row)] for row in rows]}
    at = max(row["time_ms"] for row in rows)
    return audit.Entry(at, "sla-engine", _TELL, f"{len(rows)} notices", payload)


def _digest(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(row).encode()).hexdigest()


def _start(row: tuple[int, int | None]) -> int:
    return row[0]


def denied_notices(connection: sa.Connection, links: Iterable[audit.Link]) -> Iterator[str]:
    """Yield the notices that are not as written; those before the first chained are not judged."""
    chained = {
        key: digest
        for link in links
        if link.action == _TELL
        for key, digest in orjson.loads(link.payload)["rows"]
    }
    rows = connection.execute(sa.select(tables.notice).order_by(tables.notice.c.id)).mappings()
    found: dict[str, str] = {}
    for row in rows:
        if chained and (found or row["key"] in chained):
            found[row["key"]] = _digest({name: row[name] for name in row if name != "id"})
    for key in sorted(chained.keys() | found.keys()):
        if key not in found:
            yield f"notice {key} was taken out"
        elif found[key] != chained.get(key):
            yield f"notice {key} was put in or changed by hand"


def denied_decisions(connection: sa.Connection) -> Iterator[str]:
    """Yield the corrections, windows and events that are not as the audit chain has them."""
    chained: dict[str, Counter[str]] = {name: Counter() for name in DECISIONS}
    for link in audit.read(connection):
        payload = orjson.loads(link.payload)
        if link.action in _ROWS:
            told = ({**_ADDED.get(link.action, {}), **row} for row in payload["rows"])
            chained[_ROWS[link.action]].update(map(_text, told))
        elif link.action == "correct":
            chained["correction"][_text(payload)] += 1
        elif link.action.startswith(_WINDOW):
            event = {
                "window_id": link.subject,
                "time_ms": link.time_ms,
                "kind": link.action.removeprefix(_WINDOW),
                "author": link.actor,
                "reason": payload.pop("reason"),
            }
            if "login" in payload:
                event["login"] = payload.pop("login")
            chained["maintenance_event"][_text(event)] += 1
            if payload:
                chained["maintenance"][_text(payload)] += 1
    for name, table in DECISIONS.items():
        columns = [c for c in table.c if name == "maintenance" or c.name != "id"]
        rows = connection.execute(sa.select(*columns).order_by(*table.primary_key)).mappings()
        order = [_text(_as_chained(row)) for row in rows]
        found = Counter(order)
        yield from (f"{name} was put in or changed by hand: {row}" for row in found - chained[name])
        yield from (f"{name} was taken out or changed: {row}" for row in chained[name] - found)
        # A counter holds its rows in the order in which the chain brought them.
        if name in _IN_ORDER and found == chained[name] and list(found) != list(chained[name]):
            yield f"rows of {name} stand in another order than they were written in"


def denied_numbers(connection: sa.Connection, links: Iterable[audit.Link]) -> Iterator[str]:
    """Yield the kinds of decisions whose rows have other numbers than figures were frozen by.

    By these numbers it is told what is newer than a figure, and changed it.
    """
    stood_on = set(_stood_on(links))
    for name in sorted(_IN_ORDER):
        column = DECISIONS[name].c.id
        numbers = list(connection.scalars(sa.select(column).order_by(column)))
        known = {(newest, count) for of, newest, count in stood_on if of == name and newest}
        wrong = any(newest not in numbers[:count] for newest, count in known)
        if wrong or (numbers and numbers[0] < 1):
            yield f"rows of {name} were given other numbers than they were written by"


def _stood_on(links: Iterable[audit.Link]) -> Iterator[tuple[str, int, int]]:
    """Yield what frozen figures stand on: table, its newest number, how many rows it had then."""
    counts: Counter[str] = Counter()
    for link in links:
        if link.action == "correct":
            counts["correction"] += 1
        elif link.action.startswith(_WINDOW):
            counts["maintenance_event"] += 1
        elif link.action == "terms":
            counts["term"] += len(orjson.loads(link.payload)["rows"])
        elif link.action == "freeze":
            for text in {row.get("basis") for row in orjson.loads(link.payload)["rows"]} - {None}:
                basis = orjson.loads(text)
                yield from ((name, basis[key], counts[name]) for key, name in _STOOD_ON.items())


def _as_chained(row: sa.RowMapping) -> dict[str, Any]:
    """Return a row without the login that older ones do not have."""
    return {str(n): row[n] for n in row if n != "login" or row[n] is not None}


def _text(row: Mapping[str, Any]) -> str:
    # Names that SQL reserves are a subclass of str to SQLAlchemy.
    plain = {str(name): value for name, value in row.items()}
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()
