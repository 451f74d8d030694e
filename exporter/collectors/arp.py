"""ARP entries by device, from /proc/net/arp."""

from collections import Counter

from exporter.collectors.support.api import System, filters
from uptime_common.exposition import Family, Sample, gauge

ENTRIES = gauge("node_arp_entries", "ARP entries by device", "device")
METRICS = (ENTRIES,)
FLAGS = filters("arp.device", "network devices")


def parse(text: str) -> dict[str, int]:
    """Count the lines under the header by their last word."""
    head, *rows = text.splitlines()
    if not head.startswith("IP address"):
        raise ValueError("no header in /proc/net/arp")
    return Counter(row.rsplit(None, 1)[-1] for row in rows)


def families(text: str, system: System) -> list[Family]:
    """Return the wanted devices' entries."""
    samples: list[Sample] = [
        ((device,), count)
        for device, count in parse(text).items()
        if system.wants("arp.device", device)
    ]
    return [Family(ENTRIES, samples)]


def read(system: System) -> list[Family]:
    """Read the wanted devices' entries."""
    return system.parsed(families, system.proc("net/arp"), system)
