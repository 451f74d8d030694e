"""What goes into the ledger and comes out of it."""

from typing import NamedTuple

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
