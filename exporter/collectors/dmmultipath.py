"""Multipath devices of the device mapper, from /sys/block/dm-*."""

from pathlib import Path

from exporter.collectors.gathered import Gathered, folders
from exporter.collectors.support.api import NoDataError, System, read_text, text_of
from uptime_common.exposition import Family, gauge

_DEVICE = ("device", "sysfs_name")
INFO = gauge(
    "node_dmmultipath_device_info",
    "Non-numeric information about a DM-multipath device.",
    *(*_DEVICE, "uuid"),
)
ACTIVE = gauge(
    "node_dmmultipath_device_active",
    "Whether the multipath device-mapper device is active (1) or suspended (0).",
    *_DEVICE,
)
SIZE = gauge(
    "node_dmmultipath_device_size_bytes",
    "Size of the multipath device in bytes, read from /sys/block/<dm>/size.",
    *_DEVICE,
)
PATHS = gauge("node_dmmultipath_device_paths", "Number of paths for a multipath device.", *_DEVICE)
PATHS_ACTIVE = gauge(
    "node_dmmultipath_device_paths_active",
    "Number of paths in active state (SCSI running or NVMe live) for a multipath device.",
    *_DEVICE,
)
PATHS_FAILED = gauge(
    "node_dmmultipath_device_paths_failed",
    "Number of paths not in active state for a multipath device.",
    *_DEVICE,
)
STATE = gauge(
    "node_dmmultipath_path_state",
    "Reports the underlying device state for a multipath path, as read from "
    "/sys/block/<dev>/device/state.",
    *("device", "path", "state"),
)
METRICS = (INFO, ACTIVE, SIZE, STATE, PATHS, PATHS_ACTIVE, PATHS_FAILED)
_SECTOR = 512
_GOOD = ("running", "live")


def read(system: System) -> list[Family]:
    """Read the devices whose identifier says that they are multipath."""
    root = system.roots.sys / "block"
    if not root.is_dir():
        raise NoDataError("there are no block devices")
    gathered = Gathered(METRICS)
    for device in folders(root, "dm-"):
        uuid = text_of(device / "dm/uuid") or ""
        if uuid.startswith("mpath-"):
            _device(gathered, root, device, uuid)
    return gathered.families()


def _device(gathered: Gathered, root: Path, device: Path, uuid: str) -> None:
    labels = (read_text(device / "dm/name"), device.name)
    states = [
        (p.name, read_text(root / p.name / "device/state")) for p in folders(device / "slaves")
    ]
    good = sum(state in _GOOD for _, state in states)
    gathered.add(INFO, 1, *labels, uuid)
    gathered.add(ACTIVE, read_text(device / "dm/suspended") != "1", *labels)
    gathered.add(SIZE, int(read_text(device / "size")) * _SECTOR, *labels)
    for path, state in states:
        gathered.add(STATE, 1, labels[0], path, state)
    gathered.add(PATHS, len(states), *labels)
    gathered.add(PATHS_ACTIVE, good, *labels)
    gathered.add(PATHS_FAILED, len(states) - good, *labels)
