"""Host collectors, one file per subsystem, under node_exporter's names; imported by host.

``emits(name)`` says whether a metric name can come from here: the contract tests of rules and
dashboards ask it. Names live with their collector, not in exporter/metrics.py: there are hundreds,
the kernel chooses some of them, and who reads or adds a collector wants one file.
"""

import re
import sys
from functools import cache
from typing import Final

from exporter.collectors import (
    arp,
    backup,
    bcache,
    bonding,
    btrfs,
    certificates,
    conntrack,
    cpu,
    cpufreq,
    diskstats,
    dmi,
    dmmultipath,
    edac,
    entropy,
    fibrechannel,
    filefd,
    filesystem,
    firmware,
    hwmon,
    infiniband,
    ipvs,
    kernel,
    kernel_hung,
    listening,
    loadavg,
    logins,
    mdadm,
    meminfo,
    netclass,
    netdev,
    netstat,
    nfs,
    nfsd,
    nvme,
    os_,
    package_changes,
    portable,
    powersupplyclass,
    pressure,
    processes,
    rapl,
    schedstat,
    selinux,
    sockstat,
    softnet,
    stat,
    systemd,
    tapestats,
    textfile,
    thermal_zone,
    time_,
    timex,
    udp_queues,
    uname,
    updates,
    vmstat,
    watchdog,
    xfs,
    zfs,
)
from exporter.collectors.support import filesystem_names
from exporter.collectors.support.api import Collector, Option

_SELDOM = 30.0  # seconds

LINUX: Final[dict[str, Collector]] = {
    "arp": Collector(arp.read, arp.METRICS, flags=arp.FLAGS),
    "backup": Collector(backup.read, backup.METRICS, flags=backup.FLAGS, every=_SELDOM),
    "bcache": Collector(bcache.read, bcache.METRICS, flags=bcache.FLAGS, rare=True),
    "bonding": Collector(bonding.read, bonding.METRICS),
    "btrfs": Collector(btrfs.read, btrfs.METRICS, rare=True),
    "certificates": Collector(
        certificates.read, certificates.METRICS, flags=certificates.FLAGS, every=_SELDOM
    ),
    "conntrack": Collector(conntrack.read, conntrack.METRICS),
    "cpu": Collector(cpu.read, cpu.METRICS, flags=cpu.FLAGS),
    "cpufreq": Collector(cpufreq.read, cpufreq.METRICS, rare=True),
    "diskstats": Collector(diskstats.read, diskstats.METRICS, flags=diskstats.FLAGS),
    "dmi": Collector(dmi.read, dmi.METRICS),
    "dmmultipath": Collector(dmmultipath.read, dmmultipath.METRICS, rare=True),
    "edac": Collector(edac.read, edac.METRICS, rare=True),
    "entropy": Collector(entropy.read, entropy.METRICS),
    "fibrechannel": Collector(fibrechannel.read, fibrechannel.METRICS, rare=True),
    "filefd": Collector(filefd.read, filefd.METRICS),
    "filesystem": Collector(filesystem.read, filesystem_names.METRICS, flags=filesystem.FLAGS),
    "firmware": Collector(firmware.read, firmware.METRICS, every=_SELDOM),
    "hwmon": Collector(hwmon.read, hwmon.METRICS, pattern=hwmon.PATTERN, flags=hwmon.FLAGS),
    "infiniband": Collector(infiniband.read, infiniband.METRICS, flags=infiniband.FLAGS, rare=True),
    "ipvs": Collector(ipvs.read, ipvs.METRICS, flags=ipvs.FLAGS),
    "kernel": Collector(kernel.read, kernel.METRICS, every=_SELDOM),
    "kernel_hung": Collector(kernel_hung.read, kernel_hung.METRICS),
    "listening": Collector(listening.read, listening.METRICS),
    "loadavg": Collector(loadavg.read, loadavg.METRICS),
    "logins": Collector(logins.read, logins.METRICS, every=_SELDOM),
    "mdadm": Collector(mdadm.read, mdadm.METRICS),
    "meminfo": Collector(meminfo.read, pattern=meminfo.PATTERN),
    "netclass": Collector(netclass.read, netclass.METRICS, flags=netclass.FLAGS),
    "netdev": Collector(netdev.read, netdev.METRICS, flags=netdev.FLAGS),
    "netstat": Collector(netstat.read, pattern=netstat.PATTERN, flags=netstat.FLAGS),
    "nfs": Collector(nfs.read, nfs.METRICS),
    "nfsd": Collector(nfsd.read, nfsd.METRICS),
    "nvme": Collector(nvme.read, nvme.METRICS),
    "os": Collector(os_.read, os_.METRICS),
    "package_changes": Collector(package_changes.read, package_changes.METRICS, every=_SELDOM),
    "powersupplyclass": Collector(
        powersupplyclass.read, powersupplyclass.METRICS, flags=powersupplyclass.FLAGS
    ),
    "pressure": Collector(pressure.read, pressure.METRICS),
    "processes": Collector(processes.read, processes.METRICS, enabled=False),
    "rapl": Collector(rapl.read, rapl.METRICS, pattern=rapl.PATTERN, flags=rapl.FLAGS, rare=True),
    "schedstat": Collector(schedstat.read, schedstat.METRICS),
    "selinux": Collector(selinux.read, selinux.METRICS),
    "sockstat": Collector(sockstat.read, sockstat.METRICS, pattern=sockstat.PATTERN),
    "softnet": Collector(softnet.read, softnet.METRICS),
    "stat": Collector(stat.read, stat.METRICS, flags=stat.FLAGS),
    "systemd": Collector(systemd.read, systemd.METRICS, flags=systemd.FLAGS),
    "tapestats": Collector(tapestats.read, tapestats.METRICS, flags=tapestats.FLAGS, rare=True),
    "textfile": Collector(
        textfile.read, textfile.METRICS, flags=textfile.FLAGS, tells=textfile.ERROR
    ),
    "thermal_zone": Collector(thermal_zone.read, thermal_zone.METRICS),
    "time": Collector(time_.read, time_.METRICS),
    "timex": Collector(timex.read, timex.METRICS),
    "udp_queues": Collector(udp_queues.read, udp_queues.METRICS),
    "uname": Collector(uname.read, uname.METRICS),
    "updates": Collector(updates.read, updates.METRICS, every=_SELDOM),
    "vmstat": Collector(vmstat.read, pattern=vmstat.PATTERN, flags=vmstat.FLAGS),
    "watchdog": Collector(watchdog.read, watchdog.METRICS, rare=True),
    "xfs": Collector(xfs.read, xfs.METRICS, rare=True),
    "zfs": Collector(zfs.read, zfs.METRICS, pattern=zfs.PATTERN),
}


COLLECTORS: Final = LINUX if sys.platform == "linux" else portable.PORTABLE


def default_options() -> dict[str, Option]:
    """Return every flag of every collector with its default."""
    return {flag.name: flag.default for c in COLLECTORS.values() for flag in c.flags}


@cache
def metric_names() -> frozenset[str]:
    """Return the names that are constants."""
    return frozenset(metric.name for c in COLLECTORS.values() for metric in c.metrics)


@cache
def name_patterns() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of the names that come from the kernel."""
    return tuple(re.compile(c.pattern) for c in COLLECTORS.values() if c.pattern)


def emits(name: str) -> bool:
    """Say whether a collector may emit this metric name."""
    return name in metric_names() or any(p.fullmatch(name) for p in name_patterns())
