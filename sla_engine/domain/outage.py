"""Outages: what they are (the accounting policy's rule 3) and what people add to them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sla_engine.domain.actor import Actor
from sla_engine.domain.interval import Interval, Intervals
from sla_engine.domain.timeline import State, Timeline, during

OutageClass = Literal["planned", "unplanned", "overrun"]


class OutageSpan(NamedTuple):
    """From the first failed sample to the first good one; ``end`` is None while open."""

    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody changed in a record, and why; append-only."""

    time: int
    author: str
    field: str
    before: str | None
    after: str | None
    reason: str
    login: str | None = None

    @property
    def actor(self) -> Actor:
        """Return who said so: the name that was claimed, and who was logged in."""
        return Actor(self.author, self.login)


class Outage(NamedTuple):
    """A row of the ledger; times in milliseconds UTC, ``end`` None while open.

    ``reclassified`` overrides what the maintenance windows say of the whole outage.
    """

    service: str
    start: int
    end: int | None
    cause: str | None = None
    ticket: str | None = None
    owner: str | None = None
    note: str | None = None
    reclassified: Literal["planned", "unplanned"] | None = None
    corrections: tuple[Correction, ...] = ()

    @property
    def id(self) -> str:
        """Return the id: the same for the same service and start, on every machine, for ever."""
        return outage_id(self.service, self.start)

    @property
    def asked(self) -> Correction | None:
        """Return who asks to have it classed otherwise, until somebody decides."""
        said = (c for c in reversed(self.corrections) if c.field in {"class", "class_asked"})
        last = next(said, None)
        return last if last and last.field == "class_asked" and last.after else None

    def until(self, now: int) -> Interval:
        """Return the outage as an interval; an open one lasts until now."""
        return Interval(self.start, now if self.end is None else self.end)


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE32 = [first + second for first in _LETTERS for second in _LETTERS]


def outage_id(service: str, start: int) -> str:
    """Return the stable id of a service's outage: ``O-`` and 50 bits of a digest in base 32."""
    digest = hashlib.sha256(f"{service}\n{start}".encode()).digest()
    bits = int.from_bytes(digest[:7]) >> 6
    return "O-" + "".join([_BASE32[bits >> shift & 1023] for shift in (40, 30, 20, 10, 0)])


def outages(timeline: Timeline) -> tuple[OutageSpan, ...]:
    """Return the outages of a timeline (rule 3).

    Unknown time after a failure belongs to the outage until a good sample ends it: nothing said
    that the service came back. Unknown time before the first failure does not.
    """
    return tuple(_stretches(timeline))


def _stretches(timeline: Timeline) -> Iterator[OutageSpan]:
    start: int | None = None
    for segment in timeline:
        if segment.state is State.DOWN and start is None:
            start = segment.start
        elif segment.state is State.UP and start is not None:
            yield OutageSpan(start, segment.start)
            start = None
    if start is not None:
        yield OutageSpan(start, None)


def gaps(timeline: Timeline) -> Intervals:
    """Return when nothing is known."""
    return during(timeline, State.UNKNOWN)
