"""Hardware sensors (as lm-sensors shows), from /sys/class/hwmon."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from exporter.collectors.support.api import NoDataError, System, filters, text_of
from uptime_common.exposition import Family, Metric, Sample, counter, gauge

CHIP = gauge(
    "node_hwmon_chip_names",
    "Annotation metric for human-readable chip names",
    "chip",
    "chip_name",
)
LABEL = gauge(
    "node_hwmon_sensor_label", "Label for given chip and sensor", "chip", "sensor", "label"
)
METRICS = (CHIP, LABEL)
PATTERN = r"node_hwmon_\w+"
FLAGS = (
    *filters("hwmon.chip", "chips"),
    *filters("hwmon.sensor", "sensors, as CHIP;SENSOR"),
)

_MILLI, _MICRO = 1e-3, 1e-6
_FILE = re.compile(r"([^0-9]+)([0-9]*)(?:_(.+))?")
_KINDS = {
    *("vrm", "beep_enable", "update_interval", "in", "cpu", "fan", "pwm", "temp", "curr"),
    *("power", "energy", "humidity", "intrusion", "freq"),
}


class Rule(NamedTuple):
    """How the readings of a kind are named and scaled; ``{}`` in the help is the element."""

    kind: str
    elements: tuple[str, ...]
    suffix: str
    help: str
    scale: float
    make: str = "gauge"


# Documentation/hwmon/sysfs-interface.rst; the first rule that fits counts, no elements mean any.
RULES = (
    Rule("", ("fault", "alarm"), "", "Hardware sensor {} status ({kind})", 1),
    Rule("", ("beep",), "_enabled", "Hardware monitor sensor has beeping enabled", 1),
    Rule("in", (), "_volts", "Hardware monitor for voltage ({})", _MILLI),
    Rule("cpu", (), "_volts", "Hardware monitor for voltage ({})", _MILLI),
    Rule("temp", ("type",), "", "Hardware monitor temp element {}", 1),
    Rule("temp", (), "_celsius", "Hardware monitor for temperature ({})", _MILLI),
    Rule("curr", (), "_amps", "Hardware monitor for current ({})", _MILLI),
    Rule(
        "energy",
        (),
        "_joule_total",
        "Hardware monitor for joules used so far ({})",
        _MICRO,
        "counter",
    ),
    Rule("power", ("accuracy",), "", "Hardware monitor power meter accuracy, as a ratio", _MICRO),
    Rule(
        "power",
        ("average_interval", "average_interval_min", "average_interval_max"),
        "_seconds",
        "Hardware monitor power usage update interval ({})",
        _MILLI,
    ),
    Rule("power", (), "_watt", "Hardware monitor for power usage in watts ({})", _MICRO),
    Rule(
        "humidity",
        (),
        "",
        "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a "
        "percentage) ({})",
        _MICRO,
    ),
    Rule(
        "fan",
        ("input", "min", "max", "target"),
        "_rpm",
        "Hardware monitor for fan revolutions per minute ({})",
        1,
    ),
    Rule("freq", ("input",), "_freq_mhz", "Hardware monitor for GPU frequency in MHz", _MICRO),
    Rule("", (), "", "Hardware monitor {kind} element {}", 1),
)
SINGLES = {
    "beep_enable": (gauge("node_hwmon_beep_enabled", "Hardware beep enabled", "chip", "sensor"), 1),
    "vrm": (
        gauge(
            "node_hwmon_voltage_regulator_version", "Hardware voltage regulator", "chip", "sensor"
        ),
        1,
    ),
    "update_interval": (
        gauge(
            "node_hwmon_update_interval_seconds",
            "Hardware monitor update interval",
            "chip",
            "sensor",
        ),
        _MILLI,
    ),
}


class Reading(NamedTuple):
    """A file like ``temp1_crit``: its sensor, kind, element (empty for ``pwm1``) and text."""

    sensor: str
    kind: str
    element: str
    text: str


def clean(name: str) -> str:
    """Return a name fit for a metric or label, as node_exporter cleans it."""
    return re.sub("[^a-z0-9:_]", "_", name.lower()).strip("_")


def parse(files: Mapping[str, str]) -> list[Reading]:
    """Return the readings of a chip's files, by name and text."""
    readings = []
    for name, text in files.items():
        match = _FILE.fullmatch(name)
        if match and match[1] in _KINDS:
            number = str(int(match[2] or 0))
            readings.append(Reading(match[1] + number, match[1], match[3] or "", text))
    return readings


