"""Block devices cached by bcache, from /sys/fs/bcache."""

from collections.abc import Iterator
from pathlib import Path

from exporter.collectors.gathered import Gathered, folders
from exporter.collectors.support.api import Flag, System, read_text, text_of
from uptime_common.exposition import Family, Metric, counter, gauge

_SET, _BACKING, _CACHE = ("uuid",), ("uuid", "backing_device"), ("uuid", "cache_device")


def _gauge(name: str, text: str, labels: tuple[str, ...]) -> Metric:
    return gauge(f"node_bcache_{name}", text, *labels)


def _counter(name: str, text: str, labels: tuple[str, ...]) -> Metric:
    return counter(f"node_bcache_{name}_total", text, *labels)


# By file of a cache set; what a number is multiplied by.
SET = {
    "average_key_size": (
        _gauge("average_key_size_sectors", "Average data per key in the btree (sectors).", _SET),
        1,
    ),
    "btree_cache_size": (
        _gauge(
            "btree_cache_size_bytes", "Amount of memory currently used by the btree cache.", _SET
        ),
        1,
    ),
    "cache_available_percent": (
        _gauge(
            "cache_available_percent",
            "Percentage of cache device without dirty data, usable for writeback "
            "(may contain clean cached data).",
            _SET,
        ),
        1,
    ),
    "congested": (_gauge("congested", "Congestion.", _SET), 1),
    "root_usage_percent": (
        _gauge(
            "root_usage_percent",
            "Percentage of the root btree node in use (tree depth increases if too high).",
            _SET,
        ),
        1,
    ),
    "tree_depth": (_gauge("tree_depth", "Depth of the btree.", _SET), 1),
    "internal/active_journal_entries": (
        _gauge(
            "active_journal_entries",
            "Number of journal entries that are newer than the index.",
            _SET,
        ),
        1,
    ),
    "internal/btree_nodes": (_gauge("btree_nodes", "Total nodes in the btree.", _SET), 1),
    "internal/btree_read_average_duration_us": (
        _gauge("btree_read_average_duration_seconds", "Average btree read duration.", _SET),
        1e-9,  # as node_exporter; the file's name says microseconds
    ),
    "internal/cache_read_races": (
        _counter(
            "cache_read_races",
            "Counts instances where while data was being read from the cache, the bucket was "
            "reused and invalidated - i.e. where the pointer was stale after the read completed.",
            _SET,
        ),
        1,
    ),
}
DIRTY = _gauge(
    "dirty_data_bytes", "Amount of dirty data for this backing device in the cache.", _BACKING
)
# By key of writeback_rate_debug.
WRITEBACK = {
    "target": _gauge(
        "dirty_target_bytes",
        "Current dirty data target threshold for this backing device in bytes.",
        _BACKING,
    ),
    "rate": _gauge(
        "writeback_rate", "Current writeback rate for this backing device in bytes.", _BACKING
    ),
    "proportional": _gauge(
        "writeback_rate_proportional_term",
        "Current result of proportional controller, part of writeback rate",
        _BACKING,
    ),
    "integral": _gauge(
        "writeback_rate_integral_term",
        "Current result of integral controller, part of writeback rate",
        _BACKING,
    ),
    "change": _gauge(
        "writeback_change", "Last writeback rate change step for this backing device.", _BACKING
    ),
}
# By file of a backing device's stats_total.
TOTALS = {
    "bypassed": _counter(
        "bypassed_bytes",
        "Amount of IO (both reads and writes) that has bypassed the cache.",
        _BACKING,
    ),
    "cache_hits": _counter(
        "cache_hits", "Hits counted per individual IO as bcache sees them.", _BACKING
    ),
    "cache_misses": _counter(
        "cache_misses", "Misses counted per individual IO as bcache sees them.", _BACKING
    ),
    "cache_bypass_hits": _counter(
        "cache_bypass_hits", "Hits for IO intended to skip the cache.", _BACKING
    ),
    "cache_bypass_misses": _counter(
        "cache_bypass_misses", "Misses for IO intended to skip the cache.", _BACKING
    ),
    "cache_miss_collisions": _counter(
        "cache_miss_collisions",
        "Instances where data insertion from cache miss raced with write (data already present).",
        _BACKING,
    ),
}
READAHEADS = _counter("cache_readaheads", "Count of times readahead occurred.", _BACKING)
CACHE = {
    "io_errors": _gauge(
        "io_errors", "Number of errors that have occurred, decayed by io_error_halflife.", _CACHE
    ),
    "metadata_written": _counter(
        "metadata_written_bytes",
        "Sum of all non data writes (btree writes and all other metadata).",
        _CACHE,
    ),
    "written": _counter(
        "written_bytes", "Sum of all data that has been written to the cache.", _CACHE
    ),
}
# By key of priority_stats.
PRIORITY = {
    "Unused": _gauge(
        "priority_stats_unused_percent",
        "The percentage of the cache that doesn't contain any data.",
        _CACHE,
    ),
    "Metadata": _gauge("priority_stats_metadata_percent", "Bcache's metadata overhead.", _CACHE),
}
METRICS = (
    *(metric for metric, _ in SET.values()),
    *(DIRTY, *WRITEBACK.values(), *TOTALS.values(), READAHEADS, *CACHE.values()),
    *PRIORITY.values(),
)
FLAGS = (Flag("bcache.priorityStats", False, "what the cache holds; reading it takes a while"),)
_UNITS = {unit: 1024**power for power, unit in enumerate("kMGTPEZY", 1)}
_HUNDREDTHS = 10.24  # behind the point stand 1024ths, cut to two digits (bch_hprint)


