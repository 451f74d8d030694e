"""Space and inodes of mounted file systems, from statvfs(2) on what /proc/1/mounts lists."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from exporter.collectors.contract import Flag, System, filters
from exporter.collectors.patience import Patience
from exporter.family import Family, Metric, gauge

LABELS = ("device", "mountpoint", "fstype")


def _gauge(name: str, text: str) -> Metric:
    return gauge(f"node_filesystem_{name}", text, *LABELS)


SIZE = _gauge("size_bytes", "Filesystem size in bytes.")
FREE = _gauge("free_bytes", "Filesystem free space in bytes.")
AVAIL = _gauge("avail_bytes", "Filesystem space available to non-root users in bytes.")
FILES = _gauge("files", "Filesystem total file nodes.")
FILES_FREE = _gauge("files_free", "Filesystem total free file nodes.")
READONLY = _gauge("readonly", "Filesystem read-only status.")
ERROR = _gauge(
    "device_error", "Whether an error occurred while getting statistics for the given device."
)
METRICS = (SIZE, FREE, AVAIL, FILES, FILES_FREE, READONLY, ERROR)
FLAGS = (
    *filters(
        "filesystem.mount-points",
        "mount points",
        exclude=r"^/(dev|proc|run|sys|mnt|media|var/lib/docker/.+"
        r"|var/lib/containers/storage/.+)($|/)",
    ),
    *filters(
        "filesystem.fs-types",
        "file system types",
        exclude="^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl"
        "|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs"
        "|selinuxfs|squashfs|sysfs|tracefs)$",
    ),
    Flag("filesystem.mount-timeout", "2", "seconds after which a mount counts as stuck"),
)

_OCTAL = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A line of the mount table."""

    device: str
    point: str
    fstype: str
    readonly: bool


def parse(text: str) -> list[Mount]:
    r"""Parse a mount table; ``\040`` and the like stand for blanks in paths.

    Of several mounts on one point only the last, which hides the others, is kept.
    """
    mounts: dict[str, Mount] = {}
    for line in filter(None, text.split("\n")):
        device, point, fstype, options, *_ = line.split(" ")
        if "\\" in point or "\\" in device:
            device, point = (_OCTAL.sub(_unescape, word) for word in (device, point))
        mounts[point] = Mount(device, point, fstype, "ro" in options.split(","))
    return list(mounts.values())


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))


def families(results: Mapping[Mount, os.statvfs_result | Exception]) -> Iterator[Family]:
    """Return the families; of a mount that failed only the error and what the table says."""
    known = {m: r for m, r in results.items() if isinstance(r, os.statvfs_result)}

    def of(metric: Metric, value: Callable[[os.statvfs_result], int]) -> Family:
        return metric.of(*((_labels(m), value(r)) for m, r in known.items()))

    yield of(SIZE, lambda r: r.f_blocks * r.f_frsize)
    yield of(FREE, lambda r: r.f_bfree * r.f_frsize)
    yield of(AVAIL, lambda r: r.f_bavail * r.f_frsize)
    yield of(FILES, lambda r: r.f_files)
    yield of(FILES_FREE, lambda r: r.f_ffree)
    # Init's view: statvfs in a sandbox calls everything read-only.
    yield READONLY.of(*((_labels(m), m.readonly) for m in results))
    yield ERROR.of(*((_labels(m), m not in known) for m in results))


def _labels(mount: Mount) -> tuple[str, ...]:
    return mount.device, mount.point, mount.fstype


def wanted(mounts: Iterable[Mount], system: System) -> Iterator[Mount]:
    """Return the mounts that pass the filters."""
    for mount in mounts:
        if system.wants("filesystem.mount-points", mount.point) and system.wants(
            "filesystem.fs-types", mount.fstype
        ):
            yield mount


class Watch(Patience[Mount, os.statvfs_result]):
    """Calls of statvfs, of which one on a dead NFS server may hang for ever."""

    def __init__(self, _system: System) -> None:
        super().__init__("statvfs")


def table(system: System) -> str:
    """Read the mounts of init, which sees more than a sandboxed service does, else our own."""
    try:
        return system.proc("1/mounts")
    except OSError:
        return system.proc("self/mounts")


def read(system: System) -> Iterator[Family]:
    """Read the wanted mounts."""
    root = os.fspath(system.roots.root).rstrip("/")
    mounts = wanted(_rebased(parse(table(system)), root), system)
    calls = {mount: partial(os.statvfs, f"{root}{mount.point}") for mount in mounts}
    limit = float(system.text("filesystem.mount-timeout"))
    return families(system.part(Watch).run(calls, limit))


def _rebased(mounts: Iterable[Mount], root: str) -> Iterator[Mount]:
    """Drop ``root`` from the mount points: a container sees the host's under /host."""
    for mount in mounts:
        yield mount._replace(point=mount.point.removeprefix(root) or "/")
