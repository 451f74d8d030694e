"""Metrics and filters of file systems, which the Linux collector and the portable one share."""

from exporter.collectors.support.api import Flag
from exporter.collectors.support.api import filters as contract_filters
from uptime_common.exposition import Metric, gauge

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


def filters(points: str, types: str) -> tuple[Flag, ...]:
    """Return the flags that choose file systems, with these expressions to exclude by default."""
    return (
        *contract_filters("filesystem.mount-points", "mount points", exclude=points),
        *contract_filters("filesystem.fs-types", "file system types", exclude=types),
    )
