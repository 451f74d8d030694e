"""Load averages, from /proc/loadavg."""

from exporter.collectors.support.api import System
from uptime_common.exposition import Family, gauge

LOAD = (
    gauge("node_load1", "1m load average."),
    gauge("node_load5", "5m load average."),
    gauge("node_load15", "15m load average."),
)
METRICS = LOAD


def parse(text: str) -> list[Family]:
    """Parse ``0.21 0.37 0.39 1/719 19737``."""
    return [metric.value(float(word)) for metric, word in zip(LOAD, text.split()[:3], strict=True)]


def read(system: System) -> list[Family]:
    """Read the load averages."""
    return parse(system.proc("loadavg"))
