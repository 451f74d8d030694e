"""The ledger: what was measured of every service, safe against crashes and repetition."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Self

import orjson
import sqlalchemy as sa

from sla_engine.domain.actor import Actor
from sla_engine.domain.events import Minute
from sla_engine.domain.history import (
    History,
    cut_off,
    ended,
    merged,
    preserved,
    prolonged,
    replaced,
)
from sla_engine.domain.interval import Interval, Intervals, clip
from sla_engine.domain.notice import Notice
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.outage_changes import Change, changes
from sla_engine.domain.timeline import Timeline, first_known
from sla_engine.ledger import (
    audit,
    audit_facts,
    cutting,
    event_seals,
    events,
    export,
    histories,
    reasons,
    seals,
    statements,
    tables,
)
from sla_engine.ledger.chained import Chained
from sla_engine.ledger.corrections import Corrections
from sla_engine.ledger.engine import TamperedError, open_engine
from sla_engine.ledger.frozen import FrozenPeriods
from sla_engine.ledger.inspection import Inspection, inspect
from sla_engine.ledger.kept import KeptReports
from sla_engine.ledger.maintenance import Requests
from sla_engine.ledger.reasons import OutageReasons, OutageStart, Reasons
from sla_engine.ledger.restore import restore
from sla_engine.ledger.rows import NOTHING, Derived, Without
from sla_engine.ledger.terms import Terms

_EVER = -(2**62)
_NOTHING = History()
_FAR = 2**62
_MANY = 1000  # values in a statement; SQLite takes 32,766

Notify = Callable[[Sequence[Change]], Iterable[Notice]]


class Ledger:
    """A ledger in SQLite or PostgreSQL; safe to use from several threads.

    Every method is one transaction. Arguments and results in milliseconds UTC.
    """

    def __init__(self, engine: sa.Engine, without: Without = NOTHING) -> None:
        self.engine = engine
        self._writing = engine.execution_options(write=True)
        self.corrections = Corrections(engine, without.corrections)
        self.windows = Requests(engine, without.events)
        self.kept = KeptReports(engine)
        self.frozen = FrozenPeriods(engine)
        self.terms = Terms(engine)
        self.reasons = OutageReasons(engine)
        self._chained = Chained(events_since=_FAR)

    @classmethod
    def open(cls, url: str, *, create: bool = True) -> Self:
        """Open, check and migrate the ledger at a URL; make it there unless ``create`` is False.

        Raises:
            LedgerError: it cannot be used.
        """
        return cls(open_engine(url, create=create))

    def without(self, rows: Without) -> "Ledger":
        """Return the ledger as if some decisions were not in it, to read from."""
        return Ledger(self.engine, rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def apply(
        self,
        derived: Iterable[Derived],
        notify: Notify | None = None,
        *,
        at: int | None = None,
        forgotten: audit.Entry | None = None,
        seen: Reasons | None = None,
    ) -> tuple[Change, ...]:
        """Let newly derived timelines take the place of what the ledger held under them.

        Applying the same again changes nothing. The notices that ``notify`` makes of the changes
        are written with them or, after a crash, neither is. ``at`` is when this was done, for the
        audit; the end of what was derived, unless given. ``forgotten`` says there who released
        what, and why; it is written whether or not something was forgotten. ``seen`` is why the
        outages began that are new.

        Raises:
            TamperedError: rows that this would replace are not as the audit chain has them;
                nothing is written.
        """
        items = {item.service: item for item in derived if item.timeline}
        if not items:
            return ()
        with self._writing.begin() as connection:
            audit.alone(connection)
            since = min(item.timeline[0].start for item in items.values())
            before, read_from = _reaching_back(connection, since)
            known = _first_samples(connection)
            self._check(connection, items.values(), before, read_from, known)
            after, samples = _taken(items, before, known)
            histories.write(connection, before, after)
            until = max(item.timeline[-1].end for item in items.values())
            first = _note_first_samples(connection, samples, known)
            events.note(connection, items.values(), before, known)
            sealed = event_seals.changes(connection, self._chained, items.values(), after)
            done = until if at is None else at
            said = [] if forgotten is None else [forgotten]
            facts = audit_facts.entry(
                self._chained, before, after, first=first, sealed=sealed, at=done
            )
            audit.append(connection, [*said, *facts])
            found = tuple(
                change._replace(gaps=_inside(change.after, history.gaps))
                for service, history in after.items()
                if history.outages != (old := before.get(service, _NOTHING).outages)
                for change in changes(service, old, history.outages, items[service].ends)
            )
            opened = {OutageStart(c.service, c.after.start) for c in found if c.after}
            new = {outage: why for outage, why in (seen or {}).items() if outage in opened}
            reasons.write(connection, new, done)
            if notify is not None and found:
                add_notices(connection, notify(found))
        return found

    def unwatch(self, services: Iterable[str], at: int, notify: Notify | None = None) -> None:
        """End the open outages of services that nobody watches any more, ``at`` (ms UTC)."""
        with self._writing.begin() as connection:
            audit.alone(connection)
            before = histories.read(connection, at, None, list(services))
            after = {service: _closed(history, at) for service, history in before.items()}
            histories.write(connection, before, after)
            self._chained.catch_up(connection)
            said = audit_facts.entry(self._chained, before, after, first=(), sealed=(), at=at)
            audit.append(connection, list(said))
            found = [
                Change("unwatched", service, old, new)
                for service, history in after.items()
                for old, new in zip(before[service].outages, history.outages, strict=True)
                if old != new
            ]
            if notify is not None and found:
                add_notices(connection, notify(found))

    def join(self, former: str, service: str, at: int) -> bool:
        """Make what is known under a former id the service's own; say whether there was anything.

        Where both know something the service's own counts. Written into the audit chain ``at``.
        """
        with self._writing.begin() as connection:
            audit.alone(connection)
            before = histories.read(connection, _EVER, None, [former, service])
            if former not in before:
                return False
            ours = before.get(service, History())
            after = {former: History(), service: merged(before[former], ours)}
            histories.write(connection, before, after)
            samples = _first_samples(connection)
            first = min((samples[s] for s in (former, service) if s in samples), default=None)
            seen = _note_first_samples(connection, {service: first}, samples)
            sealed = event_seals.moved(connection, self._chained, former, service)
            said = audit_facts.entry(self._chained, before, after, first=seen, sealed=sealed, at=at)
            audit.append(connection, list(said))
        return True

    def cut(self, end: int, alive: Collection[str], notify: Notify | None = None) -> cutting.Cut:
        """Let go what the ledger holds of the time after ``end`` (ms UTC), which has not come.

        The audit says what was cut. Notices are of services that are ``alive``, by id.
        """
        with self._writing.begin() as connection:
            audit.alone(connection)
            found, read_from = _reaching_back(connection, end)
            items, refused = cutting.beyond(found, end)
            before = {item.service: found[item.service] for item in items}
            after = {service: cut_off(history, end) for service, history in before.items()}
            if items:
                self._check(connection, items, found, read_from, _first_samples(connection))
                histories.write(connection, before, after)
                for item in items:
                    gone = Interval(end, item.timeline[-1].end)
                    events.replace(connection, item.service, gone, ())
                sealed = event_seals.changes(connection, self._chained, items, after)
                facts = audit_facts.entry(
                    self._chained, before, after, first=(), sealed=sealed, at=end
                )
                audit.append(connection, [cutting.said(items, end), *facts])
            changed = tuple(
                change
                for service in before
                if service in alive
                for change in changes(service, before[service].outages, after[service].outages)
            )
            if notify is not None and changed:
                add_notices(connection, notify(changed))
        return cutting.Cut(changed, tuple(before), refused)

    def _check(
        self,
        connection: sa.Connection,
        items: Collection[Derived],
        before: Mapping[str, History],
        read_from: Mapping[str, int],
        known: Mapping[str, int],
    ) -> None:
        """Compare what items would replace, or are made of, with the audit chain.

        Raises:
            TamperedError: it is not as chained.
        """
        counted = [event_seals.touched(item).start for item in items if item.events is not None]
        self._chained.catch_up(connection, min(counted, default=None))
        concerned = {item.service for item in items}
        concerned |= {name for item in items for name in item.made_of}
        for service in sorted(concerned):
            history, since = before.get(service, _NOTHING), read_from.get(service, read_from[""])
            if denied := self._chained.denial(service, history, since):
                raise TamperedError(denied)
        for _, denied in event_seals.denials(connection, self._chained, items):
            raise TamperedError(denied)
        for item in items:
            said = self._chained.first.get(item.service)
            if said is not None and known.get(item.service) != said:
                raise TamperedError(f"the first sample of {item.service} was changed by hand")

    def histories(
        self, period: Interval, services: Iterable[str] | None = None
    ) -> Mapping[str, History]:
        """Return the rows that overlap a period, unclipped, by service."""
        with self.engine.begin() as connection:
            return histories.read(connection, period.start + 1, period.end, services)

    def last_gaps(self, period: Interval) -> dict[str, Interval]:
        """Return the last gap of each service that has one in a period (ms UTC), unclipped."""
        with self.engine.begin() as connection:
            return histories.last_gaps(connection, period)

    def outages(self) -> Iterator[tuple[str, OutageSpan]]:
        """Yield every outage with its service: much less to read than the histories."""
        table = tables.outage.c
        with self.engine.begin() as connection:
            rows = connection.execute(sa.select(table.service, table.start_ms, table.end_ms))
            for service, start, end in rows:
                yield service, OutageSpan(start, end)

    def newest_outages(
        self, since: int, services: Collection[str], most: int
    ) -> list[tuple[str, OutageSpan]]:
        """Return services' outages that are open or began at ``since`` or later, newest first."""
        with self.engine.begin() as connection:
            found = connection.execute(statements.NEWEST_OUTAGES, {"since": since})
            rows = ((s, OutageSpan(start, end)) for s, start, end in found if s in services)
            return [*islice(rows, most)]

    def open_outages(self) -> dict[str, OutageSpan]:
        """Return the open outage of each service that has one."""
        with self.engine.begin() as connection:
            found = connection.execute(statements.OPEN_OUTAGES)
            return {service: OutageSpan(start, None) for service, start in found}

    def events(
        self, period: Interval, services: Collection[str] | None = None
    ) -> Mapping[str, Sequence[Minute]]:
        """Return the minutes of a period in which services, all or some, had events."""
        with self.engine.begin() as connection:
            return events.read(connection, period, services)

    def verify(self, head: audit.Head | None = None) -> list[str]:
        """Return what was changed behind the ledger's back; nothing when all is well.

        ``head`` is what `head` returned once: whoever cut off the end of the chain since, with all
        that hangs on it, is found by that alone.
        """
        return list(self.inspect(head).findings)

    def inspect(self, head: audit.Head | None = None) -> Inspection:
        """Return what `verify` does, what was looked at, and what could not be judged."""
        with self.engine.begin() as connection:
            return inspect(connection, head)

    def restore(self, by: Actor, reason: str, at: int) -> list[str]:
        """Put back what is not as the audit chain has it; return what was done, a line each.

        Outages, gaps, coverage and first samples are as chained then. Hours of events are taken
        out, as the chain has only their digest: deriving them anew brings them back. ``at`` in
        ms UTC; who, with which login, and why stands in the chain.
        """
        with self._writing.begin() as connection:
            audit.alone(connection)
            return restore(connection, by, reason, at)

    def remember_seal(self, seal: Mapping[str, str], now: int) -> None:
        """Write the seal of a report into the audit chain (``now`` in ms UTC)."""
        with self._writing.begin() as connection:
            seals.remember(connection, seal, now)

    def proof_of(self, seal: Mapping[str, str]) -> seals.Proof:
        """Return what the audit chain says of the seal of a report."""
        with self.engine.begin() as connection:
            return seals.proof_of(connection, seal)

    def head(self) -> audit.Head | None:
        """Return the last link of the audit chain, to be kept elsewhere."""
        with self.engine.begin() as connection:
            return audit.head(connection)

    def export(self) -> Iterator[bytes]:
        """Yield the whole ledger as JSON lines, as it is at one moment."""
        with self.engine.begin() as connection:
            yield from export.export(connection)

    def load(self, lines: Iterable[bytes]) -> int:
        """Put exported lines into this ledger, which must be empty; return the number of rows.

        Raises:
            LedgerError: it is not empty, or the lines are no export; it is left as it was.
        """
        with self._writing.begin() as connection:
            return export.load(connection, lines)

    def first_samples(self) -> dict[str, int]:
        """Return the time of the first sample ever seen of each service."""
        with self.engine.begin() as connection:
            return _first_samples(connection)

    def covered_until(self) -> dict[str, int]:
        """Return where the derived past of each service ends."""
        with self.engine.begin() as connection:
            return dict(connection.execute(statements.COVERED_UNTIL).all())

    def decisions(self) -> tuple[int, int]:
        """Return what changes with each decision of a person: on an outage, and on a window."""
        with self.engine.begin() as connection:
            first, second = connection.execute(statements.DECISIONS).one()
        return first, second

    def derived_until(self) -> int | None:
        """Return where the derived past of all services ends, None where there is none."""
        with self.engine.begin() as connection:
            last: int | None = connection.execute(statements.DERIVED_UNTIL).scalar_one()
        return last


