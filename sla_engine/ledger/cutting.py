"""Letting go what a clock that was wrong left in the ledger: the time that has not come."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sla_engine.domain.history import History, known_beyond
from sla_engine.domain.outage_changes import Change
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import audit
from sla_engine.ledger.rows import Derived

MOST = 86_400_000
"""How much may be known of the time to come and be cut (ms).

More is no mistake of a clock that ran ahead for a while: it is the clock that is behind now, and
what the ledger knows is the past.
"""
ACTION = "cut"


class Cut(NamedTuple):
    """What changed, the services that were cut, and those of which too much is known for that."""

    changes: tuple[Change, ...] = ()
    services: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def beyond(found: Mapping[str, History], end: int) -> tuple[list[Derived], tuple[str, ...]]:
    """Return what to let go of each history after ``end`` (ms UTC), and the services not to cut."""
    ahead = {s: h for s, h in found.items() if h.covered and h.covered[-1].end > end}
    refused = {service for service, history in ahead.items() if known_beyond(history, end) > MOST}
    items = [
        Derived(s, (Segment(end, h.covered[-1].end, State.UNKNOWN),), None, events=())
        for s, h in ahead.items()
        if s not in refused
    ]
    return items, tuple(sorted(refused))


def said(items: Sequence[Derived], end: int) -> audit.Entry:
    """Return the audit row of a cut: up to where each service was covered."""
    rows = sorted([item.service, item.timeline[-1].end] for item in items)
    subject = str(rows[0][0]) if len(rows) == 1 else f"{len(rows)} services"
    return audit.Entry(end, "sla-engine", ACTION, subject, {"at": end, "reached": rows})
