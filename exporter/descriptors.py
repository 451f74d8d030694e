"""How many sockets and files this process may have open."""

import resource
from contextlib import suppress
from typing import Final

_OTHERS: Final = 96  # descriptors: host collectors, requests, libraries
_FEWEST: Final = 8
_MOST: Final = 20_000


def raise_limit() -> int:
    """Raise the soft limit to the hard one; return what holds then.

    The soft limit is 1024 on most systems for the sake of programs that use select(2).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):  # a system may refuse "unlimited": the soft one stays
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST + _OTHERS if soft == resource.RLIM_INFINITY else soft


def runs_at_once(limit: int) -> int:
    """Return how many probes may be under way with so many descriptors."""
    return max(_FEWEST, min(_MOST, limit - _OTHERS))
