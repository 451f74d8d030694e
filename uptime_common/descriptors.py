"""How many sockets and files this process may have open, and how many of them are visitors'."""

import resource
from contextlib import suppress
from typing import Final

UNLIMITED: Final = 20_608  # what a system without a limit is taken for
_FEWEST: Final = 8
_MOST: Final = 512
_SHARE: Final = 8


def raise_limit() -> int:
    """Raise the soft limit to the hard one; return what holds then.

    The soft limit is 1024 on most systems for the sake of programs that use select(2).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):  # a system may refuse "unlimited": the soft one stays
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return descriptors()


def descriptors() -> int:
    """Return how many descriptors this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return UNLIMITED if soft == resource.RLIM_INFINITY else soft


def connections_at_once(limit: int) -> int:
    """Return how many HTTP connections may be open with so many descriptors."""
    return max(_FEWEST, min(_MOST, limit // _SHARE))
