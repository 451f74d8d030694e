"""The newest outages as the engine publishes them: exact, few, and since when they are all."""

from typing import NamedTuple

from sla_engine.domain.outage import OutageClass


class ListBounds(NamedTuple):
    """How many outages are published at most, and of what age (ms)."""

    outages: int = 200
    age: int = 90 * 86_400_000


DEFAULT_BOUNDS = ListBounds()


class ListedOutage(NamedTuple):
    """An outage of the ledger; ``end`` is None while open, times in milliseconds UTC.

    ``kind``, ``planned`` and ``unplanned`` (ms) are what the accounting makes of all of it;
    ``reason`` is the recorded cause, empty while none is known.
    """

    service: str
    id: str
    start: int
    end: int | None
    kind: OutageClass
    reason: str
    planned: int
    unplanned: int


class ListedWindow(NamedTuple):
    """An approved maintenance window of a service that began; times in milliseconds UTC."""

    service: str
    window: str
    start: int
    end: int


class NewestOutages(NamedTuple):
    """Outages and maintenance windows, newest first.

    Every outage that began at ``since`` (ms UTC) or later is among them; None where nothing is
    known of any service.
    """

    outages: tuple[ListedOutage, ...] = ()
    since: int | None = None
    windows: tuple[ListedWindow, ...] = ()
