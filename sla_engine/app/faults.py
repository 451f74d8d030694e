"""Services that fail: told in the log when that begins, changes and ends, shown in the metrics."""

from collections.abc import Mapping

import structlog

from sla_engine.domain.isolation import Fault
from sla_engine.metrics import EngineMetrics

log = structlog.get_logger("engine")


class FaultWatch:
    """Knows what was told already. Not for several threads at once."""

    def __init__(self, metrics: EngineMetrics) -> None:
        self._metrics = metrics
        self._told: Mapping[str, Fault] = {}

    def tell(self, faults: Mapping[str, Fault]) -> None:
        """Log what is new of the services that fail, and show them."""
        for service, (reason, text) in faults.items():
            if service not in self._told or self._told[service].reason != reason:
                log.error("service not measured", service=service, reason=reason, error=text)
        for service in self._told.keys() - faults.keys():
            log.info("service measured again", service=service)
        self._told = dict(faults)
        self._metrics.failing({service: fault.reason for service, fault in faults.items()})
