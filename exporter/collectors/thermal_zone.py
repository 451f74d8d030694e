"""Temperatures and cooling devices, from /sys/class/thermal."""

from collections.abc import Iterator
from pathlib import Path

from exporter.collectors.support.api import NoDataError, System, names_in, text_of
from uptime_common.exposition import Family, Metric, Sample, gauge

TEMPERATURE = gauge("node_thermal_zone_temp", "Zone temperature in Celsius", "zone", "type")
CURRENT = gauge(
    "node_cooling_device_cur_state",
    "Current throttle state of the cooling device",
    "name",
    "type",
)
MAXIMUM = gauge(
    "node_cooling_device_max_state",
    "Maximum throttle state of the cooling device",
    "name",
    "type",
)
METRICS = (TEMPERATURE, CURRENT, MAXIMUM)


def read(system: System) -> Iterator[Family]:
    """Read the zones that answer (a sleeping sensor refuses) and the cooling devices."""
    root = f"{system.roots.sys}/class/thermal"
    try:
        folders = [Path(root, name) for name in names_in(root)]
    except FileNotFoundError as error:
        raise NoDataError("there are no thermal zones") from error
    zones = [folder for folder in folders if folder.name.startswith("thermal_zone")]
    coolers = [folder for folder in folders if folder.name.startswith("cooling_device")]
    yield _family(TEMPERATURE, zones, "thermal_zone", "temp", 1e-3)
    yield _family(CURRENT, coolers, "cooling_device", "cur_state")
    yield _family(MAXIMUM, coolers, "cooling_device", "max_state")


def _family(
    metric: Metric, folders: list[Path], prefix: str, name: str, scale: float = 1
) -> Family:
    samples: list[Sample] = []
    for folder in folders:
        text = text_of(folder / name)
        if text is not None:
            labels = (folder.name.removeprefix(prefix), text_of(folder / "type") or "")
            samples.append((labels, int(text) * scale))
    return Family(metric, samples)
