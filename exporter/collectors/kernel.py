"""The kernel that runs against the newest installed, from uname(2) and /boot or /lib/modules."""

import os
import re
from pathlib import Path

from exporter.collectors.support.api import NoDataError, System, names_in
from uptime_common.exposition import Family, gauge

INSTALLED = gauge(
    "node_kernel_installed_info", "Constant 1; the label tells the newest kernel.", "release"
)
OUTDATED = gauge(
    "node_kernel_outdated", "Whether a newer kernel is installed than the one that runs."
)
METRICS = (INSTALLED, OUTDATED)
_IMAGE = "vmlinuz-"
# Of RHEL, Fedora, Amazon, Arch and so on: el9_4, fc41.
_OF_RELEASE = re.compile(r"(el|fc|amzn|rc|arch|mga)\d|bpo")
_PART = re.compile(r"\d+|[a-z]+", re.IGNORECASE)


def version(release: str) -> tuple[tuple[int, int, str], ...]:
    """Return what orders releases: ``6.1.0-9-amd64`` comes before ``6.1.0-41-amd64``."""
    parts = _PART.findall(release)
    return tuple((1, int(p), "") if p.isdigit() else (0, 0, p) for p in parts)


def flavour(release: str) -> tuple[str, ...]:
    """Return the words that do not change from release to release (``cloud-amd64``, ``x86_64``)."""
    words = (word for word in re.split(r"[-.+]", release) if word[:1].isalpha())
    return tuple(word for word in words if not _OF_RELEASE.match(word))


def newest(releases: list[str], running: str) -> str | None:
    """Return the newest of the running kernel's flavour.

    None where there is none of it: a virtual machine whose kernel comes from outside.
    """
    same = [release for release in releases if flavour(release) == flavour(running)]
    return max(same, key=version, default=None)


def installed(root: Path) -> list[str]:
    """Return the releases whose image is there, or their modules where images are elsewhere."""
    images = [n.removeprefix(_IMAGE) for n in _names(root / "boot") if n.startswith(_IMAGE)]
    return images or _names(root / "lib/modules") or _names(root / "usr/lib/modules")


def _names(folder: Path) -> list[str]:
    try:
        return names_in(str(folder))
    except OSError:
        return []


def read(system: System) -> list[Family]:
    """Compare them; a container's file system has no kernel."""
    running = os.uname().release
    found = newest(installed(system.roots.root), running)
    if found is None:
        raise NoDataError("no kernel like the one that runs is installed in this file system")
    outdated = version(found) > version(running)
    return [INSTALLED.of(((found,), 1)), OUTDATED.value(outdated)]
