"""Sockets in use, from /proc/net/sockstat and sockstat6."""

import os
from collections.abc import Iterator
from functools import cache

from exporter.collectors.contract import System
from exporter.family import Family, Metric, gauge

PATTERN = r"node_sockstat_\w+"
USED = gauge("node_sockstat_sockets_used", "Number of IPv4 sockets in use.")
METRICS = (USED,)


@cache
def _metric(protocol: str, state: str) -> Metric:
    text = f"Number of {protocol} sockets in state {state}."
    return gauge(f"node_sockstat_{protocol}_{state}", text)


def parse(text: str, page: int) -> Iterator[Family]:
    """Parse lines like ``TCP: inuse 4 orphan 0 tw 1 alloc 17 mem 1``; mem is in pages."""
    for line in text.splitlines():
        protocol, *words = line.replace(":", "").split()
        for state, number in zip(words[::2], words[1::2], strict=True):
            if protocol == "sockets":
                yield USED.value(int(number))
                continue
            yield _metric(protocol, state).value(int(number))
            if state == "mem":
                yield _metric(protocol, "mem_bytes").value(int(number) * page)


def read(system: System) -> Iterator[Family]:
    """Read the sockets; a kernel without IPv6 has no sockstat6."""
    page = os.sysconf("SC_PAGE_SIZE")
    yield from parse(system.proc("net/sockstat"), page)
    try:
        text = system.proc("net/sockstat6")
    except FileNotFoundError:
        return
    yield from parse(text, page)
