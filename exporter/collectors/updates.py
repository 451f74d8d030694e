"""Packages that wait for an upgrade, from apt's simulation; and whether a reboot is due.

apt is asked in the background, at low priority, when its lists or the installed packages changed,
and once every six hours. It changes nothing and takes no lock.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from exporter.collectors.background import Background
from exporter.collectors.contract import NoDataError, System
from exporter.family import Family, gauge

PENDING = gauge("node_updates_pending", "Installed packages that can be upgraded.")
SECURITY = gauge(
    "node_updates_security_pending",
    "Installed packages that a security archive can upgrade.",
)
LISTED = gauge(
    "node_updates_lists_timestamp_seconds", "When the lists of packages were last fetched."
)
APPLIED = gauge("node_updates_applied_timestamp_seconds", "When packages were last changed.")
REBOOT = gauge("node_reboot_required", "Whether an upgrade asks for a reboot.")
METRICS = (PENDING, SECURITY, LISTED, APPLIED, REBOOT)

_UPGRADE = re.compile(r"^Inst \S+ \[[^\]]+\] \((.*)", re.MULTILINE)
_TIMEOUT = 120  # seconds
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_MAX_AGE = 6 * 3600
_LISTS, _STATUS = "var/lib/apt/lists", "var/lib/dpkg/status"
_REBOOT_FILES = ("run/reboot-required", "var/run/reboot-required")


class Updates(NamedTuple):
    """Numbers of packages."""

    pending: int
    security: int


def parse(text: str) -> Updates:
    """Count lines like ``Inst zip [3.0-13] (3.0-13+deb12u1 Debian-Security:12/... [amd64])``."""
    origins = _UPGRADE.findall(text)
    return Updates(len(origins), sum("security" in origin.lower() for origin in origins))


def simulate(root: Path) -> Updates:
    """Ask apt what an upgrade would do.

    Raises:
        OSError, subprocess.SubprocessError: it could not answer.
    """
    command = ["nice", "-n", "19", "apt-get", "--simulate", "-o", "Debug::NoLocking=true"]
    if root != Path("/"):
        command += ["-o", f"RootDir={root}"]
    done = subprocess.run(  # noqa: S603 - a fixed command and a path of the command line's
        [*command, "dist-upgrade"],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C", "PATH": _PATH},
        text=True,
        timeout=_TIMEOUT,
    )
    return parse(done.stdout)


def worker(_system: System) -> Background[Updates]:
    """Return the worker that asks apt."""
    return Background("updates", _MAX_AGE)


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def read(system: System) -> Iterator[Family]:
    """Return the last answer of apt, and what files tell."""
    root = system.roots.root
    applied = _changed(root / _STATUS)
    if applied is None or shutil.which("apt-get", path=_PATH) is None:
        raise NoDataError("this host does not use apt")
    listed = _changed(root / _LISTS)
    updates = system.part(worker).get((applied, listed), partial(simulate, root))
    if updates is not None:
        yield PENDING.value(updates.pending)
        yield SECURITY.value(updates.security)
    yield APPLIED.value(applied)
    if listed is not None:
        yield LISTED.value(listed)
    yield REBOOT.value(any((root / name).exists() for name in _REBOOT_FILES))