def _closed(history: History, at: int) -> History:
    outages = tuple(
        OutageSpan(start, max(at, start + 1) if end is None else end)
        for start, end in history.outages
    )
    return history._replace(outages=outages)


def _taken(
    items: Mapping[str, Derived], before: Mapping[str, History], known: Mapping[str, int]
) -> tuple[dict[str, History], dict[str, int | None]]:
    """Return histories when what was derived has its place in them, and first samples.

    The second only of those services of which they may be others than are ``known``.
    """
    after: dict[str, History] = {}
    samples: dict[str, int | None] = {}
    for service, item in items.items():
        history, first = before.get(service, _NOTHING), known.get(service)
        longer = prolonged(history, item.timeline)
        if longer is not None and first is not None and first <= item.timeline[0].start:
            after[service] = longer
            continue
        line = preserved(history, item.timeline, item.tail, item.released, item.unseen)
        after[service] = ended(replaced(history, line), item.ends)
        samples[service] = _first_sample(item, line, first)
    return after, samples


def _first_sample(item: Derived, line: Timeline, known: int | None) -> int | None:
    """Return the first sample of a service, after a line of its took its place in the ledger.

    None is earlier than the line knows anything, as only a part of the samples would show it. Where
    the line says unknown at the one that was known, all samples show that nothing was known then.
    """
    first = first_known(line)
    if item.first_sample is None or first is None:
        return known
    seen = item.first_sample if line is item.timeline else max(first, item.first_sample)
    inside = known is not None and line[0].start <= known < line[-1].end
    return seen if known is None or (inside and first > known) else min(known, seen)


