"""CPU frequencies and governors, from /sys/devices/system/cpu/cpu*/cpufreq."""

import re
from collections.abc import Iterator
from pathlib import Path

from exporter.collectors.support.api import System, text_of
from uptime_common.exposition import Family, Sample, gauge

CURRENT = "cpuinfo_cur_freq"
FILES = {
    CURRENT: gauge("node_cpu_frequency_hertz", "Current CPU thread frequency in hertz.", "cpu"),
    "cpuinfo_avg_freq": gauge(
        "node_cpu_frequency_avg_hertz", "Average CPU thread frequency in hertz.", "cpu"
    ),
    "cpuinfo_min_freq": gauge(
        "node_cpu_frequency_min_hertz", "Minimum CPU thread frequency in hertz.", "cpu"
    ),
    "cpuinfo_max_freq": gauge(
        "node_cpu_frequency_max_hertz", "Maximum CPU thread frequency in hertz.", "cpu"
    ),
    "scaling_cur_freq": gauge(
        "node_cpu_scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz.", "cpu"
    ),
    "scaling_min_freq": gauge(
        "node_cpu_scaling_frequency_min_hertz",
        "Minimum scaled CPU thread frequency in hertz.",
        "cpu",
    ),
    "scaling_max_freq": gauge(
        "node_cpu_scaling_frequency_max_hertz",
        "Maximum scaled CPU thread frequency in hertz.",
        "cpu",
    ),
}
GOVERNOR = gauge(
    "node_cpu_scaling_governor", "Current enabled CPU frequency governor.", "cpu", "governor"
)
METRICS = (*FILES.values(), GOVERNOR)
_KILOHERTZ = 1000


def cpus(system: System) -> dict[str, Path]:
    """Return the folder of each CPU whose driver tells its frequency."""
    folders = (system.roots.sys / "devices/system/cpu").glob("cpu[0-9]*/cpufreq")
    return {re.sub(r"\D", "", folder.parent.name): folder for folder in folders}


def read(system: System) -> Iterator[Family]:
    """Read what each CPU's driver tells; a virtual machine often tells nothing."""
    folders = system.part(cpus)
    for name, metric in FILES.items():
        found = ((cpu, text_of(folder / name)) for cpu, folder in folders.items())
        yield metric.of(
            *(((cpu,), int(text) * _KILOHERTZ) for cpu, text in found if text and text.isdigit())
        )
    governors: list[Sample] = []
    for cpu, folder in folders.items():
        current = text_of(folder / "scaling_governor")
        available = (text_of(folder / "scaling_available_governors") or "").split()
        governors += [((cpu, governor), governor == current) for governor in available]
    yield Family(GOVERNOR, governors)
