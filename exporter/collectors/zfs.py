"""ZFS: its caches and pools, from /proc/spl/kstat/zfs."""

import itertools
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from exporter.collectors.gathered import Gathered
from exporter.collectors.support.api import NoDataError, System, names_in, read_all_text
from exporter.collectors.support.numeric_template import Layout, Place
from uptime_common.exposition import Metric, Part, gauge, untyped

STATE = gauge("node_zfs_zpool_state", "kstat.zfs.misc.state", "zpool", "state")
METRICS = (STATE,)
PATTERN = r"node_zfs_\w+"
FILES = {
    "abdstats": "abd",
    "arcstats": "arc",
    "dbufstats": "dbuf",
    "dmu_tx": "dmu_tx",
    "dnodestats": "dnode",
    "fm": "fm",
    "vdev_cache_stats": "vdev_cache",
    "vdev_mirror_stats": "vdev_mirror",
    "xuio_stats": "xuio",
    "zfetchstats": "zfetch",
    "zil": "zil",
}
STATES = ("online", "degraded", "faulted", "offline", "removed", "unavail", "suspended")
_FOLDER = "spl/kstat/zfs"
_INT64, _UINT64 = "3", "4"  # KSTAT_DATA_* of sys/kstat.h
_HEADING = ["name", "type", "data"]
_COLUMNS = 3


@cache
def _metric(prefix: str, file: str, name: str, *labels: str) -> Metric:
    clean = name.replace("-", "_")
    return untyped(f"node_zfs_{prefix}_{clean}", f"kstat.zfs.misc.{file}.{name}", *labels)


def rows(text: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield name, type, data and the data's place among the words, below the heading.

    Raises:
        ValueError: there is no heading.
    """
    place, begun = 0, False
    for line in text.splitlines():
        words = line.split()
        if begun and len(words) >= _COLUMNS:
            yield words[0], words[1], line.split(None, 2)[2].rstrip(), place + 2
        begun = begun or words == _HEADING
        place += len(words)
    if not begun:
        raise ValueError("there is no heading of name, type and data")


def places(prefix: str, file: str, text: str) -> Iterator[Place]:
    """Yield the places of a file's numbers."""
    for name, kind, _, place in rows(text):
        if kind in (_INT64, _UINT64):
            yield place, _metric(prefix, file, name), 1


def parse_io(text: str) -> dict[str, int]:
    """Parse a line of names (``nread nwritten ...``) and the line of numbers below it."""
    lines = [line.split() for line in text.splitlines()]
    for names, values in itertools.pairwise(lines):
        if names[:1] == ["nread"]:
            return dict(zip(names, map(int, values), strict=True))
    return {}


def layouts(_system: System) -> dict[str, Layout]:
    """Return what finds the numbers of each file."""

    def layout(prefix: str, file: str) -> Layout:
        return Layout(lambda text: places(prefix, file, text))

    return {file: layout(prefix, file) for file, prefix in FILES.items()}


def read(system: System) -> Iterator[Part]:
    """Read the caches' files, and each pool's."""
    root = system.roots.proc / _FOLDER
    try:
        names = names_in(str(root))
    except FileNotFoundError as error:
        raise NoDataError("ZFS is not loaded") from error
    for file, layout in system.part(layouts).items():
        if file in names:
            yield layout.families(system.proc(f"{_FOLDER}/{file}"))
    gathered = Gathered(METRICS)
    for name in names:
        if (root / name).is_dir():
            _pool(gathered, root / name)
    yield from gathered.families()


def _pool(gathered: Gathered, folder: Path) -> None:
    """Read a pool's files; one that is exported meanwhile has none."""
    for file in names_in(str(folder)):
        try:
            text = read_all_text(folder / file)
        except FileNotFoundError:
            continue
        if file == "io":
            for name, value in parse_io(text).items():
                gathered.add(_metric("zpool", "io", name, "zpool"), value, folder.name)
        elif file == "state":
            for state in STATES:
                gathered.add(STATE, text.strip().lower() == state, folder.name, state)
        elif file.startswith("objset-"):
            _dataset(gathered, folder.name, text)


def _dataset(gathered: Gathered, pool: str, text: str) -> None:
    dataset = ""
    for name, kind, data, _ in rows(text):
        if name == "dataset_name":
            dataset = data
        elif kind == _UINT64:
            metric = _metric("zpool_dataset", "objset", name, "zpool", "dataset")
            gathered.add(metric, int(data), pool, dataset)
