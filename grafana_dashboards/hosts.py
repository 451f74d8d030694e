"""Servers: the fleet worst first, then one host in depth (utilisation, saturation, errors)."""

from typing import Any

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.host_depth import DISKS, HOST, depth
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_starts
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, RATIO, SHARE_DIGITS
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import chart, number
from grafana_dashboards.style.query import now, over_time

FLEET = 'job=~"$job", instance=~"$instance"'
IDLE = f'node_cpu_seconds_total{{{FLEET}, mode="idle"}}'
BUSY = f"1 - avg by (instance) (rate({IDLE}[$__rate_interval]))"
CORES = f"count by (instance) ({IDLE})"
LOAD = f"max by (instance) (node_load5{{{FLEET}}}) / {CORES}"
MEMORY = (
    f"max by (instance) (1 - node_memory_MemAvailable_bytes{{{FLEET}}}"
    f" / node_memory_MemTotal_bytes{{{FLEET}}})"
)
FULLEST = (
    f"max by (instance) (1 - node_filesystem_avail_bytes{{{FLEET}, {DISKS}}}"
    f" / node_filesystem_size_bytes{{{FLEET}, {DISKS}}})"
)
DISK = f"max by (instance) (rate(node_disk_io_time_seconds_total{{{FLEET}}}[$__rate_interval]))"
SHARES = {"disk space": FULLEST, "memory": MEMORY, "cpu": BUSY, "disk time": DISK}
_TOLD_APART = (f'label_replace({e}, "share", "{name}", "", "")' for name, e in SHARES.items())
WORST = f"max by (instance) ({' or '.join(_TOLD_APART)})"
UPTIME = f"time() - max by (instance) (node_boot_time_seconds{{{FLEET}}})"
UP = f"max by (instance) (up{{{FLEET}}} and on (job, instance) node_uname_info{{{FLEET}}})"
# A host that is down has no series of its own any more: it was there within the time range.
GONE = (
    f"max by (instance) (up{{{FLEET}}} == 0 and on (job, instance)"
    f" last_over_time(node_uname_info{{{FLEET}}}[1d]))"
)


def hosts() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.HOSTS,
        "Server health",
        "Hosts by how close they are to their limits, and one host in depth. Works on the metrics "
        "of the exporter and of node_exporter alike.",
        section(
            "Fleet",
            line(4, _reporting(), _gone(), _busiest(), _fullest()),
            line(10, _table()),
            line(8, _cpu(), _memory(), _disk()),
        ),
        *depth(),
        variables=[
            variable.datasource(),
            variable.choice("job", "Job", "node_uname_info"),
            variable.choice("instance", "Instance", 'node_uname_info{job=~"$job"}'),
            variable.pick("host", "Host in depth", f"node_uname_info{{{FLEET}}}", of="instance"),
        ],
        notes=of_starts("Boots", "node_boot_time_seconds", HOST, "{{instance}} booted"),
        time="now-6h",
    )


def _reporting() -> stat.Panel:
    return number(
        "Hosts reporting",
        "Hosts whose last scrape succeeded.",
        now(f"count({UP} == 1)", "hosts"),
        steps=((None, looks.GOOD),),
    )


def _gone() -> stat.Panel:
    return number(
        "Hosts silent",
        "Hosts that reported within the last day and cannot be scraped now: the host, its "
        "exporter or the network is down.",
        now(f"count({GONE}) or 0 * count({UP})", "silent"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _busiest() -> stat.Panel:
    return number(
        "Busiest CPU",
        "The host whose processors idle least.",
        now(f"topk(1, {BUSY})", "{{instance}}"),
        unit=RATIO,
        steps=looks.rising(0.8, 0.95),
        decimals=SHARE_DIGITS,
        named=True,
    )


def _fullest() -> stat.Panel:
    return number(
        "Fullest filesystem",
        "The host with the least space left for ordinary users on one of its filesystems.",
        now(f"topk(1, {FULLEST})", "{{instance}}"),
        unit=RATIO,
        steps=looks.rising(0.8, 0.9),
        decimals=SHARE_DIGITS,
        named=True,
    )


def _table() -> Table:
    return grid(
        "Fleet, worst first",
        "One line per host; worst is the highest of its four shares. Load is the 5-minute average "
        "per core: above 1 tasks wait. Memory is what is not available without swapping. Disk busy "
        "is the busiest device's share of time.",
        Column("Worst", WORST, RATIO, looks.rising(0.8, 0.95), decimals=SHARE_DIGITS),
        Column("Fullest disk", FULLEST, RATIO, looks.rising(0.8, 0.9), decimals=SHARE_DIGITS),
        Column("Memory", MEMORY, RATIO, looks.rising(0.85, 0.95), decimals=SHARE_DIGITS),
        Column("CPU", BUSY, RATIO, looks.rising(0.8, 0.95), decimals=SHARE_DIGITS),
        Column("Load per core", LOAD, steps=looks.rising(1, 2), decimals=2),
        Column("Disk busy", DISK, RATIO, looks.rising(0.7, 0.9), decimals=SHARE_DIGITS),
        Column("Up for", UPTIME, DURATION),
        Column("Reports", UP, mappings=looks.YES_NO),
        keys={"instance": "Host"},
        sort="Worst",
        descending=True,
        links={"Host": link.to(link.HOSTS, "host")},
    )


def _cpu() -> timeseries.Panel:
    return _ten(
        "CPU, ten busiest",
        "Share of time in which the processors were not idle, mean over the cores.",
        BUSY,
    )


def _memory() -> timeseries.Panel:
    return _ten("Memory, ten fullest", "Memory that is not available without swapping.", MEMORY)


def _disk() -> timeseries.Panel:
    return _ten(
        "Fullest filesystem, ten fullest hosts",
        "Space used on each host's fullest filesystem, as ordinary users see it.",
        FULLEST,
    )


def _ten(title: str, meaning: str, share: str) -> timeseries.Panel:
    """Draw the ten hosts with the highest share."""
    highest = over_time(f"topk(10, {share})", "{{instance}}")
    return chart(title, meaning, highest, unit=RATIO, bounds=(0, 1))
