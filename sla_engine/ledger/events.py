"""Good and total events by the minute; a row holds an hour, and in it the minutes with an event."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import orjson
import sqlalchemy as sa

from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.history import History, outlived
from sla_engine.domain.interval import Interval, Intervals, clip, union
from sla_engine.ledger.rows import Derived
from sla_engine.ledger.tables import event_hour

_HOUR = 3_600_000


def read(
    connection: sa.Connection, period: Interval, services: Collection[str] | None = None
) -> dict[str, list[Minute]]:
    """Return the minutes that touch a period (ms UTC), by service: of all, or of some."""
    columns = event_hour.c
    first = period.start - MINUTE + 1
    query = sa.select(event_hour).where(
        (columns.start_ms > first - _HOUR) & (columns.start_ms < period.end)
    )
    if services is not None:
        query = query.where(columns.service.in_(services))
    found: dict[str, list[Minute]] = defaultdict(list)
    for row in connection.execute(query.order_by(columns.service, columns.start_ms)):
        minutes = (Minute(*item) for item in orjson.loads(row.minutes))
        found[row.service] += [m for m in minutes if first <= m.start < period.end]
    return found


def replace(
    connection: sa.Connection,
    service: str,
    period: Interval,
    minutes: Iterable[Minute],
    kept: Intervals = (),
) -> None:
    """Let those of the minutes that touch a period take the place of what the ledger held there.

    Minutes that touch what is ``kept`` stay as they are.
    """
    start = period.start // MINUTE * MINUTE
    wide = Interval(start // _HOUR * _HOUR, -(-period.end // _HOUR) * _HOUR)
    known = read(connection, wide, [service]).get(service, [])

    def is_new(moment: int) -> bool:
        inside = start <= moment < period.end
        return inside and not clip(kept, Interval(moment, moment + MINUTE))

    stay = [m for m in known if not is_new(m.start)]
    new = [m for m in minutes if is_new(m.start)]
    hours: dict[int, list[Minute]] = defaultdict(list)
    for minute in sorted((*stay, *new)):
        hours[minute.start // _HOUR * _HOUR].append(minute)
    columns = event_hour.c
    inside = (columns.start_ms >= wide.start) & (columns.start_ms < wide.end)
    connection.execute(sa.delete(event_hour).where((columns.service == service) & inside))
    rows = [
        {
            "service": service,
            "start_ms": hour,
            "minutes": orjson.dumps([tuple(m) for m in found]).decode(),
        }
        for hour, found in hours.items()
    ]
    if rows:
        connection.execute(sa.insert(event_hour), rows)


def note(
    connection: sa.Connection,
    derived: Iterable[Derived],
    before: Mapping[str, History],
    seen_since: Mapping[str, int],
) -> None:
    """Keep the events of which something is known, and those that outlive their samples.

    What came before the first sample may have left Prometheus. Where samples were lost the next
    one shows the events of the whole hole: its minute stays as it was, and so do those from the
    last sample on, and that of the first sample where something was known before it: not where the
    service was ``seen_since`` a later minute. A minute that was not over when it was written down
    is not kept.
    """
    for item in derived:
        if item.events is None:
            continue
        first, end = item.timeline[0].start, item.timeline[-1].end
        start = first if item.released else item.first_sample
        history = before.get(item.service, History())
        lost = outlived(history, item.timeline, item.tail, item.released)
        if start is not None:
            since = {i.end: i.start for i in item.unseen.holes}
            earliest = start // MINUTE < seen_since.get(item.service, start) // MINUTE
            again = [
                Interval(start, start + 1)
                for hole in item.unseen.holes
                if hole.end == start and not item.released and not earliest
                if clip(history.covered, hole)
            ]
            before_holes = (
                Interval(min(i.start, since.get(i.end, i.start)), i.end + 1) for i in lost
            )
            over = max((i.end for i in history.covered), default=0) // MINUTE * MINUTE
            kept = clip(union(before_holes, again), Interval(-(2**62), over))
            replace(connection, item.service, Interval(start, end), item.events, kept)
