"""What was installed, upgraded or removed, and when: counted from the logs of dpkg and dnf.

Which packages they were is in the logs; as labels they would be new series for ever.
"""

import gzip
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from time import time
from typing import Final
from zoneinfo import ZoneInfo

from exporter.blocking import Background
from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, gauge

CHANGED = gauge(
    "node_packages_changed",
    "Packages installed, upgraded or removed within so many days, by the logs that are kept.",
    *("kind", "within"),
)
LAST = gauge(
    "node_packages_changed_timestamp_seconds",
    "When a package was last installed, upgraded or removed.",
    "kind",
)
METRICS = (CHANGED, LAST)

KINDS: Final = ("install", "upgrade", "remove")
WINDOWS: Final = {"1d": 86_400, "7d": 7 * 86_400, "30d": 30 * 86_400}
_DPKG = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (install|upgrade|remove) \S", re.MULTILINE)
# "Upgraded:" is the old package of an "Upgrade:".
_DNF = re.compile(r"^(\S+) \w+ (Installed|Upgrade|Erase): \S", re.MULTILINE)
_DNF_KINDS = {"Installed": "install", "Upgrade": "upgrade", "Erase": "remove"}
_LOGS = ("var/log/dpkg.log*", "var/log/dnf.rpm.log*")
_MAX_AGE = 6 * 3600

Times = Mapping[str, list[float]]
"""Times of the changes by kind, sorted, Unix seconds."""


def parse_dpkg(text: str, zone: tzinfo) -> Iterator[tuple[str, float]]:
    """Yield kind and time of lines like ``2026-10-01 06:25:11 install zip:amd64 <none> 3.0-13``.

    Times are local ones of the host.
    """
    for when, kind in _DPKG.findall(text):
        yield kind, datetime.fromisoformat(when).replace(tzinfo=zone).timestamp()


def parse_dnf(text: str, zone: tzinfo) -> Iterator[tuple[str, float]]:
    """Yield kind and time of lines like ``2026-10-01T06:25:11Z SUBDEBUG Installed: zip-3...``."""
    for when, kind in _DNF.findall(text):
        moment = datetime.fromisoformat(when)
        yield (
            _DNF_KINDS[kind],
            (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp(),
        )


def families(times: Times, now: float) -> Iterator[Family]:
    """Return the changes within each window before now, and the last of each kind."""
    counts = (
        ((kind, name), len(found) - bisect_left(found, now - length))
        for kind, found in times.items()
        for name, length in WINDOWS.items()
    )
    yield CHANGED.of(*counts)
    yield LAST.of(*(((kind,), found[-1]) for kind, found in times.items() if found))


def logs(root: Path) -> list[Path]:
    """Return the logs, rotated ones included."""
    return sorted(path for pattern in _LOGS for path in root.glob(pattern))


def worker(_system: System) -> Background[Times]:
    """Return the worker that reads the logs."""
    return Background("package changes", _MAX_AGE)


def read_logs(paths: Iterable[Path], zone: tzinfo) -> Times:
    """Read logs, packed ones, too; one that was rotated away meanwhile is left out."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for path in paths:
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            continue
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode(errors="replace")
        parse = parse_dpkg if path.name.startswith("dpkg") else parse_dnf
        for kind, when in parse(text, zone):
            times[kind].append(when)
    return {kind: sorted(found) for kind, found in times.items()}


def zone_of(root: Path) -> tzinfo:
    """Return the host's time zone."""
    try:
        with (root / "etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC


def read(system: System) -> list[Family]:
    """Return what the logs said when they were last read; they are when one has changed."""
    root = system.roots.root
    paths = logs(root)
    if not paths:
        raise NoDataError("neither dpkg nor dnf keeps a log here")
    state = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
    found = system.part(worker).get(state, partial(read_logs, paths, zone_of(root)))
    return [] if found is None else list(families(found, time()))
