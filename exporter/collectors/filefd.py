"""Open files of the whole system, from /proc/sys/fs/file-nr."""

from collections.abc import Iterator

from exporter.collectors.support.api import System
from uptime_common.exposition import Family, gauge

ALLOCATED = gauge("node_filefd_allocated", "File descriptor statistics: allocated.")
MAXIMUM = gauge("node_filefd_maximum", "File descriptor statistics: maximum.")
METRICS = (ALLOCATED, MAXIMUM)


def parse(text: str) -> Iterator[Family]:
    """Parse ``602 0 2466177``: allocated, unused (always 0), maximum."""
    allocated, _, maximum = text.split()
    yield ALLOCATED.value(int(allocated))
    yield MAXIMUM.value(int(maximum))


def read(system: System) -> list[Family]:
    """Read the counts."""
    return system.parsed(parse, system.proc("sys/fs/file-nr"))
