"""What goes into the ledger and comes out of it."""

from typing import NamedTuple

from sla_engine.domain.events import Minute
from sla_engine.domain.history import NOTHING_UNSEEN, Unseen
from sla_engine.domain.interval import Intervals
from sla_engine.domain.timeline import Timeline


class Without(NamedTuple):
    """Rows to leave out, by their numbers: terms, corrections, and what happened to windows."""

    terms: frozenset[int] = frozenset()
    corrections: frozenset[int] = frozenset()
    events: frozenset[int] = frozenset()

    def __or__(self, other: "Without") -> "Without":
        return Without(*(one | two for one, two in zip(self, other, strict=True)))


NOTHING = Without()


class Derived(NamedTuple):
    """What samples said of a service: a timeline without holes; ``first_sample`` in it, if any.

    The last ``tail`` of what was derived before (ms) may have been a guess, and what is
    ``released`` may be forgotten where it is unknown now; see `outlived`. ``events`` are those of a
    service that counts them. In ``unseen`` time a sample held though later ones are missing.
    ``made_of`` are the services that it was derived from. From ``ends`` on (ms UTC) nobody watches
    it: what is open then is closed there.
    """

    service: str
    timeline: Timeline
    first_sample: int | None
    tail: int = 300_000
    events: tuple[Minute, ...] | None = None
    released: Intervals = ()
    unseen: Unseen = NOTHING_UNSEEN
    made_of: tuple[str, ...] = ()
    ends: int | None = None
