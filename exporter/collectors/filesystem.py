"""Space and inodes of mounted file systems, from statvfs(2) on what /proc/1/mounts lists."""

import os
import re
import select
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

from exporter.blocking import TimedCalls, outcome
from exporter.collectors.support.api import Flag, System, read_all
from exporter.collectors.support.filesystem_names import (
    AVAIL,
    ERROR,
    FILES,
    FILES_FREE,
    FREE,
    READONLY,
    SIZE,
    filters,
)
from uptime_common.exposition import FilledTemplate, Metric, Template

FLAGS = (
    *filters(
        points=r"^/(dev|proc|run|sys|mnt|media|var/lib/docker/.+"
        r"|var/lib/containers/storage/.+)($|/)",
        types="^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl"
        "|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs"
        "|selinuxfs|squashfs|sysfs|tracefs)$",
    ),
    Flag("filesystem.mount-timeout", "2", "seconds after which a mount counts as stuck"),
)

# Their statvfs answers from memory; any other may wait for a server or a process.
LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "ramfs", "vfat", "zfs"})

_OLDEST = 30.0  # seconds
# The second is what ext4 says after an error (Linux 6.12).
_READ_ONLY = frozenset({"ro", "emergency_ro"})
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
        readonly = not _READ_ONLY.isdisjoint(options.split(","))
        mounts[point] = Mount(device, point, fstype, readonly)
    return list(mounts.values())


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 8))


@lru_cache(maxsize=8)
def _form(metrics: tuple[Metric, ...], mounts: tuple[Mount, ...]) -> Template:
    return Template((metric, mount[:3]) for metric in metrics for mount in mounts)


def families(results: Mapping[Mount, os.statvfs_result | Exception]) -> Iterator[FilledTemplate]:
    """Return the families; of a mount that failed only the error and what the table says."""
    known = {m: r for m, r in results.items() if isinstance(r, os.statvfs_result)}
    found = known.values()
    space = _form((SIZE, FREE, AVAIL, FILES, FILES_FREE), tuple(known))
    yield space.filled(
        [
            *(r.f_blocks * r.f_frsize for r in found),
            *(r.f_bfree * r.f_frsize for r in found),
            *(r.f_bavail * r.f_frsize for r in found),
            *(r.f_files for r in found),
            *(r.f_ffree for r in found),
        ]
    )
    # Init's view: statvfs in a sandbox calls everything read-only.
    state = [*(int(m.readonly) for m in results), *(int(m not in known) for m in results)]
    yield _form((READONLY, ERROR), tuple(results)).filled(state)


class Table:
    """The mount table of init, which sees more than a sandboxed service does, else our own.

    It is read again when the kernel says that it changed (proc(5): poll(2) reports POLLPRI), not
    at every scrape: printing it takes the kernel longer than all else in this file. A file system
    that made itself read-only after an error tells nobody, so half a minute is the longest.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._file = self._open()
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLPRI)
        self._mounts = self._read()
        self._read_at = time.monotonic()

    def _open(self) -> int:
        try:
            return os.open(self._system.roots.proc / "1/mounts", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return os.open(self._system.roots.proc / "self/mounts", os.O_RDONLY | os.O_CLOEXEC)

    def mounts(self) -> list[Mount]:
        """Return the mounts that pass the filters."""
        now = time.monotonic()
        if self._poll.poll(0) or now - self._read_at > _OLDEST:
            self._mounts, self._read_at = self._read(), now
        return self._mounts

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _read(self) -> list[Mount]:
        text = read_all(self._file).decode("utf-8", "surrogateescape")
        root = os.fspath(self._system.roots.root).rstrip("/")
        return [mount for mount in _rebased(parse(text), root) if self._wants(mount)]

    def _wants(self, mount: Mount) -> bool:
        wants = self._system.wants
        return wants("filesystem.mount-points", mount.point) and wants(
            "filesystem.fs-types", mount.fstype
        )


class Watch(TimedCalls[Mount, os.statvfs_result]):
    """Calls of statvfs, of which one on a dead NFS server may hang for ever."""

    def __init__(self, _system: System) -> None:
        super().__init__("statvfs")


def read(system: System) -> Iterator[FilledTemplate]:
    """Read the wanted mounts."""
    root = os.fspath(system.roots.root).rstrip("/")
    results: dict[Mount, os.statvfs_result | Exception] = {}
    slow: dict[Mount, Callable[[], os.statvfs_result]] = {}
    for mount in system.part(Table).mounts():
        call = partial(os.statvfs, f"{root}{mount.point}")
        if mount.fstype in LOCAL:
            results[mount] = outcome(call)
        else:
            slow[mount] = call
    limit = float(system.text("filesystem.mount-timeout"))
    return families(results | system.part(Watch).run(slow, limit))


def _rebased(mounts: Iterable[Mount], root: str) -> Iterator[Mount]:
    """Drop ``root`` from the mount points: a container sees the host's under /host."""
    for mount in mounts:
        yield mount._replace(point=mount.point.removeprefix(root) or "/")
