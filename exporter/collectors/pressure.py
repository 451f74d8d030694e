"""Pressure stall information (PSI), from /proc/pressure."""

from collections.abc import Iterator

from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, Metric, counter


def _counter(name: str, text: str) -> Metric:
    return counter(f"node_pressure_{name}_seconds_total", f"Total time in seconds {text}")


# File, its line, and the metric. The whole system never waits for the CPU: no "full" there.
TOTALS = {
    ("cpu", "some"): _counter("cpu_waiting", "that processes have waited for CPU time"),
    ("io", "some"): _counter("io_waiting", "that processes have waited due to IO congestion"),
    ("io", "full"): _counter("io_stalled", "no process could make progress due to IO congestion"),
    ("memory", "some"): _counter("memory_waiting", "that processes have waited for memory"),
    ("memory", "full"): _counter(
        "memory_stalled", "no process could make progress due to memory congestion"
    ),
    ("irq", "full"): _counter(
        "irq_stalled", "no process could make progress due to IRQ congestion"
    ),
}
METRICS = tuple(TOTALS.values())
_MICROSECOND = 1e-6


def parse(resource: str, text: str) -> Iterator[Family]:
    """Parse lines like ``some avg10=0.00 avg60=0.00 avg300=0.00 total=14641757``."""
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if (resource, kind) in TOTALS:
            total = rest.rpartition("total=")[2]
            yield TOTALS[resource, kind].value(int(total) * _MICROSECOND)


def measured(system: System) -> list[str]:
    """Return the resources whose pressure this kernel measures, which cannot change."""
    found = []
    for resource in ("cpu", "io", "memory", "irq"):
        try:
            system.proc(f"pressure/{resource}")
        except OSError:  # not built in, or switched off (psi=0: reads say EOPNOTSUPP)
            continue
        found.append(resource)
    return found


def read(system: System) -> Iterator[Family]:
    """Read the pressures that this kernel measures."""
    resources = system.part(measured)
    if not resources:
        raise NoDataError("this kernel measures no pressure")
    for resource in resources:
        yield from parse(resource, system.proc(f"pressure/{resource}"))
