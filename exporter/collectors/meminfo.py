"""Memory, from /proc/meminfo: every field that the kernel prints becomes a metric."""

from collections.abc import Iterator
from functools import cache

from exporter.collectors.support.api import System
from exporter.collectors.support.numeric_template import Layout, Place
from uptime_common.exposition import FilledTemplate, Metric, gauge

PATTERN = r"node_memory_\w+"


@cache
def _metric(key: str, unit: bool) -> Metric:
    """Name the field: ``Active(anon)`` in kB is ``node_memory_Active_anon_bytes``."""
    name = key.replace("(", "_").replace(")", "") + ("_bytes" if unit else "")
    return gauge(f"node_memory_{name}", f"Memory information field {name}.")


def find(text: str) -> Iterator[Place]:
    """Find the fields: ``MemFree:  123 kB`` becomes bytes, ``HugePages_Free: 0`` is a count."""
    index = 1
    for line in text.splitlines():
        key, *rest = line.split()
        unit = rest[1] if len(rest) > 1 else ""
        if unit not in ("", "kB"):
            raise ValueError(f"unknown unit in {line!r}")
        yield index, _metric(key.removesuffix(":"), bool(unit)), 1024 if unit else 1
        index += 1 + len(rest)


def make_layout(_system: System) -> Layout:
    """Return the layout, kept between scrapes."""
    return Layout(find)


def read(system: System) -> list[FilledTemplate]:
    """Read the memory fields."""
    return [system.part(make_layout).families(system.proc("meminfo"))]
