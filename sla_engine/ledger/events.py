"""Good and total events by the minute; a row holds an hour, and in it the minutes with an event."""

from collections import defaultdict
from collections.abc import Collection, Iterable

import orjson
import sqlalchemy as sa

from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.interval import Interval, Intervals, clip
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
