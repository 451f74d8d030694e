"""Outages together with what people said of them."""

from collections.abc import Sequence
from typing import Literal

from sla_engine.domain.history import History
from sla_engine.domain.outage import Correction, Outage

_FOREVER = 2**62
_KINDS: dict[str, Literal["planned", "unplanned"]] = {
    "planned": "planned",
    "unplanned": "unplanned",
}


def with_corrections(
    service: str, history: History, corrections: Sequence[tuple[int, Correction]]
) -> tuple[Outage, ...]:
    """Return a service's outages with their corrections, the last of each field in force.

    Args:
        service: whose history it is.
        history: its outages.
        corrections: in order of time, each with the moment (ms UTC) of the outage it was made on.
            It belongs to the outage that holds the moment, and so survives a start that moves.
    """
    return tuple(_corrected(Outage(service, *span), corrections) for span in history.outages)


def _corrected(outage: Outage, corrections: Sequence[tuple[int, Correction]]) -> Outage:
    if not corrections:
        return outage
    end = _FOREVER if outage.end is None else outage.end
    ours = tuple(c for moment, c in corrections if outage.start <= moment < end)
    said = {c.field: c.after for c in ours}
    return outage._replace(
        cause=said.get("cause"),
        ticket=said.get("ticket"),
        owner=said.get("owner"),
        note=said.get("note"),
        reclassified=_KINDS.get(said.get("class") or ""),
        corrections=ours,
    )
