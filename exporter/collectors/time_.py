"""System time, zone and clock sources."""

import time
from collections.abc import Iterator

from exporter.collectors.support.api import System
from uptime_common.exposition import Family, gauge

SECONDS = gauge("node_time_seconds", "System time in seconds since epoch (1970).")
ZONE = gauge("node_time_zone_offset_seconds", "System time zone offset in seconds.", "time_zone")
_SOURCES = "'/sys/devices/system/clocksource'"
AVAILABLE = gauge(
    "node_time_clocksource_available_info",
    f"Available clocksources read from {_SOURCES}.",
    "device",
    "clocksource",
)
CURRENT = gauge(
    "node_time_clocksource_current_info",
    f"Current clocksource read from {_SOURCES}.",
    "device",
    "clocksource",
)
_FOLDER = "devices/system/clocksource/clocksource0"
METRICS = (SECONDS, ZONE, AVAILABLE, CURRENT)


def clock(now: float) -> Iterator[Family]:
    """Return Unix time and the local zone's offset at that time."""
    local = time.localtime(now)
    yield SECONDS.value(now)
    yield ZONE.of(((local.tm_zone,), local.tm_gmtoff))


def sources(folder: str, available: str, current: str) -> tuple[Family, Family]:
    """Return the clock sources of ``clocksource0`` (device ``0``)."""
    device = folder.removeprefix("clocksource")
    return (
        AVAILABLE.of(*(((device, source), 1) for source in available.split())),
        CURRENT.of(((device, current), 1)) if current else CURRENT.of(),
    )


def read(system: System) -> Iterator[Family]:
    """Read the clock and its source."""
    yield from clock(time.time())
    available = system.sys(f"{_FOLDER}/available_clocksource") or ""
    yield from sources(
        "clocksource0", available, system.sys(f"{_FOLDER}/current_clocksource") or ""
    )
