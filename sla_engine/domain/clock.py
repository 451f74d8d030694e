"""Wall-clock times of a zone and milliseconds UTC."""

from datetime import UTC, datetime, tzinfo


def milliseconds(moment: datetime, zone: tzinfo) -> int:
    """Return milliseconds UTC; a moment without an offset is local time of the zone."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return round(aware.astimezone(UTC).timestamp() * 1000)
