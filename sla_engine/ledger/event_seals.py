"""Hours of events in the audit chain: a digest each, from a quarter of an hour after their end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import sqlalchemy as sa

from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.ledger.chained import HOUR, SETTLED, Chained, hour_digest, mark
from sla_engine.ledger.rows import Derived
from sla_engine.ledger.tables import event_hour

_MANY = 500


def touched(item: Derived) -> Interval:
    """Return the hours that the events of an item may change."""
    first, end = item.timeline[0].start, item.timeline[-1].end
    return Interval(first // HOUR * HOUR, -(-end // HOUR) * HOUR)


def denials(
    connection: sa.Connection, chained: Chained, items: Iterable[Derived]
) -> Iterator[tuple[str, str]]:
    """Yield services with a settled hour under a derivation that is not as chained, and which."""
    ranges = {}
    for item in items:
        if item.events is None:
            continue
        reach, span = chained.reach(item.service), touched(item)
        if reach is not None and span.start + SETTLED <= reach:
            ranges[item.service] = Interval(span.start, min(span.end, reach - SETTLED + 1))
    for service, found in _digests(connection, ranges).items():
        span = ranges[service]
        hours = {*found, *(h for h in range(span.start, span.end, HOUR))}
        for hour in sorted(hours):
            if chained.judges(service, hour) and found.get(hour) != chained.sealed(service, hour):
                yield service, denial(service, hour)
                break


def denial(service: str, hour: int) -> str:
    """Return how an hour that is not as chained is named to people."""
    return f"the events of {service} in the hour at {hour} ms were changed by hand"


def changes(
    connection: sa.Connection,
    chained: Chained,
    items: Iterable[Derived],
    after: Mapping[str, History],
) -> list[list[Any]]:
    """Return the hours that settled, or were settled and changed: service, hour, digest or None."""
    ranges = {}
    for item in items:
        if item.events is None:
            continue
        span, before = touched(item), chained.reach(item.service)
        reach = max([before or 0, *(mark(covered.end) for covered in after[item.service].covered)])
        first = span.start
        if before is not None and before < reach:
            first = min(first, (before - SETTLED) // HOUR * HOUR + HOUR)
        last = reach - SETTLED
        if first <= last:
            ranges[item.service] = Interval(first, last + 1)
    return [
        [service, hour, found.get(hour)]
        for service, found in _digests(connection, ranges).items()
        for hour in range(ranges[service].start, ranges[service].end, HOUR)
        if found.get(hour) != chained.sealed(service, hour)
    ]


def moved(
    connection: sa.Connection, chained: Chained, former: str, service: str
) -> list[list[Any]]:
    """Make a former id's hours the service's; return what that changes: service, hour, digest."""
    columns = event_hour.c
    known = sa.select(columns.start_ms).where(columns.service == service)
    rows = (columns.service == former) & columns.start_ms.not_in(known.scalar_subquery())
    query = sa.select(columns.start_ms, columns.minutes).where(rows).order_by(columns.start_ms)
    hours = connection.execute(query).all()
    chained.catch_up(connection, hours[0].start_ms if hours else None)
    connection.execute(sa.update(event_hour).where(rows).values(service=service))
    sealed = [row for row in hours if chained.sealed(former, row.start_ms) is not None]
    gone = [[former, row.start_ms, None] for row in sealed]
    made = [[service, r.start_ms, hour_digest(service, r.start_ms, r.minutes)] for r in sealed]
    return gone + made


def _digests(
    connection: sa.Connection, ranges: Mapping[str, Interval]
) -> dict[str, dict[int, str]]:
    """Return the digests of the hours that the ledger has, for every service that was asked for."""
    together: dict[Interval, list[str]] = defaultdict(list)
    for service, span in ranges.items():
        together[span].append(service)
    found: dict[str, dict[int, str]] = {service: {} for service in ranges}
    columns = event_hour.c
    for span, services in together.items():
        inside = (columns.start_ms >= span.start) & (columns.start_ms < span.end)
        left = iter(services)
        while some := list(islice(left, _MANY)):
            query = sa.select(event_hour).where(inside, columns.service.in_(some))
            for service, hour, minutes in connection.execute(query):
                found[service][hour] = hour_digest(service, hour, minutes)
    return found
