"""Age of backups: the newest file of each that ``--collector.backup.files`` names."""

import glob
from collections.abc import Iterator
from pathlib import Path

from exporter.collectors.support.api import Flag, System
from uptime_common.exposition import Family, Sample, gauge

NEWEST = gauge(
    "node_backup_newest_timestamp_seconds",
    "When the newest file of the backup was written.",
    "backup",
)
SIZE = gauge("node_backup_newest_size_bytes", "Size of the backup's newest file.", "backup")
FILES = gauge("node_backup_files", "Files of the backup; none is not a missing series.", "backup")
METRICS = (NEWEST, SIZE, FILES)
FLAGS = (
    Flag(
        "backup.files",
        "",
        "the backups to watch: NAME=GLOB, separated by commas; a folder counts by its own time",
    ),
)


def parse(text: str) -> dict[str, str]:
    """Return the patterns by name. Raises ValueError where one is not NAME=GLOB."""
    found = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, pattern = item.partition("=")
        if not (name and equals and pattern):
            raise ValueError(f"{item!r} is not NAME=GLOB")
        found[name] = pattern
    return found


def read(system: System) -> Iterator[Family]:
    """Look at the files of each backup."""
    backups = parse(system.text("backup.files"))
    newest: list[Sample] = []
    sizes: list[Sample] = []
    counts: list[Sample] = []
    for name, pattern in backups.items():
        stats = [Path(path).stat() for path in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - absolute patterns
        counts.append(((name,), len(stats)))
        if stats:
            last = max(stats, key=lambda stat: stat.st_mtime)
            newest.append(((name,), last.st_mtime))
            sizes.append(((name,), last.st_size))
    yield Family(NEWEST, newest)
    yield Family(SIZE, sizes)
    yield Family(FILES, counts)
