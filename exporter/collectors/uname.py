"""The kernel's name and version, from uname(2)."""

import os

from exporter.collectors.contract import System, text_of
from exporter.family import Family, gauge

LABELS = ("sysname", "release", "version", "machine", "nodename", "domainname")
INFO = gauge(
    "node_uname_info", "Labeled system information as provided by the uname system call.", *LABELS
)
METRICS = (INFO,)


def read(system: System) -> list[Family]:
    """Return the one info series; the domain is not in os.uname() and comes from procfs."""
    name = os.uname()
    domain = text_of(system.roots.proc / "sys/kernel/domainname") or "(none)"
    values = (name.sysname, name.release, name.version, name.machine, name.nodename, domain)
    return [INFO.of((values, 1))]
