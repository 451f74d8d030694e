"""What the exporter watches: the catalogue's probes as a flat list."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from catalogue import Service
from catalogue.probe import Probe
from exporter.quorum import Need


class Key(NamedTuple):
    """Names one probe of one service."""

    service: str
    probe: str


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


def shard_of(services: Iterable[Service], number: int, count: int) -> list[Service]:
    """Return the services of shard ``number`` (from 1) of ``count``: a service is never split."""
    return [s for s in services if int(fraction(s.id) * count) == number - 1]


def targets(services: Iterable[Service]) -> list[Target]:
    """Return the targets of these services."""
    return [
        Target(Key(service.id, probe.name or probe.type), probe, service.quorum.probes)
        for service in services
        for probe in service.probes
    ]