def amount(text: str) -> int:
    """Return the number of ``-1.5k``, as bcache prints it for people. Raises ValueError."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if digits[-1:] not in _UNITS:
        return sign * int(float(digits))
    whole, _, part = digits[:-1].partition(".")
    return sign * int((int(whole) + int(part or 0) / _HUNDREDTHS) * _UNITS[digits[-1]])


def parse_writeback(text: str) -> Iterator[tuple[Metric, int]]:
    """Parse lines like ``rate:  1.1M/sec``; a file that lacks a line is 0 there."""
    pairs = (line.partition(":") for line in text.splitlines())
    known = {key: value.strip().removesuffix("/sec") for key, _, value in pairs}
    for key, metric in WRITEBACK.items():
        yield metric, amount(known.get(key, "0"))


def parse_priority(text: str) -> Iterator[tuple[Metric, int]]:
    """Parse lines like ``Unused:  99%``."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key in PRIORITY:
            yield PRIORITY[key], int(value.strip().removesuffix("%"))


def read(system: System) -> list[Family]:
    """Read every cache set with its devices; a host without bcache has none."""
    gathered = Gathered(METRICS)
    for folder in folders(system.roots.sys / "fs/bcache"):
        if "-" not in folder.name:
            continue
        for file, (metric, scale) in SET.items():
            gathered.add(metric, _amount(folder / file) * scale, folder.name)
        for device in folders(folder, "bdev"):
            _backing(gathered, folder.name, device)
        for device in folders(folder, "cache"):
            if device.is_dir():
                _cache(gathered, folder.name, device, system)
    return gathered.families()


def _backing(gathered: Gathered, uuid: str, device: Path) -> None:
    labels = (uuid, device.name)
    gathered.add(DIRTY, _amount(device / "dirty_data"), *labels)
    for metric, value in parse_writeback(read_text(device / "writeback_rate_debug")):
        gathered.add(metric, value, *labels)
    for file, metric in TOTALS.items():
        gathered.add(metric, _amount(device / "stats_total" / file), *labels)
    if readaheads := _amount(device / "stats_total/cache_readaheads"):
        gathered.add(READAHEADS, readaheads, *labels)


def _cache(gathered: Gathered, uuid: str, device: Path, system: System) -> None:
    for file, metric in CACHE.items():
        gathered.add(metric, _amount(device / file), uuid, device.name)
    if system.switched("bcache.priorityStats"):
        for metric, value in parse_priority(read_text(device / "priority_stats")):
            gathered.add(metric, value, uuid, device.name)


def _amount(path: Path) -> int:
    text = text_of(path)
    return amount(text) if text else 0
