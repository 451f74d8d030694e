"""Host collectors, one file per subsystem, under node_exporter's names.

``emits(name)`` says whether a metric name can come from here: the contract tests of rules and
dashboards ask it. Names live with their collector, not in exporter/metrics.py: there are hundreds,
the kernel chooses some of them, and who reads or adds a collector wants one file.
"""

import re
from functools import cache
from typing import Final

from exporter.collectors import (
    cpu,
    diskstats,
    filesystem,
    loadavg,
    meminfo,
    netdev,
    stat,
    time_,
    uname,
)
from exporter.collectors.contract import Collector, Option

COLLECTORS: Final[dict[str, Collector]] = {
    "cpu": Collector(cpu.read, cpu.METRICS, flags=cpu.FLAGS),
    "diskstats": Collector(diskstats.read, diskstats.METRICS, flags=diskstats.FLAGS),
    "filesystem": Collector(filesystem.read, filesystem.METRICS, flags=filesystem.FLAGS),
    "loadavg": Collector(loadavg.read, loadavg.METRICS),
    "meminfo": Collector(meminfo.read, pattern=meminfo.PATTERN),
    "netdev": Collector(netdev.read, netdev.METRICS, flags=netdev.FLAGS),
    "stat": Collector(stat.read, stat.METRICS, flags=stat.FLAGS),
    "time": Collector(time_.read, time_.METRICS),
    "uname": Collector(uname.read, uname.METRICS),
}


def default_options() -> dict[str, Option]:
    """Return every flag of every collector with its default."""
    return {flag.name: flag.default for c in COLLECTORS.values() for flag in c.flags}


@cache
def metric_names() -> frozenset[str]:
    """Return the names that are constants."""
    return frozenset(metric.name for c in COLLECTORS.values() for metric in c.metrics)


@cache
def name_patterns() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of the names that come from the kernel."""
    return tuple(re.compile(c.pattern) for c in COLLECTORS.values() if c.pattern)


def emits(name: str) -> bool:
    """Say whether a collector may emit this metric name."""
    return name in metric_names() or any(p.fullmatch(name) for p in name_patterns())
