"""Packets that each CPU took from the network, from /proc/net/softnet_stat."""

from collections.abc import Iterator

from exporter.collectors.support.api import System
from uptime_common.exposition import Family, counter, gauge

# Metric and its column (net/core/net-procfs.c); kernels before 5.10 have fewer.
COLUMNS = (
    (counter("node_softnet_processed_total", "Number of processed packets", "cpu"), 0),
    (counter("node_softnet_dropped_total", "Number of dropped packets", "cpu"), 1),
    (
        counter(
            "node_softnet_times_squeezed_total",
            "Number of times processing packets ran out of quota",
            "cpu",
        ),
        2,
    ),
    (
        counter(
            "node_softnet_cpu_collision_total",
            "Number of collision occur while obtaining device lock while transmitting",
            "cpu",
        ),
        8,
    ),
    (
        counter(
            "node_softnet_received_rps_total", "Number of times cpu woken up received_rps", "cpu"
        ),
        9,
    ),
    (
        counter(
            "node_softnet_flow_limit_count_total",
            "Number of times flow limit has been reached",
            "cpu",
        ),
        10,
    ),
    (gauge("node_softnet_backlog_len", "Softnet backlog status", "cpu"), 11),
)
METRICS = tuple(metric for metric, _ in COLUMNS)
_CPU = 12  # the column that tells the CPU, which is not the line's number where CPUs are offline


def parse(text: str) -> Iterator[Family]:
    """Parse one line of hexadecimal columns per CPU."""
    rows = []
    for number, line in enumerate(text.splitlines()):
        columns = [int(word, 16) for word in line.split()]
        rows.append(((str(columns[_CPU] if len(columns) > _CPU else number),), columns))
    if not rows:
        raise ValueError("softnet_stat is empty")
    for metric, index in COLUMNS:
        yield Family(metric, [(cpu, row[index]) for cpu, row in rows if index < len(row)])


def read(system: System) -> list[Family]:
    """Read the counters."""
    return system.parsed(parse, system.proc("net/softnet_stat"))
