"""The kernel's entropy pool, from /proc/sys/kernel/random."""

from collections.abc import Iterator

from exporter.collectors.support.api import System
from uptime_common.exposition import Family, gauge

AVAILABLE = gauge("node_entropy_available_bits", "Bits of available entropy.")
POOL = gauge("node_entropy_pool_size_bits", "Bits of entropy pool.")
METRICS = (AVAILABLE, POOL)


def parse(available: str, pool: str) -> Iterator[Family]:
    """Parse two numbers."""
    yield AVAILABLE.value(int(available))
    yield POOL.value(int(pool))


def read(system: System) -> list[Family]:
    """Read the pool."""
    folder = "sys/kernel/random"
    available = system.proc(f"{folder}/entropy_avail")
    return system.parsed(parse, available, system.proc(f"{folder}/poolsize"))
