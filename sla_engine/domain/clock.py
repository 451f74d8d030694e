"""Wall-clock times of a zone and milliseconds UTC."""

from datetime import UTC, datetime, tzinfo


def wall_clock(moment: datetime, zone: tzinfo) -> datetime:
    """Return the wall-clock time of a moment, without a zone."""
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def milliseconds(moment: datetime, zone: tzinfo) -> int:
    """Return milliseconds UTC; a moment without an offset is local time of the zone."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return round(aware.astimezone(UTC).timestamp() * 1000)
