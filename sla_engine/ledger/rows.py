"""What goes into the ledger and comes out of it."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from sla_engine.domain.events import Minute
from sla_engine.domain.interval import Intervals
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.timeline import Timeline

ChangeKind = Literal["opened", "resolved", "reopened", "changed", "withdrawn"]


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


class Change(NamedTuple):
    """What happened to an outage; ``before`` is None for a new one, ``after`` for one withdrawn.

    ``gaps`` are those inside it, in which nothing is known.
    """

    kind: ChangeKind
    service: str
    before: OutageSpan | None
    after: OutageSpan | None
    gaps: Intervals = ()


class NoticeRow(NamedTuple):
    """A notice to send exactly once: ``key`` is unique, ``topic`` shares a thread."""

    key: str
    topic: str
    kind: str
    time: int
    service: str | None
    facts: Mapping[str, Any]
