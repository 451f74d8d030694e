"""Paging, swapping and out-of-memory kills, from /proc/vmstat."""

from collections.abc import Callable, Iterator
from functools import cache

from exporter.collectors.contract import Flag, System
from exporter.family import Family, Metric, untyped

PATTERN = r"node_vmstat_\w+"
FLAGS = (
    Flag(
        "vmstat.fields",
        "^(oom_kill|pgpg|pswp|pg.*fault).*",
        "regular expression of the fields to return",
    ),
)


@cache
def _metric(key: str) -> Metric:
    return untyped(f"node_vmstat_{key}", f"/proc/vmstat information field {key}.")


def parse(text: str, wants: Callable[[str], bool]) -> Iterator[Family]:
    """Parse lines like ``pgfault 2322613``."""
    for line in text.splitlines():
        key, number = line.split(" ")
        if wants(key):
            yield _metric(key).value(int(number))


def read(system: System) -> Iterator[Family]:
    """Read the wanted fields."""
    return parse(system.proc("vmstat"), lambda key: system.matches("vmstat.fields", key))
