"""SCSI tape drives, from /sys/class/scsi_tape/st*/stats."""

import re

from exporter.collectors.gathered import Gathered, folders
from exporter.collectors.support.api import Flag, NoDataError, System, read_text
from uptime_common.exposition import Family, counter, gauge

_NS = 1e-9
# File, metric, and what its number is multiplied by (Documentation/scsi/st.rst).
FILES = (
    (
        "in_flight",
        gauge(
            "node_tape_io_now",
            "The number of I/Os currently outstanding to this device.",
            "device",
        ),
        1,
    ),
    (
        "io_ns",
        counter(
            "node_tape_io_time_seconds_total",
            "The amount of time spent waiting for all I/O to complete (including read and write). "
            "This includes tape movement commands such as seeking between file or set marks and "
            "implicit tape movement such as when rewind on close tape devices are used.",
            "device",
        ),
        _NS,
    ),
    (
        "other_cnt",
        counter(
            "node_tape_io_others_total",
            "The number of I/Os issued to the tape drive other than read or write commands. The "
            "time taken to complete these commands uses the following calculation "
            "io_time_seconds_total-read_time_seconds_total-write_time_seconds_total",
            "device",
        ),
        1,
    ),
    (
        "read_byte_cnt",
        counter(
            "node_tape_read_bytes_total",
            "The number of bytes read from the tape drive.",
            "device",
        ),
        1,
    ),
    (
        "read_cnt",
        counter(
            "node_tape_reads_completed_total",
            "The number of read requests issued to the tape drive.",
            "device",
        ),
        1,
    ),
    (
        "read_ns",
        counter(
            "node_tape_read_time_seconds_total",
            "The amount of time spent waiting for read requests to complete.",
            "device",
        ),
        _NS,
    ),
    (
        "resid_cnt",
        counter(
            "node_tape_residual_total",
            "The number of times during a read or write we found the residual amount to be "
            "non-zero. This should mean that a program is issuing a read larger thean the block "
            "size on tape. For write not all data made it to tape.",
            "device",
        ),
        1,
    ),
    (
        "write_byte_cnt",
        counter(
            "node_tape_written_bytes_total",
            "The number of bytes written to the tape drive.",
            "device",
        ),
        1,
    ),
    (
        "write_cnt",
        counter(
            "node_tape_writes_completed_total",
            "The number of write requests issued to the tape drive.",
            "device",
        ),
        1,
    ),
    (
        "write_ns",
        counter(
            "node_tape_write_time_seconds_total",
            "The amount of time spent waiting for write requests to complete.",
            "device",
        ),
        _NS,
    ),
)
METRICS = tuple(metric for _, metric, _ in FILES)
FLAGS = (
    Flag("tapestats.ignored-devices", "^$", "regular expression of the tape drives to leave out"),
)
_DRIVE = re.compile(r"st\d+")


def read(system: System) -> list[Family]:
    """Read the wanted drives; ``nst0``, ``st0a`` and so on are other names of ``st0``."""
    root = system.roots.sys / "class/scsi_tape"
    if not root.is_dir():
        raise NoDataError("there is no tape drive")
    gathered = Gathered(METRICS)
    for drive in folders(root):
        name = drive.name
        if _DRIVE.fullmatch(name) and not system.matches("tapestats.ignored-devices", name):
            for file, metric, scale in FILES:
                gathered.add(metric, int(read_text(drive / "stats" / file)) * scale, name)
    return gathered.families()
