"""What services that are down together have in common."""

from collections.abc import Sequence

from service_catalogue import Catalogue, Service
from uptime_common.failure import Failures

_HOST = "host"


def shared_cause(
    catalogue: Catalogue, services: Sequence[str], seen: Sequence[Failures | None] = ()
) -> str:
    """Return in words what several services share, the most telling first; empty where nothing.

    ``seen`` is why each went down, as far as that is known.
    """
    known = [found for name in services if (found := catalogue.find(name)) is not None]
    if len(known) < 2 or len(known) != len(services):  # noqa: PLR2004 - one shares nothing
        return ""
    return _dependency(known) or _label(known) or _location(seen) or _owner(known, catalogue)


def _dependency(services: Sequence[Service]) -> str:
    """Name the one that all others stand on, directly or not."""
    below = {s.id: {*s.depends_on, *s.components} for s in services}
    for root in services:
        reached = {root.id}
        while more := {name for name, on in below.items() if on & reached} - reached:
            reached |= more
        if len(reached) == len(below):
            return f"{root.name} and what depends on it"
    return ""


def _label(services: Sequence[Service]) -> str:
    hosts = {service.labels.get(_HOST, "") for service in services}
    [host] = hosts if len(hosts) == 1 else [""]
    return f"all on host {host}" if host else ""


def _location(seen: Sequence[Failures | None]) -> str:
    places = {
        one.location
        for found in seen
        for one in (found.failed if found else ())
        if one.kind == "probe"
    }
    many = all(found is not None and found.locations > 1 for found in seen)
    [place] = places if len(places) == 1 and many else [""]
    return f"all as seen from {place}" if place else ""


def _owner(services: Sequence[Service], catalogue: Catalogue) -> str:
    owners = {service.owner for service in services}
    everybody = {service.owner for service in catalogue.services}
    return f"all of {owners.pop()}" if len(owners) == 1 and len(everybody) > 1 else ""
