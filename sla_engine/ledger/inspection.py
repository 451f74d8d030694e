"""Whether the ledger is as the audit chain has it: what was looked at, and what nobody can say."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import orjson
import sqlalchemy as sa

from sla_engine.domain.history import History
from sla_engine.domain.outage import outage_id
from sla_engine.ledger import audit, tables
from sla_engine.ledger.audit_facts import (
    DECISIONS,
    denied_decisions,
    denied_notices,
    denied_numbers,
)
from sla_engine.ledger.chained import (
    ADOPT,
    DERIVE,
    LISTS,
    RESTORE,
    Chained,
    facts,
    hour_digest,
    where,
)
from sla_engine.ledger.delivery_facts import Deliveries
from sla_engine.ledger.event_seals import denial
from sla_engine.ledger.histories import read
from sla_engine.ledger.kept import denied_reports

_REPLAYED = {DERIVE, ADOPT, RESTORE}


class Inspection(NamedTuple):
    """What is wrong, what was compared with the chain, and what was not: a line each."""

    findings: tuple[str, ...]
    looked_at: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def inspect(connection: sa.Connection, head: audit.Head | None = None) -> Inspection:
    """Compare the ledger with its chain, and that with a ``head`` that was kept elsewhere."""
    links = list(audit.read(connection))
    if fault := audit.broken(links):
        return Inspection((fault,), (f"audit rows: {len(links)}",), ("all that follows that row",))
    chained = replayed(links)
    histories = read(connection, -(2**62), None, None)
    events, deliveries = _Events(connection, chained), Deliveries(connection, links)
    findings = [
        *_cut_off(links, head),
        *denied_rows(chained, histories),
        *_denied_first_samples(connection, chained),
        *events.findings,
        *denied_notices(connection, links),
        *deliveries.findings,
        *denied_decisions(connection),
        *denied_numbers(connection, links),
        *denied_reports(connection, links),
    ]
    return Inspection(
        tuple(findings),
        (
            f"audit rows: {len(links)}",
            *_counts(connection, chained),
            f"hours of events: {events.judged}",
            f"deliveries: {deliveries.judged}",
        ),
        tuple(_left_out(events, deliveries)),
    )


def replayed(links: Iterable[audit.Link]) -> Chained:
    """Return what the whole chain says."""
    chained = Chained()
    for link in links:
        if link.action in _REPLAYED:
            chained.take(link.action, orjson.loads(link.payload))
    return chained


def _cut_off(links: list[audit.Link], head: audit.Head | None) -> Iterator[str]:
    if head is not None and head not in {audit.Head(link.seq, link.hash) for link in links}:
        yield f"audit row {head.seq} was cut off or made anew: the chain has {len(links)} rows"


def denied_rows(chained: Chained, histories: Mapping[str, History]) -> Iterator[str]:
    """Yield the outages, gaps and stretches of coverage that are not as chained."""
    for name in LISTS:
        known = {s: rows.ends for s, rows in chained.rows[name].items()}
        for service in sorted({*known, *histories}):
            found = facts(histories.get(service, History()), name)
            expected = known.get(service, {})
            for start in sorted({*found, *expected}):
                what = where(name, service, start)
                if name == "outages":
                    what = f"{outage_id(service, start)} of {service} at {start} ms"
                if start not in found:
                    yield f"{what} was taken out"
                elif start not in expected:
                    yield f"{what} was put in by hand"
                elif expected[start] != found[start]:
                    said, shown = expected[start], found[start]
                    yield f"{what} was changed by hand: its end is {shown}, derived was {said}"


def _denied_first_samples(connection: sa.Connection, chained: Chained) -> Iterator[str]:
    """Yield the first samples that are not as derived; what older ledgers noted is not chained."""
    state = tables.service_state
    found = {row.service: row.first_sample_ms for row in connection.execute(sa.select(state))}
    for service, moment in sorted(chained.first.items()):
        if service not in found:
            yield f"the first sample of {service} was taken out"
        elif found[service] != moment:
            shown = found[service]
            yield f"the first sample of {service} was changed by hand: {shown}, not {moment}"


class _Events:
    """The hours of events, each as the chain has it, not so, or not to be judged."""

    def __init__(self, connection: sa.Connection, chained: Chained) -> None:
        self.judged = self.open = self.older = 0
        self.findings: list[str] = []
        expected = {(s, hour) for hour, found in chained.hours.items() for s in found}
        for service, hour, minutes in connection.execute(sa.select(tables.event_hour)):
            expected.discard((service, hour))
            if chained.judges(service, hour):
                self.judged += 1
                if hour_digest(service, hour, minutes) != chained.sealed(service, hour):
                    self.findings.append(denial(service, hour))
            elif chained.events_joined is not None and hour <= chained.events_joined:
                self.older += 1
            else:
                self.open += 1
        for service, hour in sorted(expected):
            self.judged += 1
            self.findings.append(f"{denial(service, hour)}: they were taken out")


def _counts(connection: sa.Connection, chained: Chained) -> Iterator[str]:
    for name in LISTS:
        count = sum(len(rows.ends) for rows in chained.rows[name].values())
        note = ", their ends to the quarter of an hour" if name == "coverage" else ""
        yield f"{name}: {count}{note}"
    yield f"first samples: {len(chained.first)}"
    for name, table in {**DECISIONS, "notice": tables.notice}.items():
        rows = connection.scalar(sa.select(sa.func.count()).select_from(table))
        yield f"rows of {name}: {rows}"


def _left_out(events: _Events, deliveries: Deliveries) -> Iterator[str]:
    """Yield what the chain says nothing of."""
    if events.open:
        yield f"hours of events that are not settled yet: {events.open}"
    if events.older:
        yield f"hours of events from before they joined the chain: {events.older}"
    if deliveries.older:
        yield f"deliveries from before they joined the chain: {deliveries.older}"
    yield "attempts of deliveries, and where in a channel a message stands"
    yield "whether samples, names and the clock were true when they were written"
