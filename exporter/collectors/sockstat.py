"""Sockets in use, from /proc/net/sockstat and sockstat6."""

import mmap
from collections.abc import Iterator
from functools import cache

from exporter.collectors.support.api import System
from exporter.collectors.support.numeric_template import Layout, Place
from uptime_common.exposition import FilledTemplate, Metric, gauge

PATTERN = r"node_sockstat_\w+"
USED = gauge("node_sockstat_sockets_used", "Number of IPv4 sockets in use.")
METRICS = (USED,)
_PAGE = mmap.PAGESIZE


@cache
def _metric(protocol: str, state: str) -> Metric:
    text = f"Number of {protocol} sockets in state {state}."
    return gauge(f"node_sockstat_{protocol}_{state}", text)


def find(text: str) -> Iterator[Place]:
    """Find the fields of lines like ``TCP: inuse 4 orphan 0 mem 1``; mem is in pages."""
    offset = 0
    for line in text.splitlines():
        protocol, *words = line.split()
        protocol = protocol.removesuffix(":")
        for position, state in enumerate(words[::2]):
            index = offset + 2 * position + 2
            if protocol == "sockets":
                yield index, USED, 1
                continue
            yield index, _metric(protocol, state), 1
            if state == "mem":
                yield index, _metric(protocol, "mem_bytes"), _PAGE
        offset += 1 + len(words)


def make_layouts(_system: System) -> dict[str, Layout]:
    """Return each file's layout."""
    return {"net/sockstat": Layout(find), "net/sockstat6": Layout(find)}


def read(system: System) -> Iterator[FilledTemplate]:
    """Read the sockets; a kernel without IPv6 has no sockstat6."""
    for path, layout in system.part(make_layouts).items():
        try:
            text = system.proc(path)
        except FileNotFoundError:
            if path != "net/sockstat6":
                raise
            continue
        yield layout.families(text)
