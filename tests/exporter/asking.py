"""Runs one probe as the exporter would."""

import asyncio
from typing import Any

import uvloop

from exporter.probes.transport.result import ProbeResult
from exporter.probes.transport.run import Network
from exporter.services.runner import attempt
from exporter.services.target import Target, targets
from service_catalogue import Service


def target_of(**probe: Any) -> Target:
    """Return the target of a probe as a catalogue describes it; limits are short."""
    limits = {"interval": "10s", "timeout": "5s"}
    described = {"id": "shop", "name": "Shop", "probes": [limits | probe]}
    return targets([Service.model_validate(described)])[0]


def ask(**probe: Any) -> ProbeResult:
    """Run a probe once."""
    return ask_all([probe])[0]


def ask_all(probes: list[dict[str, Any]], log: list[str] | None = None) -> list[ProbeResult]:
    """Run probes once, all at the same time."""

    async def main() -> list[ProbeResult]:
        network = Network.open()
        try:
            many = [
                attempt(target_of(**probe), network, *([] if log is None else [log.append]))
                for probe in probes
            ]
            return await asyncio.gather(*many)
        finally:
            await network.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main())


def measured(result: ProbeResult) -> dict[str, float]:
    """Return the measures by the names of their metrics and further labels."""
    return {
        "/".join([m.metric.name.removeprefix("service_"), *m.labels]): m.value
        for m in result.measures
    }