def _reaching_back(
    connection: sa.Connection, since: int
) -> tuple[dict[str, History], dict[str, int]]:
    """Return what touches or follows ``since``, and what touches that in turn.

    The second is from when on each service's rows were read; under the empty name, all others'.
    """
    found = histories.read(connection, since, None, None)
    first = dict.fromkeys(found, since)
    read_from = {"": since}
    while True:
        earlier = {s: start for s, h in found.items() if (start := _first(h, since)) < first[s]}
        if not earlier:
            return found, read_from
        first |= earlier
        read_from |= dict.fromkeys(earlier, min(earlier.values()))
        found |= histories.read(connection, min(earlier.values()), None, earlier)


def _first(history: History, since: int) -> int:
    if not history.outages and not history.gaps:  # so it is of nearly all at nearly every tick
        return since
    starts = [o.start for o in history.outages] + [g.start for g in history.gaps]
    return min([since, *starts])


def _inside(outage: OutageSpan | None, gaps: Intervals) -> Intervals:
    """Return the gaps of a service that are inside an outage."""
    if outage is None or not gaps:
        return ()
    end = gaps[-1].end if outage.end is None else outage.end
    return clip(gaps, Interval(outage.start, max(outage.start, end)))


def _first_samples(connection: sa.Connection) -> dict[str, int]:
    return dict(connection.execute(statements.FIRST_SAMPLES).all())


