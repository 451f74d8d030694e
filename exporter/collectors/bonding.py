"""Bonded network devices, from /sys/class/net/bonding_masters."""

from exporter.collectors.support.api import NoDataError, System, read_text, text_of
from uptime_common.exposition import Family, Sample, gauge

SLAVES = gauge(
    "node_bonding_slaves", "Number of configured slaves per bonding interface.", "master"
)
ACTIVE = gauge("node_bonding_active", "Number of active slaves per bonding interface.", "master")
METRICS = (SLAVES, ACTIVE)


def read(system: System) -> list[Family]:
    """Count the slaves of each master, and those whose link is up."""
    root = system.roots.sys / "class/net"
    masters = text_of(root / "bonding_masters")
    if masters is None:
        raise NoDataError("bonding is not loaded")
    every: list[Sample] = []
    active: list[Sample] = []
    for master in masters.split():
        slaves = read_text(root / master / "bonding/slaves").split()
        states = [
            text_of(root / master / f"{prefix}_{slave}/bonding_slave/mii_status")
            for slave in slaves
            for prefix in ("lower", "slave")  # the kernel's name since 2015, and before
        ]
        every.append(((master,), len(slaves)))
        active.append(((master,), states.count("up")))
    return [Family(SLAVES, every), Family(ACTIVE, active)]
