"""Energy that the CPU's meters counted (RAPL), from /sys/class/powercap."""

import re
from functools import cache
from pathlib import Path

from exporter.collectors.gathered import Gathered, folders
from exporter.collectors.support.api import Flag, NoDataError, System, read_text, text_of
from uptime_common.exposition import Family, Metric, counter

JOULES = counter(
    "node_rapl_joules_total", "Current RAPL value in joules", *("index", "path", "rapl_zone")
)
METRICS = (JOULES,)
PATTERN = r"node_rapl_\w+_joules_total"
FLAGS = (Flag("rapl.enable-zone-label", False, "one name for all zones, told apart by a label"),)
_MICRO = 1e-6
_INDEXED = re.compile(r"(.*)-(\d+)")


def zones(root: Path) -> list[tuple[str, int, Path]]:
    """Return name, index and folder of each zone; zones of one name are counted through."""
    used: dict[str, int] = {}
    found = []
    for folder in folders(root):
        name = text_of(folder / "name")
        if name is not None:
            match = _INDEXED.fullmatch(name)
            name, index = (match[1], int(match[2])) if match else (name, used.get(name, 0))
            used[name] = index + 1
            found.append((name, index, folder))
    return found


@cache
def _metric(name: str) -> Metric:
    clean = re.sub("[^a-zA-Z0-9:_]", "_", name)
    text = f"Current RAPL {name} value in joules"
    return counter(f"node_rapl_{clean}_joules_total", text, "index", "path")


def read(system: System) -> list[Family]:
    """Read the meters; kernels since 2020 show them to root alone."""
    root = system.roots.sys / "class/powercap"
    if not root.is_dir():
        raise NoDataError("this CPU has no meters")
    gathered = Gathered(())
    for name, index, folder in zones(root):
        try:
            joules = int(read_text(folder / "energy_uj")) * _MICRO
        except PermissionError as error:
            raise NoDataError("only root may read the CPU's meters") from error
        if system.switched("rapl.enable-zone-label"):
            gathered.add(JOULES, joules, str(index), str(folder), name)
        else:
            gathered.add(_metric(name), joules, str(index), str(folder))
    return gathered.families()
