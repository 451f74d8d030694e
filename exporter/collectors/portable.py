"""What psutil tells on macOS and Windows, under the same names as Linux's collectors."""

import platform
import time
from collections.abc import Iterator, Mapping
from typing import Final

import psutil

from exporter.collectors import cpu, diskstats, loadavg, netdev, stat, time_, uname
from exporter.collectors.support import filesystem_names
from exporter.collectors.support.api import Collector, System
from uptime_common.exposition import Family, Sample, gauge

# psutil's field and Linux's mode.
_MODES = {
    **{name: name for name in ("user", "system", "idle", "nice", "iowait", "irq", "softirq")},
    "steal": "steal",
    "interrupt": "irq",  # Windows
    "dpc": "softirq",  # Windows' deferred procedure calls
}
MEMORY = {
    name: gauge(f"node_memory_{name}_bytes", f"Memory information field {name}_bytes.")
    for name in ("MemTotal", "MemAvailable", "MemFree", "SwapTotal", "SwapFree")
}
_MS, _SECTOR = 1000, 512
# Metric of diskstats' columns and psutil's field, in diskstats' units.
_DISK = {
    "reads_completed": ("read_count", 1.0),
    "read_bytes": ("read_bytes", 1.0),
    "read_time_seconds": ("read_time", 1 / _MS),
    "writes_completed": ("write_count", 1.0),
    "written_bytes": ("write_bytes", 1.0),
    "write_time_seconds": ("write_time", 1 / _MS),
}
_NET = {
    "receive_bytes": "bytes_recv",
    "receive_packets": "packets_recv",
    "receive_errs": "errin",
    "receive_drop": "dropin",
    "transmit_bytes": "bytes_sent",
    "transmit_packets": "packets_sent",
    "transmit_errs": "errout",
    "transmit_drop": "dropout",
}
DISK = {
    m: _DISK[name]
    for m, _ in diskstats.COLUMNS
    if (name := m.name.removeprefix("node_disk_").removesuffix("_total")) in _DISK
}
NET = {
    m: _NET[name]
    for m, _ in netdev.COUNTERS
    if (name := m.name.removeprefix("node_network_").removesuffix("_total")) in _NET
}


def cpu_families(times: list[Mapping[str, float]]) -> Iterator[Family]:
    """Return the seconds of each CPU in the modes that the platform knows."""
    samples: dict[tuple[str, ...], float] = {}
    for number, fields in enumerate(times):
        for name, seconds in fields.items():
            if name in _MODES:
                key = (str(number), _MODES[name])
                samples[key] = samples.get(key, 0.0) + seconds
    yield Family(cpu.SECONDS, list(samples.items()))


def read_cpu(_system: System) -> Iterator[Family]:
    """Read the CPUs' times."""
    return cpu_families([times._asdict() for times in psutil.cpu_times(percpu=True)])


def read_memory(_system: System) -> Iterator[Family]:
    """Read memory and swap."""
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    values = (memory.total, memory.available, memory.free, swap.total, swap.free)
    return (m.value(value) for m, value in zip(MEMORY.values(), values, strict=True))


def read_filesystem(system: System) -> Iterator[Family]:
    """Read the space of the wanted file systems; one that does not answer has an error."""
    rows: list[tuple[tuple[str, ...], bool, tuple[int, int] | None]] = []
    for part in psutil.disk_partitions():
        if system.wants("filesystem.mount-points", part.mountpoint) and system.wants(
            "filesystem.fs-types", part.fstype
        ):
            labels = (part.device, part.mountpoint, part.fstype)
            rows.append((labels, "ro" in part.opts.split(","), _usage(part.mountpoint)))
    known = [(labels, usage) for labels, _, usage in rows if usage]
    yield filesystem_names.SIZE.of(*((labels, usage[0]) for labels, usage in known))
    yield filesystem_names.FREE.of(*((labels, usage[1]) for labels, usage in known))
    yield filesystem_names.AVAIL.of(*((labels, usage[1]) for labels, usage in known))
    yield filesystem_names.READONLY.of(*((labels, readonly) for labels, readonly, _ in rows))
    yield filesystem_names.ERROR.of(*((labels, usage is None) for labels, _, usage in rows))


def _usage(point: str) -> tuple[int, int] | None:
    try:
        usage = psutil.disk_usage(point)
    except OSError:  # an empty drive
        return None
    return usage.total, usage.free


def read_disks(system: System) -> Iterator[Family]:
    """Read the wanted disks' counters."""
    disks = psutil.disk_io_counters(perdisk=True) or {}
    wanted = {n: io for n, io in disks.items() if system.wants("diskstats.device", n)}
    for metric, (field, scale) in DISK.items():
        samples: list[Sample] = [
            ((name,), getattr(io, field) * scale) for name, io in wanted.items()
        ]
        yield Family(metric, samples)


def read_net(system: System) -> Iterator[Family]:
    """Read the wanted network devices' counters."""
    devices = psutil.net_io_counters(pernic=True)
    wanted = {n: io for n, io in devices.items() if system.wants("netdev.device", n)}
    for metric, field in NET.items():
        yield Family(metric, [((name,), getattr(io, field)) for name, io in wanted.items()])


def read_load(_system: System) -> Iterator[Family]:
    """Read the load averages, which psutil computes on Windows."""
    loads = zip(loadavg.LOAD, psutil.getloadavg(), strict=True)
    return (metric.value(load) for metric, load in loads)


def read_boot(_system: System) -> list[Family]:
    """Read the boot time."""
    return [stat.BOOT.value(psutil.boot_time())]


def read_time(_system: System) -> Iterator[Family]:
    """Read the clock."""
    return time_.clock(time.time())


def read_uname(_system: System) -> list[Family]:
    """Read the kernel's name and version."""
    name = platform.uname()
    values = (name.system, name.release, name.version, name.machine, name.node, "(none)")
    return uname.families(values)


PORTABLE: Final[dict[str, Collector]] = {
    "cpu": Collector(read_cpu, (cpu.SECONDS,)),
    "diskstats": Collector(read_disks, tuple(DISK), flags=diskstats.FLAGS),
    "filesystem": Collector(
        read_filesystem,
        filesystem_names.METRICS,
        # Not Linux's flags' defaults: /mnt is no mount point to leave out elsewhere.
        flags=filesystem_names.filters(points="", types="^(autofs|devfs)$"),
    ),
    "loadavg": Collector(read_load, loadavg.METRICS),
    "meminfo": Collector(read_memory, tuple(MEMORY.values())),
    "netdev": Collector(read_net, tuple(NET), flags=netdev.FLAGS),
    "stat": Collector(read_boot, (stat.BOOT,)),
    "time": Collector(read_time, (time_.SECONDS, time_.ZONE)),
    "uname": Collector(read_uname, uname.METRICS),
}
