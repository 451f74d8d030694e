"""What services that are down together have in common."""

from collections.abc import Sequence

from service_catalogue import Catalogue, Service
from sla_engine.reports.language import PLAIN, Language
from uptime_common.failure import Failures

_HOST = "host"


def shared_cause(
    catalogue: Catalogue,
    services: Sequence[str],
    seen: Sequence[Failures | None] = (),
    say: Language = PLAIN,
) -> str:
    """Return in words what several services share, the most telling first; empty where nothing.

    ``seen`` is why each went down, as far as that is known.
    """
    known = [found for name in services if (found := catalogue.find(name)) is not None]
    if len(known) < 2 or len(known) != len(services):  # noqa: PLR2004 - one shares nothing
        return ""
    return (
        _dependency(known, say)
        or _label(known, say)
        or _location(seen, say)
        or _owner(known, catalogue, say)
    )


def _dependency(services: Sequence[Service], say: Language) -> str:
    """Name the one that all others stand on, directly or not."""
    below = {s.id: {*s.depends_on, *s.components} for s in services}
    for root in services:
        reached = {root.id}
        while more := {name for name, on in below.items() if on & reached} - reached:
            reached |= more
        if len(reached) == len(below):
            return say.phrase("{name} and what depends on it", name=root.name)
    return ""


def _label(services: Sequence[Service], say: Language) -> str:
    hosts = {service.labels.get(_HOST, "") for service in services}
    [host] = hosts if len(hosts) == 1 else [""]
    return say.phrase("all on host {host}", host=host) if host else ""


def _location(seen: Sequence[Failures | None], say: Language) -> str:
    places = {
        one.location
        for found in seen
        for one in (found.failed if found else ())
        if one.kind == "probe"
    }
    many = all(found is not None and found.locations > 1 for found in seen)
    [place] = places if len(places) == 1 and many else [""]
    return say.phrase("all as seen from {place}", place=place) if place else ""


def _owner(services: Sequence[Service], catalogue: Catalogue, say: Language) -> str:
    owners = {service.owner for service in services}
    everybody = {service.owner for service in catalogue.services}
    if len(owners) > 1 or len(everybody) == 1:
        return ""
    return say.phrase("all of {owner}", owner=owners.pop())
