"""Paging, swapping and out-of-memory kills, from /proc/vmstat."""

from collections.abc import Callable, Iterator
from functools import cache

from exporter.collectors.support.api import Flag, System
from exporter.collectors.support.numeric_template import Layout, Place
from uptime_common.exposition import FilledTemplate, Metric, untyped

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


def find(text: str, wants: Callable[[str], bool]) -> Iterator[Place]:
    """Find the wanted fields in lines like ``pgfault 2322613``."""
    for number, key in enumerate(text.split()[::2]):
        if wants(key):
            yield 2 * number + 1, _metric(key), 1


def make_layout(system: System) -> Layout:
    """Return the layout of the fields that the flag asks for."""
    return Layout(lambda text: find(text, lambda key: system.matches("vmstat.fields", key)))


def read(system: System) -> list[FilledTemplate]:
    """Read the wanted fields."""
    return [system.part(make_layout).families(system.proc("vmstat"))]
