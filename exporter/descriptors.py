"""How many probes there are descriptors for."""

from typing import Final

from uptime_common.descriptors import connections_at_once

_OTHERS: Final = 96  # descriptors: host collectors, libraries
_FEWEST: Final = 8
_MOST: Final = 20_000


def runs_at_once(limit: int) -> int:
    """Return how many probes may be under way with so many descriptors."""
    return max(_FEWEST, min(_MOST, limit - connections_at_once(limit) - _OTHERS))
