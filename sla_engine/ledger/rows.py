"""What goes into the ledger and comes out of it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sla_engine.domain.events import Minute
from sla_engine.domain.timeline import Timeline


class Derived(NamedTuple):
    """What samples said of a service: a timeline without holes; ``first_sample`` in it, if any.

    The last ``tail`` of what was derived before (ms) may have been a guess; see `preserved`.
    ``events`` are those of a service that counts them.
    """

    service: str
    timeline: Timeline
    first_sample: int | None
    tail: int = 300_000
    events: tuple[Minute, ...] | None = None


class NoticeRow(NamedTuple):
    """A notice to send exactly once: ``key`` is unique, ``topic`` shares a thread."""

    key: str
    topic: str
    kind: str
    time: int
    service: str | None
    facts: Mapping[str, Any]
