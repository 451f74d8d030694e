"""Firmware that waits to be installed, from fwupd where it is.

It is asked in the background, once every six hours; nothing is fetched and nothing installed.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from exporter.blocking import Background
from exporter.collectors.support import package_managers
from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, gauge

PENDING = gauge("node_firmware_updates_pending", "Devices for which a newer firmware is there.")
URGENT = gauge(
    "node_firmware_updates_urgent_pending",
    "Devices for which a newer firmware of high or critical urgency is there.",
)
METRICS = (PENDING, URGENT)

_PROGRAM = "fwupdmgr"
_COMMAND = (
    *(_PROGRAM, "get-updates", "--json", "--no-metadata-check", "--no-unreported-check"),
    "--no-remote-check",
)
_NOTHING = 2  # exit code: there is nothing to do
_MAX_AGE = 6 * 3600
_URGENT = ("high", "critical")


class Firmware(NamedTuple):
    """Numbers of devices."""

    pending: int
    urgent: int


def parse(text: str) -> Firmware:
    """Count the devices that have releases. Raises ValueError where that is no JSON."""
    devices = json.loads(text or "{}").get("Devices", [])
    waiting = [device.get("Releases", []) for device in devices if device.get("Releases")]
    urgent = [
        any(str(release.get("Urgency", "")).lower() in _URGENT for release in releases)
        for releases in waiting
    ]
    return Firmware(len(waiting), sum(urgent))


def ask() -> Firmware:
    """Ask fwupd; see `packages.answer` for what it raises."""
    return parse(package_managers.answer(_COMMAND, good=(0, _NOTHING)))


def worker(_system: System) -> Background[Firmware]:
    """Return the worker that asks fwupd."""
    return Background("firmware", _MAX_AGE)


def read(system: System) -> Iterator[Family]:
    """Return fwupd's last answer."""
    if system.roots.root != Path("/") or not shutil.which(_PROGRAM, path=package_managers.PATH):
        raise NoDataError("there is no fwupd")
    found = system.part(worker).get(_PROGRAM, ask)
    if found is not None:
        yield PENDING.value(found.pending)
        yield URGENT.value(found.urgent)
