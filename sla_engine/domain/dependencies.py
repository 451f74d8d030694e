"""Which outages lay inside those of what a service depends on; told in reports, in no figure."""

from collections.abc import Iterable, Mapping, Sequence

from sla_engine.domain.outage import Outage

_SLACK = 60_000
"""How much later than its consequence a cause may be seen: each is probed at its own moment."""


def needed(service: str, depends_on: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return what a service depends on, directly or not, nearest first; without itself."""
    found: dict[str, None] = {}
    names = list(depends_on.get(service, ()))
    while names:
        name = names.pop(0)
        if name != service and name not in found:
            found[name] = None
            names += depends_on.get(name, ())
    return tuple(found)


def during(outage: Outage, others: Iterable[Outage], now: int) -> bool:
    """Say whether an outage began while one of the others lasted (``now`` in ms UTC)."""
    return any(one.start - _SLACK <= outage.start < one.until(now).end for one in others)
