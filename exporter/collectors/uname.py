"""The kernel's name and version, from uname(2)."""

import os

from exporter.collectors.support.api import System
from uptime_common.exposition import Family, gauge

LABELS = ("sysname", "release", "version", "machine", "nodename", "domainname")
INFO = gauge(
    "node_uname_info", "Labeled system information as provided by the uname system call.", *LABELS
)
METRICS = (INFO,)


def families(values: tuple[str, ...]) -> list[Family]:
    """Return the one info series."""
    return [INFO.of((values, 1))]


def _domain(system: System) -> str:
    try:
        return system.proc("sys/kernel/domainname").strip()
    except OSError:
        return "(none)"


def read(system: System) -> list[Family]:
    """Ask the kernel; the domain is not in os.uname() and comes from procfs."""
    name = os.uname()
    domain = _domain(system)
    values = (name.sysname, name.release, name.version, name.machine, name.nodename, domain)
    return system.parsed(families, values)
