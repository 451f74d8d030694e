"""The ledger's facts in the audit chain: what every derivation changed, and whether it still holds.

Outages are written down at every change; gaps when they have ended, as one that goes on would need
a row at every tick. Coverage is not: it can be had again by deriving anew.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan, outage_id
from sla_engine.ledger import audit, tables
from sla_engine.ledger.histories import read
from sla_engine.ledger.kept import denied_reports

ACTION = "derive"
_TELL = "tell"
_FIRST = "first"
_LISTS = ("outages", "gaps")
_WINDOW = "maintenance "
_DECISIONS = {
    "correction": tables.correction,
    "maintenance": tables.maintenance,
    "maintenance_event": tables.maintenance_event,
    "frozen_period": tables.frozen_period,
    "term": tables.term,
}

_IN_ORDER = {"correction", "maintenance_event", "term"}  # the last one says what holds

Spans = dict[tuple[str, int], int | None]


def entry(
    before: Mapping[str, History],
    after: Mapping[str, History],
    first: Iterable[tuple[str, int]],
    at: int,
) -> Iterator[audit.Entry]:
    """Yield the audit row of a derivation at ``at`` (ms UTC), if it changed anything.

    ``first`` are first samples (ms UTC) that are new or earlier than was known.
    """
    seen = [[*item] for item in first]
    payload: dict[str, list[list[Any]]] = {_FIRST: seen} if seen else {}
    eventful = {s: h for s, h in after.items() if any((*h[:2], *before.get(s, History())[:2]))}
    for name in _LISTS:
        old = {s: _settled(before.get(s, History()), name) for s in eventful}
        new = {s: _settled(history, name) for s, history in eventful.items()}
        gone = [[s, start] for s in new for start, _ in sorted(old[s] - new[s], key=_start)]
        made = [[s, *row] for s in new for row in sorted(new[s] - old[s], key=_start)]
        payload |= {f"{name}_gone": gone} if gone else {}
        payload |= {name: made} if made else {}
    if payload:
        services = sorted({row[0] for rows in payload.values() for row in rows})
        subject = services[0] if len(services) == 1 else f"{len(services)} services"
        yield audit.Entry(at, "sla-engine", ACTION, subject, payload)


def told(rows: Sequence[Mapping[str, Any]]) -> audit.Entry:
    """Return the audit row of notices that were written: their keys and what they say, hashed."""
    payload = {"rows": [[row["key"], _digest(row)] for row in rows]}
    at = max(row["time_ms"] for row in rows)
    return audit.Entry(at, "sla-engine", _TELL, f"{len(rows)} notices", payload)


def _digest(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(row).encode()).hexdigest()


def _settled(history: History, name: str) -> set[OutageSpan] | set[Interval]:
    if name == "outages":
        return set(history.outages)
    ends = {covered.end for covered in history.covered}
    return {gap for gap in history.gaps if gap.end not in ends}


def _start(row: tuple[int, int | None]) -> int:
    return row[0]


def findings(connection: sa.Connection, head: audit.Head | None = None) -> Iterator[str]:
    """Yield what is wrong with the ledger: the chain's first bad row, facts that it denies."""
    links = list(audit.read(connection))
    if fault := audit.broken(links):
        yield fault
        return
    if head is not None and head not in {audit.Head(link.seq, link.hash) for link in links}:
        yield f"audit row {head.seq} was cut off or made anew: the chain has {len(links)} rows"
    expected = _replayed(links)
    found = _present(connection)
    for name in _LISTS:
        for key in sorted(expected[name].keys() | found[name].keys()):
            service, start = key
            what = outage_id(*key) if name == "outages" else "a gap"
            where = f"{what} of {service} at {start} ms"
            if key not in found[name]:
                yield f"{where} was taken out"
            elif key not in expected[name]:
                yield f"{where} was put in by hand"
            elif expected[name][key] != found[name][key]:
                said, shown = expected[name][key], found[name][key]
                yield f"{where} was changed by hand: its end is {shown}, derived was {said}"
    yield from _denied_first_samples(connection, links)
    yield from _denied_notices(connection, links)
    yield from denied_decisions(connection)
    yield from denied_reports(connection, links)


def _denied_first_samples(connection: sa.Connection, links: Iterable[audit.Link]) -> Iterator[str]:
    """Yield the first samples that are not as derived; what older ledgers noted is not chained."""
    chained = {
        service: moment
        for link in links
        if link.action == ACTION
        for service, moment in orjson.loads(link.payload).get(_FIRST, ())
    }
    state = tables.service_state
    found = {row.service: row.first_sample_ms for row in connection.execute(sa.select(state))}
    for service, moment in sorted(chained.items()):
        if service not in found:
            yield f"the first sample of {service} was taken out"
        elif found[service] != moment:
            shown = found[service]
            yield f"the first sample of {service} was changed by hand: {shown}, not {moment}"


def _denied_notices(connection: sa.Connection, links: Iterable[audit.Link]) -> Iterator[str]:
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


def _replayed(links: Iterable[audit.Link]) -> dict[str, Spans]:
    spans: dict[str, Spans] = {name: {} for name in _LISTS}
    for link in links:
        if link.action == ACTION:
            payload = orjson.loads(link.payload)
            for name in _LISTS:
                for service, start in payload.get(f"{name}_gone", ()):
                    spans[name].pop((service, start), None)
                for service, start, end in payload.get(name, ()):
                    spans[name][service, start] = end
    return spans


def _present(connection: sa.Connection) -> dict[str, Spans]:
    histories = read(connection, -(2**62), None, None)
    return {
        name: {
            (service, row[0]): row[1]
            for service, history in histories.items()
            for row in _settled(history, name)
        }
        for name in _LISTS
    }


def denied_decisions(connection: sa.Connection) -> Iterator[str]:
    """Yield the corrections, windows and events that are not as the audit chain has them."""
    chained: dict[str, Counter[str]] = {name: Counter() for name in _DECISIONS}
    for link in audit.read(connection):
        payload = orjson.loads(link.payload)
        if link.action == "freeze":
            told = ({"basis": None} | row for row in payload["rows"])
            chained["frozen_period"].update(map(_text, told))
        elif link.action == "terms":
            chained["term"].update(map(_text, payload["rows"]))
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
            chained["maintenance_event"][_text(event)] += 1
            if payload:
                chained["maintenance"][_text(payload)] += 1
    for name, table in _DECISIONS.items():
        columns = [c for c in table.c if name == "maintenance" or c.name != "id"]
        rows = connection.execute(sa.select(*columns).order_by(*table.primary_key)).mappings()
        order = [_text(dict(row)) for row in rows]
        found = Counter(order)
        yield from (f"{name} was put in or changed by hand: {row}" for row in found - chained[name])
        yield from (f"{name} was taken out or changed: {row}" for row in chained[name] - found)
        # A counter holds its rows in the order in which the chain brought them.
        if name in _IN_ORDER and found == chained[name] and list(found) != list(chained[name]):
            yield f"rows of {name} stand in another order than they were written in"


def _text(row: Mapping[str, Any]) -> str:
    # Names that SQL reserves are a subclass of str to SQLAlchemy.
    plain = {str(name): value for name, value in row.items()}
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS).decode()
