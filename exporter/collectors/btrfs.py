"""Btrfs: space by kind and layout, commits, devices and their errors, from /sys/fs/btrfs.

Errors and the space left on a device are asked of a mounted file system by ioctl(2).
"""

import errno
import os
import struct
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from exporter.collectors import filesystem
from exporter.collectors.gathered import Gathered, folders, integer
from exporter.collectors.support.api import System, names_in, text_of
from uptime_common.exposition import Family, Metric, counter, gauge

_LAYOUT, _DEVICE = ("uuid", "block_group_type", "mode"), ("uuid", "device", "btrfs_dev_uuid")


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return gauge(f"node_btrfs_{name}", text, *labels)


INFO = _gauge("info", "Filesystem information", "uuid", "label")
RESERVE = _gauge("global_rsv_size_bytes", "Size of global reserve.", "uuid")
# By key of commit_stats; what a number is multiplied by.
COMMITS = {
    "commits": (
        counter(
            "node_btrfs_commits_total", "The total number of commits that have occurred.", "uuid"
        ),
        1.0,
    ),
    "last_commit_ms": (
        _gauge("last_commit_seconds", "Duration of the most recent commit, in seconds.", "uuid"),
        1e-3,
    ),
    "max_commit_ms": (
        _gauge("max_commit_seconds", "Duration of the slowest commit, in seconds.", "uuid"),
        1e-3,
    ),
    "total_commit_ms": (
        counter(
            "node_btrfs_commit_seconds_total",
            "Sum of the duration of all commits, in seconds.",
            "uuid",
        ),
        1e-3,
    ),
}
RESERVED = _gauge(
    "reserved_bytes", "Amount of space reserved for a data type", "uuid", "block_group_type"
)
USED = _gauge("used_bytes", "Amount of used space by a layout/data type", *_LAYOUT)
SIZE = _gauge("size_bytes", "Amount of space allocated for a layout/data type", *_LAYOUT)
RATIO = _gauge("allocation_ratio", "Data allocation ratio for a layout/data type", *_LAYOUT)
DEVICE_SIZE = _gauge(
    "device_size_bytes", "Size of a device that is part of the filesystem.", *_DEVICE
)
UNUSED = _gauge(
    "device_unused_bytes",
    "Unused bytes unused on a device that is part of the filesystem.",
    *_DEVICE,
)
ERRORS = counter(
    "node_btrfs_device_errors_total",
    "Errors reported for the device",
    *("uuid", "type", "device", "btrfs_dev_uuid"),
)
METRICS = (
    *(INFO, RESERVE, *(metric for metric, _ in COMMITS.values()), RESERVED, USED, SIZE, RATIO),
    *(DEVICE_SIZE, UNUSED, ERRORS),
)

_SECTOR = 512
# How many bytes of disk a byte of data takes; of RAID 5 and 6 the devices for parity.
_COPIES = {"single": 1, "raid0": 1, "dup": 2, "raid1": 2, "raid10": 2, "raid1c3": 3, "raid1c4": 4}
_PARITY = {"raid5": 1, "raid6": 2}


class Device(NamedTuple):
    """What the kernel tells of a device; sizes in bytes, errors in the order of KINDS."""

    name: str
    uuid: str
    size: int
    used: int
    errors: tuple[int, ...]


# linux/btrfs.h
KINDS = ("write", "read", "flush", "corruption", "generation")
_FS_INFO, _FS_INFO_SIZE = 0x8400941F, 1024
_DEV_INFO, _DEV_INFO_SIZE = 0xD000941E, 4096
_DEV_STATS, _DEV_STATS_SIZE = 0xC4089434, 1032
_FS = struct.Struct("=QQ16s")  # highest device id, number of devices, file system's id
_INFO = struct.Struct("=Q16sQQ")  # device id, its UUID, bytes used, bytes in all
_PATH = slice(_DEV_INFO_SIZE - 1024, _DEV_INFO_SIZE)
_STATS = struct.Struct("=QQQ5Q")  # device id, number of values, flags, KINDS
_DEVICES = 4096  # ids that are tried: those of removed devices stay unused


def ratio(layout: str, devices: int) -> float:
    """Return how many bytes of disk a byte of data takes; 0 for a layout that we do not know."""
    if layout in _PARITY and devices > _PARITY[layout]:
        return devices / (devices - _PARITY[layout])
    return _COPIES.get(layout, 0)


