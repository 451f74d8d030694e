"""Seconds of each CPU in each mode from /proc/stat; throttling from sysfs; details from cpuinfo."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from exporter.collectors import cpufreq, stat
from exporter.collectors.support.api import Flag, System, text_of
from uptime_common.exposition import Family, FilledTemplate, Metric, Part, Template, counter, gauge

SECONDS = counter("node_cpu_seconds_total", "Seconds the CPUs spent in each mode.", "cpu", "mode")
GUEST = counter(
    "node_cpu_guest_seconds_total",
    "Seconds the CPUs spent in guests (VMs) for each mode.",
    "cpu",
    "mode",
)
CORE_THROTTLES = counter(
    "node_cpu_core_throttles_total",
    "Number of times this CPU core has been throttled.",
    "package",
    "core",
)
PACKAGE_THROTTLES = counter(
    "node_cpu_package_throttles_total",
    "Number of times this CPU package has been throttled.",
    "package",
)
ISOLATED = gauge(
    "node_cpu_isolated",
    "Whether each core is isolated, information from /sys/devices/system/cpu/isolated.",
    "cpu",
)
INFO_KEYS = {  # label and key of /proc/cpuinfo, in x86's names
    "package": "physical id",
    "core": "core id",
    "cpu": "processor",
    "vendor": "vendor_id",
    "family": "cpu family",
    "model": "model",
    "model_name": "model name",
    "microcode": "microcode",
    "stepping": "stepping",
    "cachesize": "cache size",
}
INFO = gauge("node_cpu_info", "CPU information from /proc/cpuinfo.", *INFO_KEYS)
FREQUENCY = gauge(
    "node_cpu_frequency_hertz",
    "CPU frequency in hertz from /proc/cpuinfo.",
    *("package", "core", "cpu"),
)
FLAG_INFO = gauge(
    "node_cpu_flag_info",
    "The `flags` field of CPU information from /proc/cpuinfo taken from the first core.",
    "flag",
)
BUG_INFO = gauge(
    "node_cpu_bug_info",
    "The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.",
    "bug",
)
METRICS = (
    *(SECONDS, GUEST, CORE_THROTTLES, PACKAGE_THROTTLES, ISOLATED, INFO, FREQUENCY),
    *(FLAG_INFO, BUG_INFO),
)
FLAGS = (
    Flag("cpu.guest", True, "seconds spent in guests"),
    Flag("cpu.info", False, "what the CPUs are, from /proc/cpuinfo"),
    Flag("cpu.info.flags-include", "", "regular expression of the CPU's flags to show"),
    Flag("cpu.info.bugs-include", "", "regular expression of the CPU's bugs to show"),
)

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_HERTZ = 1e6  # in a megahertz
_HZ = 100  # USER_HZ, which is the same on every architecture that Linux still supports
_MODES, _GUEST = slice(len(MODES)), slice(len(MODES), len(MODES) + 2)


class Floor:
    """The last ticks of each CPU: idle and iowait may step back, counters may not.

    A step back of more than 3 s of idle time is a CPU that came back from hot plugging: start anew.
    """

    def __init__(self, _system: System) -> None:
        self._last: dict[str, list[int]] = {}

    def raise_to(self, cpu: str, ticks: list[int]) -> list[int]:
        """Return the ticks, none of them under what was seen before."""
        last = self._last.get(cpu, ticks)
        if len(last) == len(ticks) and last[3] - ticks[3] <= 3 * _HZ:
            ticks = [max(pair) for pair in zip(last, ticks, strict=True)]
        self._last[cpu] = ticks
        return ticks


def parse(text: str) -> dict[str, list[int]]:
    """Return the ticks of each CPU (``"0"``, ...) by position: MODES, guest, guest nice."""
    cpus = {}
    for line in text.splitlines():
        if not line.startswith("cpu"):
            break
        name, *ticks = line.split()
        if name != "cpu":
            cpus[name[3:]] = [int(tick) for tick in ticks]
    if not cpus:
        raise ValueError("/proc/stat names no CPU")
    return cpus


@lru_cache(maxsize=4)
def _form(metric: Metric, modes: tuple[str, ...], columns: int, cpus: tuple[str, ...]) -> Template:
    return Template((metric, (cpu, mode)) for cpu in cpus for mode in modes[:columns])


def families(cpus: dict[str, list[int]], *, guest: bool) -> Iterator[FilledTemplate]:
    """Return the seconds of each CPU in each mode, and of its guests (kernels since 2.6.33)."""
    names, columns = tuple(cpus), min(map(len, cpus.values()))
    form = _form(SECONDS, MODES, columns, names)
    yield form.filled([t / _HZ for ticks in cpus.values() for t in ticks[:columns][_MODES]])
    if guest:
        form = _form(GUEST, ("user", "nice"), max(columns - len(MODES), 0), names)
        yield form.filled([t / _HZ for ticks in cpus.values() for t in ticks[:columns][_GUEST]])


def parse_info(text: str) -> list[dict[str, str]]:
    """Return the facts of each paragraph of /proc/cpuinfo, in x86's names."""
    cpus = []
    for paragraph in text.strip().split("\n\n"):
        pairs = (line.partition(":") for line in paragraph.splitlines())
        facts = {key.strip(): value.strip() for key, _, value in pairs}
        if "processor" in facts:
            cpus.append(facts)
    return cpus


