"""Batteries and power adapters, from /sys/class/power_supply."""

from collections.abc import Mapping

from exporter.collectors.support.api import Flag, NoDataError, System, names_in, text_of
from uptime_common.exposition import Family, Metric, Sample, gauge

# Name in the metric where it differs from the file's (Documentation/ABI/testing/sysfs-class-power).
_PLAIN = {
    "cycle_count": "cyclecount",
    "time_to_empty_now": "time_to_empty_seconds",
    "time_to_full_now": "time_to_full_seconds",
}
_PLAIN |= {
    name: name
    for name in (
        *("authentic", "calibrate", "capacity", "capacity_alert_max", "capacity_alert_min"),
        *("online", "present"),
    )
}
_MICRO = {
    "charge_now": "charge_ampere",
    "current_now": "current_ampere",
    "energy_now": "energy_watthour",
    "power_now": "power_watt",
    "voltage_now": "voltage_volt",
}
_MICRO |= {
    name: name
    for name in (
        *("current_boot", "current_max", "energy_empty", "energy_empty_design", "energy_full"),
        *("energy_full_design", "voltage_boot", "voltage_max", "voltage_max_design"),
        *("voltage_min", "voltage_min_design", "voltage_ocv", "charge_control_limit"),
        *("charge_control_limit_max", "charge_counter", "charge_empty", "charge_empty_design"),
        *("charge_full", "charge_full_design", "charge_term_current", "constant_charge_current"),
        *("constant_charge_current_max", "constant_charge_voltage"),
        *("constant_charge_voltage_max", "precharge_current", "input_current_limit"),
    )
}
_DECI = {
    name: f"{name}_celsius"
    for name in (
        *("temp", "temp_alert_max", "temp_alert_min", "temp_ambient", "temp_ambient_max"),
        *("temp_ambient_min", "temp_max", "temp_min"),
    )
}
LABELS = (
    *("power_supply", "capacity_level", "charge_type", "health", "manufacturer", "model_name"),
    *("serial_number", "status", "technology", "type", "usb_type", "scope"),
)


def _metric(name: str) -> Metric:
    text = f"{name} value of /sys/class/power_supply/<power_supply>."
    return gauge(f"node_power_supply_{name}", text, "power_supply")


FILES: dict[str, tuple[Metric, float]] = {
    file: (_metric(name), scale)
    for names, scale in ((_PLAIN, 1), (_MICRO, 1e-6), (_DECI, 0.1))
    for file, name in names.items()
}
INFO = gauge("node_power_supply_info", "info of /sys/class/power_supply/<power_supply>.", *LABELS)
METRICS = (INFO, *(metric for metric, _ in FILES.values()))
FLAGS = (
    Flag(
        "powersupply.ignored-supplies", "^$", "regular expression of the power supplies to ignore"
    ),
)


def parse(supplies: Mapping[str, Mapping[str, str]]) -> list[Family]:
    """Return the families of each supply's files, by name and text."""
    samples: dict[Metric, list[Sample]] = {INFO: []}
    for supply, files in supplies.items():
        values = tuple(files.get(label, "") for label in LABELS[1:])
        samples[INFO].append(((supply, *values), 1))
        for file in FILES.keys() & files.keys():
            metric, scale = FILES[file]
            samples.setdefault(metric, []).append(((supply,), int(files[file]) * scale))
    return [Family(metric, found) for metric, found in samples.items()]


def _read(folder: str) -> dict[str, str]:
    wanted = {*FILES, *LABELS}
    found = ((n, text_of(f"{folder}/{n}")) for n in names_in(folder) if n in wanted)
    return {name: text for name, text in found if text}


def read(system: System) -> list[Family]:
    """Read the wanted supplies."""
    root = f"{system.roots.sys}/class/power_supply"
    try:
        names = names_in(root)
    except FileNotFoundError as error:
        raise NoDataError("there are no power supplies") from error
    wanted = (n for n in names if not system.matches("powersupply.ignored-supplies", n))
    return parse({name: _read(f"{root}/{name}") for name in wanted})
