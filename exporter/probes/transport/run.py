"""One run of a probe: what it may use, and what it notes on its way."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple

from exporter.blocking import BlockingCalls
from exporter.network.curl import Curl
from exporter.network.icmp import Icmp
from exporter.network.pulse import Pulse
from exporter.network.resolver import Resolver
from exporter.probes.transport.result import Measure, Phase
from uptime_common.exposition import Metric

Log = Callable[[str], None]


def silent(_message: str) -> None:
    """Take a line of a run's log and drop it."""


class Token(NamedTuple):
    """What a token server gave, and until when (by the loop's clock) it is used."""

    text: str
    until: float


@dataclass(frozen=True, slots=True)
class Network:
    """What all probes of a process share; ``tokens`` by what was asked of whom."""

    resolver: Resolver
    curl: Curl
    icmp: Icmp
    blocking: BlockingCalls
    pulse: Pulse
    tokens: dict[str, Token] = field(default_factory=dict)

    @classmethod
    def open(cls) -> "Network":
        """Make it all on the running loop."""
        return cls(Resolver(), Curl(), Icmp(), BlockingCalls(), Pulse())

    async def close(self) -> None:
        """End what is under way and close the sockets."""
        self.pulse.close()
        self.curl.close()
        self.icmp.close()
        await self.resolver.close()


@dataclass(slots=True)
class Run:
    """Collects the phases and measures of one run, so that they survive its failure.

    ``detailed`` says that what tells nothing of the verdict is measured, too.
    """

    network: Network
    deadline: float
    log: Log = silent
    detailed: bool = False
    phases: dict[Phase, float] = field(default_factory=dict)
    measured: dict[tuple[Metric, tuple[str, ...]], float] = field(default_factory=dict)

    def left(self) -> float:
        """Return the seconds until the time limit."""
        return max(0.0, self.deadline - asyncio.get_running_loop().time())

    @contextmanager
    def phase(self, name: Phase) -> Iterator[None]:
        """Add the seconds spent inside to a phase, also when they end in an exception."""
        start = perf_counter()
        try:
            yield
        finally:
            self.add(name, perf_counter() - start)

    def add(self, name: Phase, seconds: float) -> None:
        """Add seconds to a phase."""
        self.phases[name] = self.phases.get(name, 0.0) + max(0.0, seconds)

    def measure(self, metric: Metric, value: float, *labels: str) -> None:
        """Note a value in the place of the one before of the same labels, or of an info."""
        if metric.name.endswith("_info"):
            self.measured = {key: v for key, v in self.measured.items() if key[0] is not metric}
        self.measured[metric, labels] = value

    def measures(self) -> tuple[Measure, ...]:
        """Return what was noted, each series once."""
        return tuple(Measure(metric, value, key) for (metric, key), value in self.measured.items())