def parse_commits(text: str) -> Iterator[tuple[Metric, float]]:
    """Parse lines like ``max_commit_ms 1234`` (kernel 6.0); what is missing is 0."""
    known = dict(line.split() for line in text.splitlines())
    for key, (metric, scale) in COMMITS.items():
        yield metric, int(known.get(key, 0)) * scale


def parse_device(info: bytes, stats: bytes) -> Device:
    """Return what two answers of the kernel say."""
    _, identity, used, size = _INFO.unpack_from(info)
    path = info[_PATH].partition(b"\0")[0].decode("utf-8", "surrogateescape")
    errors = _STATS.unpack_from(stats)[3:]
    return Device(path.rpartition("/")[2], str(uuid.UUID(bytes=identity)), size, used, errors)


def ask(point: str) -> tuple[str, list[Device]]:
    """Return the id and the devices of the file system at a mount point. Raises OSError."""
    from fcntl import ioctl  # noqa: PLC0415 - not on every platform that imports this module

    descriptor = os.open(point, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        answer = ioctl(descriptor, _FS_INFO, bytes(_FS_INFO_SIZE))
        highest, count, identity = _FS.unpack_from(answer)
        devices: list[Device] = []
        for number in range(min(highest, _DEVICES) + 1):
            asked = number.to_bytes(8, "little")
            try:
                info = ioctl(descriptor, _DEV_INFO, asked.ljust(_DEV_INFO_SIZE, b"\0"))
            except OSError as error:
                if error.errno == errno.ENODEV:
                    continue
                raise
            wanted = struct.pack("=QQ", number, len(KINDS)).ljust(_DEV_STATS_SIZE, b"\0")
            devices.append(parse_device(info, ioctl(descriptor, _DEV_STATS, wanted)))
            if len(devices) == count:
                break
    finally:
        os.close(descriptor)
    return str(uuid.UUID(bytes=identity)), devices


def _asked(system: System) -> dict[str, list[Device]]:
    """Return the devices by file system, of those mounted that may be asked."""
    root = str(system.roots.root).rstrip("/")
    found: dict[str, list[Device]] = {}
    done: set[str] = set()
    for mount in system.part(filesystem.Table).mounts():
        if mount.fstype == "btrfs" and mount.device not in done:
            with suppress(OSError):  # not ours to open: another mount of it may be
                identity, devices = ask(f"{root}{mount.point}")
                found[identity] = devices
                done.add(mount.device)
    return found


def read(system: System) -> list[Family]:
    """Read every file system; a host without Btrfs has none."""
    gathered = Gathered(METRICS)
    found = [f for f in folders(system.roots.sys / "fs/btrfs") if "-" in f.name]
    asked = _asked(system) if found else {}
    for folder in found:
        identity = text_of(folder / "metadata_uuid") or folder.name
        _space(gathered, identity, folder)
        if identity in asked:
            _devices(gathered, identity, asked[identity])
        else:
            for device in folders(folder / "devices"):
                size = (integer(device / "size") or 0) * _SECTOR
                gathered.add(DEVICE_SIZE, size, identity, device.name, "")
    return gathered.families()


def _space(gathered: Gathered, identity: str, folder: Path) -> None:
    gathered.add(INFO, 1, identity, text_of(folder / "label") or "")
    gathered.add(RESERVE, integer(folder / "allocation/global_rsv_size") or 0, identity)
    for metric, value in parse_commits(text_of(folder / "commit_stats") or ""):
        gathered.add(metric, value, identity)
    count = len(names_in(str(folder / "devices")))
    for kind in ("data", "metadata", "system"):
        place = folder / "allocation" / kind
        gathered.add(RESERVED, integer(place / "bytes_reserved") or 0, identity, kind)
        for layout in folders(place):
            if layout.is_dir():
                labels = (identity, kind, layout.name)
                gathered.add(USED, integer(layout / "used_bytes") or 0, *labels)
                gathered.add(SIZE, integer(layout / "total_bytes") or 0, *labels)
                gathered.add(RATIO, ratio(layout.name, count), *labels)


def _devices(gathered: Gathered, identity: str, devices: list[Device]) -> None:
    for device in devices:
        labels = (identity, device.name, device.uuid)
        gathered.add(DEVICE_SIZE, device.size, *labels)
        gathered.add(UNUSED, device.size - device.used, *labels)
        for kind, count in zip(KINDS, device.errors, strict=True):
            gathered.add(ERRORS, count, identity, kind, device.name, device.uuid)
