"""Disk I/O, from /proc/diskstats; what the disks are, from udev's database."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from exporter.collectors.support.api import System, filters, text_of
from uptime_common.exposition import (
    Family,
    FilledTemplate,
    Metric,
    Part,
    Sample,
    Template,
    counter,
    gauge,
)


def _counter(name: str, text: str) -> Metric:
    return counter(f"node_disk_{name}_total", text, "device")


_MS, _SECTOR = 0.001, 512  # the kernel counts milliseconds, and sectors of 512 bytes on any disk

# In the order of the file's columns (Documentation/admin-guide/iostats.rst), with their unit.
COLUMNS: tuple[tuple[Metric, float], ...] = (
    (_counter("reads_completed", "The total number of reads completed successfully."), 1),
    (_counter("reads_merged", "The total number of reads merged."), 1),
    (_counter("read_bytes", "The total number of bytes read successfully."), _SECTOR),
    (_counter("read_time_seconds", "The total number of seconds spent by all reads."), _MS),
    (_counter("writes_completed", "The total number of writes completed successfully."), 1),
    (_counter("writes_merged", "The number of writes merged."), 1),
    (_counter("written_bytes", "The total number of bytes written successfully."), _SECTOR),
    (
        _counter("write_time_seconds", "This is the total number of seconds spent by all writes."),
        _MS,
    ),
    (gauge("node_disk_io_now", "The number of I/Os currently in progress.", "device"), 1),
    (_counter("io_time_seconds", "Total seconds spent doing I/Os."), _MS),
    (_counter("io_time_weighted_seconds", "The weighted # of seconds spent doing I/Os."), _MS),
    (_counter("discards_completed", "The total number of discards completed successfully."), 1),
    (_counter("discards_merged", "The total number of discards merged."), 1),
    (_counter("discarded_sectors", "The total number of sectors discarded successfully."), 1),
    (
        _counter(
            "discard_time_seconds", "This is the total number of seconds spent by all discards."
        ),
        _MS,
    ),
    (
        _counter("flush_requests", "The total number of flush requests completed successfully"),
        1,
    ),
    (
        _counter(
            "flush_requests_time_seconds",
            "This is the total number of seconds spent by all flush requests.",
        ),
        _MS,
    ),
)
INFO = gauge(
    "node_disk_info",
    "Info of /sys/block/<block_device>.",
    *("device", "major", "minor", "path", "wwn", "model", "serial", "revision"),
)
FILESYSTEM = gauge(
    "node_disk_filesystem_info",
    "Info about disk filesystem.",
    *("device", "type", "usage", "uuid", "version"),
)
MAPPER = gauge(
    "node_disk_device_mapper_info",
    "Info about disk device mapper.",
    *("device", "name", "uuid", "vg_name", "lv_name", "lv_layer"),
)
WRITE_CACHE = gauge("node_disk_ata_write_cache", "ATA disk has a write cache.", "device")
WRITE_CACHE_ON = gauge(
    "node_disk_ata_write_cache_enabled", "ATA disk has its write cache enabled.", "device"
)
ROTATION = gauge(
    "node_disk_ata_rotation_rate_rpm",
    "ATA disk rotation rate in RPMs (0 for SSDs).",
    "device",
)
ATA = {
    "ID_ATA_WRITE_CACHE": WRITE_CACHE,
    "ID_ATA_WRITE_CACHE_ENABLED": WRITE_CACHE_ON,
    "ID_ATA_ROTATION_RATE_RPM": ROTATION,
}
METRICS = (*(metric for metric, _ in COLUMNS), INFO, FILESYSTEM, MAPPER, *ATA.values())
FLAGS = filters(
    "diskstats.device",
    "disks",
    exclude=r"^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
)

_LEAST = 11  # columns that every kernel since 2.6 prints
Disk = tuple[str, str, str]


def parse(text: str, wants: Callable[[str], bool]) -> dict[Disk, list[int]]:
    """Return the columns of the wanted disks by (name, major, minor)."""
    disks = {}
    for line in text.splitlines():
        major, minor, name, *columns = line.split()
        if not wants(name):
            continue
        if len(columns) < _LEAST:
            raise ValueError(f"too few columns in {line!r}")
        disks[name, major, minor] = [int(column) for column in columns]
    return disks


@lru_cache(maxsize=4)
def _form(disks: tuple[tuple[str, int], ...]) -> Template:
    return Template(
        (metric, (name,))
        for index, (metric, _) in enumerate(COLUMNS)
        for name, columns in disks
        if index < columns
    )


def families(disks: dict[Disk, list[int]]) -> FilledTemplate:
    """Return the counters of each disk, as many as the kernel prints columns for it."""
    rows = disks.values()
    numbers = [
        row[index] * unit
        for index, (_, unit) in enumerate(COLUMNS)
        for row in rows
        if index < len(row)
    ]
    return _form(tuple((disk[0], len(row)) for disk, row in disks.items())).filled(numbers)


def parse_udev(text: str) -> dict[str, str]:
    """Return the properties (``E:KEY=value``) of a file of udev's database."""
    lines = (line[2:].partition("=") for line in text.splitlines() if line.startswith("E:"))
    known = {key: value for key, _, value in lines}
    if "ID_SERIAL" in known:  # SD cards have no short one
        known.setdefault("ID_SERIAL_SHORT", known["ID_SERIAL"])
    return known


def facts(properties: Iterable[tuple[Disk, dict[str, str]]]) -> Iterator[Family]:
    """Return what udev knows about the disks; where it knows nothing labels are empty."""
    info: list[Sample] = []
    filesystem: list[Sample] = []
    mapper: list[Sample] = []
    ata: dict[str, list[Sample]] = {key: [] for key in ATA}
    for disk, known in properties:
        info.append(((*disk, *_values(known, INFO_KEYS)), 1))
        if known.get("ID_FS_TYPE"):
            filesystem.append(((disk[0], *_values(known, FILESYSTEM_KEYS)), 1))
        if known.get("DM_NAME"):
            mapper.append(((disk[0], *_values(known, MAPPER_KEYS)), 1))
        if known.get("ID_ATA"):
            for key in ATA.keys() & known.keys():
                ata[key].append(((disk[0],), float(known[key])))
    yield Family(INFO, info)
    yield Family(FILESYSTEM, filesystem)
    yield Family(MAPPER, mapper)
    yield from (Family(ATA[key], samples) for key, samples in ata.items())


INFO_KEYS = ("ID_PATH", "ID_WWN", "ID_MODEL", "ID_SERIAL_SHORT", "ID_REVISION")
FILESYSTEM_KEYS = ("ID_FS_TYPE", "ID_FS_USAGE", "ID_FS_UUID", "ID_FS_VERSION")
MAPPER_KEYS = ("DM_NAME", "DM_UUID", "DM_VG_NAME", "DM_LV_NAME", "DM_LV_LAYER")


def _values(known: dict[str, str], keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(known.get(key, "") for key in keys)


def all_facts(texts: list[tuple[Disk, str]]) -> Iterator[Family]:
    """Return the families of the disks and the texts of their files in udev's database."""
    return facts((disk, parse_udev(text)) for disk, text in texts)


def read(system: System) -> Iterator[Part]:
    """Read the wanted disks."""
    disks = parse(system.proc("diskstats"), lambda name: system.wants("diskstats.device", name))
    yield families(disks)
    udev = system.roots.udev
    texts = [(disk, text_of(f"{udev}/b{disk[1]}:{disk[2]}") or "") for disk in disks]
    yield from system.parsed(all_facts, texts)
