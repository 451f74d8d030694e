"""Times and durations as programs read them."""

from typing import Any

from sla_engine.domain.period import rfc3339

Json = dict[str, Any]


def moment(at: int | None) -> str | None:
    """Return an instant (ms UTC) in RFC 3339; None for None."""
    return None if at is None else rfc3339(at)


def seconds(milliseconds: float | None) -> float | None:
    """Return seconds, whole ones as integers: 5, not 5.0."""
    if milliseconds is None:
        return None
    value = milliseconds / 1000
    return int(value) if value == int(value) else value