def info(cpus: list[dict[str, str]]) -> Family:
    """Return what the CPUs are; what a machine does not tell is empty."""
    return INFO.of(*((tuple(c.get(key, "") for key in INFO_KEYS.values()), 1) for c in cpus))


def frequencies(cpus: list[dict[str, str]]) -> Family:
    """Return the frequencies; only x86 prints them here."""
    keys = [INFO_KEYS[label] for label in FREQUENCY.labels]
    return FREQUENCY.of(
        *(
            (tuple(c.get(key, "") for key in keys), float(c["cpu MHz"]) * _HERTZ)
            for c in cpus
            if "cpu MHz" in c
        )
    )


def _details(system: System) -> Iterator[Family]:
    cpus = parse_info(system.proc("cpuinfo"))
    yield info(cpus)
    if not any(
        (folder / cpufreq.CURRENT).exists() for folder in system.part(cpufreq.cpus).values()
    ):
        yield frequencies(cpus)  # else the driver tells them: one name, one source
    for metric, key in ((FLAG_INFO, "flags"), (BUG_INFO, "bugs")):
        option = f"cpu.info.{key}-include"
        words = cpus[0].get(key, "").split() if cpus and system.text(option) else ()
        yield metric.of(*(((word,), 1) for word in words if system.matches(option, word)))


def parse_list(text: str) -> list[str]:
    """Expand the kernel's list format: ``0-2,5`` is 0, 1, 2, 5."""
    cpus: list[str] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        cpus += map(str, range(int(first), int(last or first) + 1))
    return cpus


def throttled_cpus(system: System) -> list[Path]:
    """Return the folders of the CPUs that count their throttling."""
    return sorted((system.roots.sys / "devices/system/cpu").glob("cpu[0-9]*/thermal_throttle"))


def throttles(folders: list[Path]) -> Iterator[Family]:
    """Return the throttling counters; CPUs of one core or package share theirs."""
    cores: dict[tuple[str, ...], float] = {}
    packages: dict[tuple[str, ...], float] = {}
    for folder in folders:
        package = text_of(folder.parent / "topology/physical_package_id") or ""
        core = text_of(folder.parent / "topology/core_id") or ""
        cores[package, core] = float(text_of(folder / "core_throttle_count") or 0)
        packages[(package,)] = float(text_of(folder / "package_throttle_count") or 0)
    yield CORE_THROTTLES.of(*cores.items())
    yield PACKAGE_THROTTLES.of(*packages.items())


def read(system: System) -> Iterator[Part]:
    """Read the CPUs' times and throttling."""
    floor = system.part(Floor)
    cpus = {cpu: floor.raise_to(cpu, t) for cpu, t in parse(system.shared(stat.text)).items()}
    yield from families(cpus, guest=system.switched("cpu.guest"))
    yield from throttles(system.part(throttled_cpus))
    isolated = parse_list(system.sys("devices/system/cpu/isolated") or "")
    yield ISOLATED.of(*(((cpu,), 1) for cpu in isolated))
    if system.switched("cpu.info"):
        yield from _details(system)
