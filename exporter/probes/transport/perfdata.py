"""Performance data of Nagios plug-ins, in base units.

The format is https://www.monitoring-plugins.org/doc/guidelines.html#AEN201:
``'label'=value[unit];[warn];[crit];[min];[max]``, separated by spaces, after a bar.
"""

import math
import re
from typing import NamedTuple

# Items begin after a space: to look for one at each character takes minutes on a long word.
_ITEM = re.compile(
    r"(?<!\S)(?:'((?:[^']|'')++)'|([^\s=']++))=([-+]?[0-9.]+(?:[eE][-+]?\d+)?)([^;\s]*)"
)
_UNITS: dict[str, tuple[str, float]] = {
    "": ("", 1.0),
    "c": ("", 1.0),
    "s": ("seconds", 1.0),
    "ms": ("seconds", 1e-3),
    "us": ("seconds", 1e-6),
    "ns": ("seconds", 1e-9),
    "%": ("ratio", 0.01),
    "B": ("bytes", 1.0),
    "KB": ("bytes", 1024.0),
    "MB": ("bytes", 1024.0**2),
    "GB": ("bytes", 1024.0**3),
    "TB": ("bytes", 1024.0**4),
}


class Datum(NamedTuple):
    """One value in its base unit (empty where it has none)."""

    label: str
    unit: str
    value: float


def perfdata(output: str) -> list[Datum]:
    """Return what a plug-in's output measures; what is malformed is left out."""
    text = " ".join(line.partition("|")[2] for line in output.splitlines() if "|" in line)
    data: dict[str, Datum] = {}
    for quoted, plain, number, unit in _ITEM.findall(text):
        label = quoted.replace("''", "'") or plain
        base, factor = _UNITS.get(unit, (unit.lower(), 1.0))
        try:
            value = float(number) * factor
        except ValueError:
            continue  # such as 1.2.3
        if math.isfinite(value):
            data[label] = Datum(label, base, value)
    return list(data.values())
