"""Packages that wait for an upgrade, from apt or dnf; and whether a reboot is due.

The package manager is asked in the background, at low priority, when its lists or the installed
packages changed, and once every six hours. It changes nothing, and needs neither root nor network.
"""

import shutil
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from exporter.blocking import Background
from exporter.collectors import apt, dnf
from exporter.collectors.support import package_managers
from exporter.collectors.support.api import NoDataError, System
from exporter.collectors.support.package_managers import Manager, Updates
from uptime_common.exposition import Family, gauge

PENDING = gauge("node_updates_pending", "Installed packages that can be upgraded.")
SECURITY = gauge(
    "node_updates_security_pending",
    "Installed packages for which a security update is there.",
)
LISTED = gauge(
    "node_updates_lists_timestamp_seconds", "When the lists of packages were last fetched."
)
APPLIED = gauge("node_updates_applied_timestamp_seconds", "When packages were last changed.")
REBOOT = gauge("node_reboot_required", "Whether an upgrade asks for a reboot.")
METRICS = (PENDING, SECURITY, LISTED, APPLIED, REBOOT)

MANAGERS = (apt.MANAGER, dnf.MANAGER)
_MAX_AGE = 6 * 3600


def worker(_system: System) -> Background[Updates]:
    """Return the worker that asks the package manager."""
    return Background("updates", _MAX_AGE)


def _newest(root: Path, globs: Iterable[str]) -> float | None:
    """Return when the newest match was changed, None where there is none."""
    times = []
    for path in (path for pattern in globs for path in root.glob(pattern)):
        try:
            times.append(path.stat().st_mtime)
        except OSError:
            continue  # gone since
    return max(times, default=None)


def _manager(root: Path) -> tuple[Manager, float]:
    """Return the host's package manager, and when packages were last changed."""
    for manager in MANAGERS:
        applied = _newest(root, manager.installed)
        if applied is not None and shutil.which(manager.program, path=package_managers.PATH):
            return manager, applied
    raise NoDataError("this host uses neither apt nor dnf")


def read(system: System) -> Iterator[Family]:
    """Return the last answer of the package manager, and what files tell."""
    root = system.roots.root
    manager, applied = _manager(root)
    listed = _newest(root, manager.lists)
    updates = system.part(worker).get((applied, listed), partial(manager.ask, root))
    if updates is not None:
        yield PENDING.value(updates.pending)
        yield SECURITY.value(updates.security)
    yield APPLIED.value(applied)
    if listed is not None:
        yield LISTED.value(listed)
    reboot = manager.reboot(root, updates)
    if reboot is not None:
        yield REBOOT.value(reboot)
