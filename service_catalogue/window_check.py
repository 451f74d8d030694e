"""The catalogue's maintenance windows that cannot be worked out, each with its place."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

from pydantic import ValidationError

from service_catalogue.base import Frozen, Zone
from service_catalogue.check import maintenance_items
from service_catalogue.computable import flaws, rule_of
from service_catalogue.maintenance import WindowEntry
from uptime_common.document import Finding

_Model = TypeVar("_Model", bound=Frozen)


class _OfZone(Frozen):
    zone: Zone


def window_mistakes(data: Any, now: datetime | None) -> Iterator[Finding]:
    """Yield what cannot be worked out of a catalogue's plain data: location, message.

    What is no window is skipped: the models complain of it. ``now`` is aware; None: no window is
    over.
    """
    named = _of(_OfZone, {"zone": data.get("timezone")}) if isinstance(data, dict) else None
    home: tzinfo = UTC if named is None else named.zone
    windows, _ = maintenance_items(data)
    for at, entry in windows:
        window = _of(WindowEntry, entry)
        if window is not None:
            for field, message in _flaws(window, window.timezone or home, now):
                yield (*at, field), message


def _flaws(window: WindowEntry, zone: tzinfo, now: datetime | None) -> Iterator[tuple[str, str]]:
    first = local(window.start, zone)
    field = "duration" if window.end is None else "end"
    length = timedelta(milliseconds=window.duration or 0)
    if window.end is not None:
        length = local(window.end, zone) - first
        exact = _utc(window.end, zone) - _utc(window.start, zone)
        if window.rrule is None and exact <= timedelta(0):
            yield "end", "is not after start: the clocks change between them"
            return
    for where, message in flaws(first, length, rule_of(window.rrule), zone, now):
        yield (field if where == "length" else where), message


def local(moment: datetime, zone: tzinfo) -> datetime:
    """Return the wall-clock time of a moment, without a zone."""
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def _utc(moment: datetime, zone: tzinfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _of(model: type[_Model], data: Any) -> _Model | None:
    try:
        return model.model_validate(data)
    except ValidationError:
        return None
