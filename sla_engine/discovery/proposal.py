"""What discovery proposes: services as a catalogue has them, and what it left out and why."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from sla_engine.prometheus.inventory import Labels

REPLICAS = (
    "replica",
    "prometheus_replica",
    "__replica__",
    "ha_replica",
    "receive_replica",
    "rule_replica",
    "thanos_replica",
)
"""Labels that tell copies of one sample apart, as operators of Prometheus pairs name them."""


class Wishes(NamedTuple):
    """What somebody wants of a discovery.

    ``objective`` is in percent, for what has none of its own; ``by`` a label whose values become
    the services; ``quorum`` how many of a service's series must be up, a word of the catalogue;
    ``replicas`` further labels that tell copies apart.
    """

    objective: float | None = None
    by: str | None = None
    quorum: str | None = None
    replicas: tuple[str, ...] = ()


class Proposed(NamedTuple):
    """A service that can be judged.

    ``sli`` is that of the catalogue, ``metric`` where it was found, ``members`` its series (none of
    an SLO), ``replicas`` how many copies of each there are, ``remarks`` what could not be known,
    ``lossy`` why its figures are not what its source would say, None where they are.
    """

    id: str
    name: str
    metric: str
    sli: Mapping[str, str]
    members: tuple[Labels, ...] = ()
    labels: Labels = MappingProxyType({})
    objective: float | None = None
    window: str | None = None
    quorum: str | None = None
    replicas: int = 1
    remarks: tuple[str, ...] = ()
    lossy: str | None = None

    @property
    def parts(self) -> int:
        """Return of how many series it is made, copies apart."""
        return len(self.members) // self.replicas

    @property
    def source(self) -> tuple[tuple[str, str], ...]:
        """Return what tells it from every other service, whatever it is called."""
        return tuple(sorted(self.sli.items()))


class LeftOut(NamedTuple):
    """What is not judged: its names, and why."""

    names: tuple[str, ...]
    reason: str


class Proposal(NamedTuple):
    """Services in order of their metrics and names, and what was left out."""

    services: tuple[Proposed, ...]
    left_out: tuple[LeftOut, ...] = ()
