"""Memory, from /proc/meminfo: every field that the kernel prints becomes a metric."""

from functools import cache

from exporter.collectors.contract import System
from exporter.family import Family, Metric, gauge

PATTERN = r"node_memory_\w+"


@cache
def _metric(key: str, unit: bool) -> Metric:
    """Name the field: ``Active(anon)`` in kB is ``node_memory_Active_anon_bytes``."""
    name = key.replace("(", "_").replace(")", "") + ("_bytes" if unit else "")
    return gauge(f"node_memory_{name}", f"Memory information field {name}.")


def parse(text: str) -> list[Family]:
    """Parse lines like ``MemFree:  123 kB`` (bytes, then) or ``HugePages_Free: 0`` (a count)."""
    families = []
    for line in text.splitlines():
        key, _, rest = line.partition(":")
        words = rest.split()
        unit = len(words) > 1
        if unit and words[1] != "kB":
            raise ValueError(f"unknown unit in {line!r}")
        families.append(_metric(key, unit).value(int(words[0]) * 1024 if unit else int(words[0])))
    return families


def read(system: System) -> list[Family]:
    """Read the memory fields."""
    return parse(system.proc("meminfo"))
