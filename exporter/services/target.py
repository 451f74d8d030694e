"""What the exporter watches: the catalogue's probes as a flat list."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from service_catalogue import Service
from service_catalogue.probes import Probe
from service_catalogue.quorum import Need, Quorum


class Key(NamedTuple):
    """Names one probe of one service."""

    service: str
    probe: str


class WatchedService(NamedTuple):
    """What the exporter needs of a service, under its names; the rest is the engine's."""

    id: str
    name: str
    owner: str
    tier: str
    labels: Mapping[str, str]
    quorum: Quorum
    probes: tuple[Probe, ...]


Source = Service | WatchedService
S = TypeVar("S", Service, WatchedService)


def watched(services: Iterable[Service]) -> list[WatchedService]:
    """Return what is needed of the services."""
    return [
        WatchedService(s.id, s.name, s.owner, s.tier, s.labels, s.quorum, s.probes)
        for s in services
    ]


@dataclass(frozen=True, slots=True)
class Target:
    """One probe of a service; times in seconds."""

    key: Key
    config: Probe
    need: Need

    @property
    def interval(self) -> float:
        """Return the seconds between two runs."""
        return self.config.interval / 1000

    @property
    def offset(self) -> float:
        """Return the place of its runs within the interval: stable, evenly spread by a hash."""
        return fraction("/".join(self.key)) * self.interval


def fraction(text: str) -> float:
    """Return a stable number in [0, 1) for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64


def shard_of(services: Iterable[S], number: int, count: int) -> list[S]:
    """Return the services of shard ``number`` (from 1) of ``count``: a service is never split."""
    return [s for s in services if int(fraction(s.id) * count) == number - 1]


def targets(services: Iterable[Source]) -> list[Target]:
    """Return the targets of these services."""
    return [
        Target(Key(service.id, probe.name or probe.type), probe, service.quorum.probes)
        for service in services
        for probe in service.probes
    ]
