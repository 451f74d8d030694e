"""What the audit chain says that the ledger holds, replayed row by row.

Outages, gaps and stretches of coverage are rows by service and start. In the chain a gap that goes
on has no end, and coverage, which grows at every tick, ends at the last full quarter of an hour:
every tick derives at least the quarter before again, so that samples decide what lies behind it.
Minutes of events are a digest per hour, from a quarter after the hour's end on.
"""

import hashlib
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from sla_engine.domain.history import History
from sla_engine.domain.interval import Intervals
from sla_engine.ledger import audit, statements
from sla_engine.ledger.engine import TamperedError
from sla_engine.ledger.tables import audit as audit_table

DERIVE, ADOPT, RESTORE = "derive", "adopt", "restore"
LISTS = ("outages", "gaps", "coverage")
HOUR, QUARTER = 3_600_000, 900_000
SETTLED = HOUR + QUARTER
"""How long after its beginning an hour of events joins the chain (ms)."""
_FOREVER = 2**62
_KEPT = 7 * 24 * HOUR
_NOTHING = History()

Row = tuple[int, int | None]


def mark(end: int) -> int:
    """Return the end of a stretch of coverage (ms UTC) as the chain has it."""
    return end // QUARTER * QUARTER


def facts(history: History, name: str) -> dict[int, int | None]:
    """Return a list of a history as the chain has it: ends (ms UTC, None: goes on) by start."""
    if name == "outages":
        return dict(history.outages)
    if name == "coverage":
        return {covered.start: mark(covered.end) for covered in history.covered}
    ends = {covered.end for covered in history.covered}
    return {gap.start: None if gap.end in ends else gap.end for gap in history.gaps}


def hour_digest(service: str, hour: int, minutes: str) -> str:
    """Return what the chain keeps of the events of a service's hour: 128 bits of SHA-256."""
    return hashlib.sha256(f"{service}\n{hour}\n{minutes}".encode()).hexdigest()[:32]


class _Rows:
    """Ends by start, with the starts in order; rows of one list never overlap."""

    __slots__ = ("ends", "starts")

    def __init__(self) -> None:
        self.ends: dict[int, int | None] = {}
        self.starts: list[int] = []

    def put(self, start: int, end: int | None) -> None:
        if start not in self.ends:
            insort(self.starts, start)
        self.ends[start] = end

    def drop(self, start: int) -> None:
        if self.ends.pop(start, _FOREVER) != _FOREVER:
            del self.starts[bisect_left(self.starts, start)]

    def end_before(self, moment: int) -> bool:
        """Say whether all rows ended before a moment."""
        end = self.ends[self.starts[-1]] if self.starts else -_FOREVER
        return end is not None and end < moment

    def is_last(self, covered: Intervals, moment: int) -> bool:
        """Say whether one stretch is all of coverage that ends at a moment or later."""
        if len(covered) != 1 or self.starts[-1:] != [covered[0].start]:
            return False
        earlier = self.ends[self.starts[-2]] if len(self.starts) > 1 else -_FOREVER
        ended = earlier is not None and earlier < moment
        return ended and self.ends[covered[0].start] == mark(covered[0].end)

    def since(self, moment: int) -> Iterator[Row]:
        """Yield the rows that end at a moment or later, the last first."""
        for start in reversed(self.starts):
            end = self.ends[start]
            if end is not None and end < moment:
                return
            yield start, end


