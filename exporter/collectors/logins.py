"""Failed logins since boot, from /var/log/btmp (utmp(5)), where we may read it."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from exporter.collectors import stat
from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, counter

FAILED = counter("node_failed_logins_total", "Failed logins since boot that btmp records.")
METRICS = (FAILED,)

RECORD = struct.Struct("=h2xi32s4s32s256s2hiii16s20x")  # struct utmp of 64-bit Linux
_SECONDS = 9  # position of tv_sec
_CHUNK = RECORD.size * 4096


def parse(data: bytes, since: float) -> int:
    """Count the records from ``since`` (Unix seconds) on; a part of a record at the end is left."""
    whole = len(data) - len(data) % RECORD.size
    return sum(record[_SECONDS] >= since for record in RECORD.iter_unpack(data[:whole]))


class Tail:
    """Counts what is appended; a file that was rotated begins anew, the count goes on."""

    def __init__(self, _system: System) -> None:
        self._inode = 0
        self._offset = 0
        self._count = 0

    def count(self, path: Path, since: float) -> int:
        """Return the records since boot that were seen so far. Raises OSError."""
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if state.st_ino != self._inode or state.st_size < self._offset:
                self._inode, self._offset = state.st_ino, 0
            file.seek(self._offset)
            while len(data := file.read(_CHUNK)) >= RECORD.size:
                self._count += parse(data, since)
                self._offset += len(data) - len(data) % RECORD.size
        return self._count


def boot_time(system: System) -> float:
    """Return when the host booted, Unix seconds."""
    (family,) = (f for f in stat.parse(system.shared(stat.text)) if f.metric is stat.BOOT)
    return family.samples[0][1]


def read(system: System) -> Iterator[Family]:
    """Count the failures."""
    path = system.roots.root / "var/log/btmp"
    try:
        yield FAILED.value(system.part(Tail).count(path, system.part(boot_time)))
    except (FileNotFoundError, PermissionError) as error:
        raise NoDataError(f"{path} is not there for us to read") from error