def _note_first_samples(
    connection: sa.Connection, samples: Mapping[str, int | None], known: Mapping[str, int]
) -> list[tuple[str, int]]:
    """Write down the first samples that are not as was known, and return them."""
    state = tables.service_state
    seen = [(s, t) for s, t in samples.items() if t is not None and t != known.get(s)]
    new = [{"service": s, "first_sample_ms": t} for s, t in seen if s not in known]
    other = [{"s": s, "t": t} for s, t in seen if s in known]
    if new:
        connection.execute(sa.insert(state), new)
    if other:
        update = sa.update(state).where(state.c.service == sa.bindparam("s"))
        connection.execute(update.values(first_sample_ms=sa.bindparam("t")), other)
    return seen


def add_notices(connection: sa.Connection, notices: Iterable[Notice]) -> None:
    """Put notices into the outbox, in the caller's transaction; a key seen before is ignored."""
    table = tables.notice
    items = list(notices)
    for start in range(0, len(items), _MANY):
        new = {item.key: item for item in items[start : start + _MANY]}
        known = sa.select(table.c.key).where(table.c.key.in_(list(new)))
        for key in connection.execute(known).scalars():
            del new[key]
        rows = [
            {
                "key": item.key,
                "topic": item.topic,
                "kind": item.kind,
                "time_ms": item.time,
                "service": item.service,
                "facts": orjson.dumps(item.facts, option=orjson.OPT_SORT_KEYS).decode(),
            }
            for item in new.values()
        ]
        if rows:
            connection.execute(sa.insert(table), rows)
            audit.append(connection, [audit_facts.told(rows)])