class Chained:
    """The state that the chain's rows give; `catch_up` reads those that are new.

    Of events only hours from ``events_since`` (ms UTC) on are kept, all where it is None.
    """

    def __init__(self, events_since: int | None = None) -> None:
        self.events_since = events_since
        self._reset()

    def _reset(self) -> None:
        self.head = audit.Head(0, audit.GENESIS)
        self.rows: dict[str, dict[str, _Rows]] = {name: defaultdict(_Rows) for name in LISTS}
        self.first: dict[str, int] = {}
        self.hours: dict[int, dict[str, str]] = defaultdict(dict)
        self.events_joined: int | None = None

    def catch_up(self, connection: sa.Connection, events_since: int | None = None) -> None:
        """Read what the chain has since the last call, in a transaction that no other writes in.

        ``events_since`` is the first hour of events (ms UTC) that will be asked for.

        Raises:
            TamperedError: a row of the chain cannot be read.
        """
        columns, head = audit_table.c, audit.head(connection)
        cut_off = False
        if self.head.seq > 0 and head != self.head:
            known = connection.scalar(statements.HASH, {"seq": self.head.seq})
            cut_off = known != self.head.hash
        kept = self.events_since
        if events_since is not None and kept is not None:
            if events_since < kept:
                self.events_since, cut_off = events_since - 24 * HOUR, True
            elif events_since > kept + _KEPT:
                self._forget_events(events_since - 24 * HOUR)
        if cut_off:
            self._reset()
        if head is None or head.seq == self.head.seq:
            return
        new = (columns.seq > self.head.seq) & columns.action.in_((DERIVE, ADOPT, RESTORE))
        query = sa.select(columns.seq, columns.action, columns.payload).where(new)
        for seq, action, payload in connection.execute(query.order_by(columns.seq)):
            try:
                self.take(action, orjson.loads(payload))
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                self._reset()
                raise TamperedError(f"audit row {seq} was changed by hand") from error
        self.head = head

    def _forget_events(self, before: int) -> None:
        for hour in [hour for hour in self.hours if hour < before]:
            del self.hours[hour]
        self.events_since = before

    def take(self, action: str, payload: Mapping[str, Any]) -> None:
        """Let one row of the chain change the state."""
        if action == ADOPT:
            self.events_joined = payload.get("events_joined")
        if "reach" in payload:
            old, new = payload["reach"]
            for rows, start in self.ending_at(old):
                rows.put(start, new)
        for name in LISTS:
            for service, start in payload.get(f"{name}_gone", ()):
                self.rows[name][service].drop(start)
            for service, start, end in payload.get(name, ()):
                self.rows[name][service].put(start, end)
        self.first.update(payload.get("first", ()))
        for service, hour, digest in payload.get("events", ()):
            self._seal(service, hour, digest)

    def _seal(self, service: str, hour: int, digest: str | None) -> None:
        if self.events_since is not None and hour < self.events_since:
            return
        if digest is None:
            self.hours[hour].pop(service, None)
        else:
            self.hours[hour][service] = digest

    def ending_at(self, end: int) -> list[tuple[_Rows, int]]:
        """Return the stretches of coverage that end at a mark: where they are, and their start."""
        found = []
        for rows in self.rows["coverage"].values():
            found += [(rows, start) for start, e in rows.since(end) if e == end]
        return found

    def reach(self, service: str) -> int | None:
        """Return up to which mark (ms UTC) a service is covered."""
        rows = self.rows["coverage"].get(service)
        return (
            max((end for end in rows.ends.values() if end is not None), default=None)
            if rows
            else None
        )

    def denial(self, service: str, history: History, since: int) -> str | None:
        """Return what is not as chained of a service's rows that end at ``since`` or later."""
        for name, rows in zip(LISTS, history, strict=True):
            known = self.rows[name].get(service)
            if not rows and (known is None or known.end_before(since)):
                continue  # the most frequent case by far
            if name == "coverage" and known and known.is_last(history.covered, since):
                continue
            found = facts(history, name)
            ends = known.ends if known else {}
            for start, end in found.items():
                if start not in ends or ends[start] != end:
                    return f"{where(name, service, start)} was put in or changed by hand"
            for start, end in known.since(since) if known else ():
                lasts = self._lasts(name, service, start) if end is None else end
                if start not in found and lasts >= since:
                    return f"{where(name, service, start)} was taken out"
        return None

    def _lasts(self, name: str, service: str, start: int) -> int:
        """Return the mark up to which a row without an end lasts: a gap with its coverage."""
        if name == "outages":
            return _FOREVER
        rows = self.rows["coverage"].get(service)
        before = [s for s in rows.starts if s <= start] if rows else []
        return (rows.ends[before[-1]] or 0) if rows and before else 0

    def sealed(self, service: str, hour: int) -> str | None:
        """Return the digest of an hour of events, None where it has none."""
        return self.hours.get(hour, {}).get(service)

    def judges(self, service: str, hour: int) -> bool:
        """Say whether an hour of events must be as the chain has it.

        Those that were there when events joined the chain are judged once they changed since.
        """
        reach = self.reach(service)
        if reach is None or hour + SETTLED > reach:
            return False
        old = self.events_joined is not None and hour <= self.events_joined
        return not old or self.sealed(service, hour) is not None


def where(name: str, service: str, start: int) -> str:
    """Return how a row is named to people."""
    what = {"outages": "the outage", "gaps": "a gap", "coverage": "coverage"}[name]
    return f"{what} of {service} at {start} ms"


def moved(
    chained: Chained, before: Mapping[str, History], after: Mapping[str, History]
) -> dict[str, list[Any]]:
    """Return the payload of what coverage gained: most of it in one pair, as all grow together."""
    moves: dict[tuple[int, int], list[tuple[str, int]]] = defaultdict(list)
    gone: list[list[Any]] = []
    made: list[list[Any]] = []
    for service, history in after.items():
        known = before.get(service, _NOTHING)
        if _within_a_quarter(known, history):
            continue
        old, new = facts(known, "coverage"), facts(history, "coverage")
        gone += [[service, start] for start in old.keys() - new.keys()]
        for start, end in new.items():
            was = old.get(start)
            if was is None or end is None:
                made.append([service, start, end])
            elif was != end:
                moves[was, end].append((service, start))
    payload: dict[str, list[Any]] = {}
    if moves:
        step, keys = max(moves.items(), key=lambda move: len(move[1]))
        if len(keys) == len(chained.ending_at(step[0])):
            payload["reach"] = [*step]
            del moves[step]
    made += [[s, start, end] for (_, end), keys in moves.items() for s, start in keys]
    payload |= {"coverage_gone": sorted(gone)} if gone else {}
    payload |= {"coverage": sorted(made)} if made else {}
    return payload


def _within_a_quarter(before: History, after: History) -> bool:
    """Say whether coverage is one stretch, and as the chain has it already."""
    old, new = before.covered, after.covered
    if len(old) != 1 or len(new) != 1 or old[0].start != new[0].start:
        return False
    return mark(old[0].end) == mark(new[0].end)


def services_of(payload: Mapping[str, Any]) -> Collection[str]:
    """Return the services that a payload names."""
    lists: Iterable[Any] = (rows for name, rows in payload.items() if name != "reach")
    return {row[0] for rows in lists for row in rows}
