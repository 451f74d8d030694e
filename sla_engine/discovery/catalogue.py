"""Proposed services -> a catalogue, as plain data."""

from collections.abc import Iterable, Mapping
from typing import Any

from service_catalogue import Catalogue
from service_catalogue.prometheus import Prometheus
from sla_engine.discovery.proposal import Proposed

LOSSY = " (lossy)"
"""What a report adds to the name of a service whose figures are not what its source would say."""


def entry(one: Proposed) -> dict[str, Any]:
    """Return a service as services.yml has it, in the order in which people read it."""
    data: dict[str, Any] = {"id": one.id, "name": one.name}
    if one.labels:
        data["labels"] = dict(one.labels)
    if one.objective is not None:
        data["objective"] = one.objective
    if one.window is not None:
        data["window"] = one.window
    if one.quorum is not None:
        data["quorum"] = {"locations": one.quorum}
    data["sli"] = dict(one.sli)
    return data


def in_memory(
    services: Iterable[Proposed], organization: str, timezone: str, settings: Prometheus
) -> Catalogue:
    """Return a catalogue of proposed services; those that are lossy are named so.

    Raises:
        ValueError: the zone is none.
    """
    entries = [_marked(one) for one in services]
    data: Mapping[str, Any] = {
        "organization": organization,
        "timezone": timezone,
        "prometheus": settings,
        "services": entries,
    }
    return Catalogue.model_validate(data)


def _marked(one: Proposed) -> dict[str, Any]:
    data = entry(one)
    return data | {"name": data["name"] + LOSSY} if one.lossy else data