@cache
def _metric(kind: str, element: str, has_bare: bool) -> tuple[Metric, float]:
    if kind in SINGLES:
        return SINGLES[kind]
    rule = next(
        r for r in RULES if r.kind in ("", kind) and (not r.elements or element in r.elements)
    )
    middle = "" if element == "" or (element == "input" and not has_bare) else f"_{clean(element)}"
    text = rule.help.format(element or ("input" if kind == "temp" else ""), kind=kind)
    make = counter if rule.make == "counter" else gauge
    return make(f"node_hwmon_{kind}{middle}{rule.suffix}", text, "chip", "sensor"), rule.scale


def families(chip: str, readings: Iterable[Reading]) -> Iterator[tuple[Metric, Sample]]:
    """Return metric and sample of each reading that is a number."""
    readings = list(readings)
    labels = {r.sensor: r.text for r in readings if r.element == "label"}
    bare = {r.sensor for r in readings if r.element == ""}
    for sensor, label in labels.items():
        yield LABEL, ((chip, sensor, label), 1)
    for reading in readings:
        value = _number(reading.text)
        if value is None or reading.element == "label":
            continue
        sensor = reading.sensor
        if reading.kind == "freq" and reading.element == "input":
            if sensor not in labels:
                continue
            sensor = clean(labels[sensor])
        metric, scale = _metric(reading.kind, reading.element, reading.sensor in bare)
        yield metric, ((chip, sensor), value * scale)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def base_name(folder: Path) -> str:
    """Return a name that stays when modules load in another order: bus and device, else name."""
    device = folder / "device"
    if device.exists():
        path = device.resolve()
        parts = (clean(path.parent.name), clean(path.name))
        if parts[1]:
            return "_".join(filter(None, parts))
    return clean(text_of(folder / "name") or "") or clean(folder.resolve().name)


def chip_names(folders: Iterable[Path]) -> dict[Path, str]:
    """Return each chip's name; chips of one device get their own name or folder appended."""
    bases = {folder: base_name(folder) for folder in folders}
    names = {folder: clean(text_of(folder / "name") or "") for folder in bases}
    shared = Counter(bases.values())
    twice = Counter((base, names[folder]) for folder, base in bases.items())
    found = {}
    for folder, base in bases.items():
        own = names[folder] if twice[base, names[folder]] == 1 else ""
        found[folder] = f"{base}_{own or clean(folder.name)}" if shared[base] > 1 else base
    return found


def _files(folder: Path) -> dict[str, str]:
    """Read the files of a chip, and of its device where old drivers put them."""
    found = {}
    for place in (folder, folder / "device"):
        if place.is_dir():
            for path in place.iterdir():
                match = _FILE.fullmatch(path.name)
                if match and match[1] in _KINDS and (text := text_of(path)) is not None:
                    found[path.name] = text
    return found


def read(system: System) -> list[Family]:
    """Read the wanted chips' wanted sensors."""
    root = system.roots.sys / "class/hwmon"
    if not root.is_dir():
        raise NoDataError("there are no hardware monitors")
    samples: dict[Metric, list[Sample]] = {CHIP: []}
    for folder, chip in chip_names(sorted(root.iterdir())).items():
        if not system.wants("hwmon.chip", chip):
            continue
        if name := clean(text_of(folder / "name") or ""):
            samples[CHIP].append(((chip, name), 1))
        readings = parse(_files(folder))
        wanted = (r for r in readings if system.wants("hwmon.sensor", f"{chip};{r.sensor}"))
        for metric, sample in families(chip, wanted):
            samples.setdefault(metric, []).append(sample)
    return [Family(metric, found) for metric, found in samples.items()]
