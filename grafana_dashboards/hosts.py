"""The fleet: which hosts need somebody? All of them, worst first, and those that are silent."""

from typing import Any

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.host_depth import DISKS
from grafana_dashboards.since import data_since
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_starts
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import DURATION, RATIO, SHARE_DIGITS, WHEN
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import chart, number
from grafana_dashboards.style.query import now, over_time

FLEET = 'job=~"$job", instance=~"$instance"'
AT_END = " @ end()"


def busy(at: str = "") -> str:
    """Return the share of time in which a host's processors did not idle, mean of the cores.

    ``at`` is PromQL's modifier: with ``@ end()`` each step has the value of the range's end.
    """
    idle = f'node_cpu_seconds_total{{{FLEET}, mode="idle"}}[$__rate_interval]'
    return f"1 - avg by (instance) (rate({idle}{at}))"


def memory(at: str = "") -> str:
    """Return the share of memory that is not available without swapping."""
    free, size = (f"node_memory_Mem{name}_bytes{{{FLEET}}}{at}" for name in ("Available", "Total"))
    return f"max by (instance) (1 - {free} / {size})"


def fullest(at: str = "") -> str:
    """Return the share of space used on the fullest filesystem, as ordinary users see it."""
    free, size = (f"node_filesystem_{n}_bytes{{{FLEET}, {DISKS}}}{at}" for n in ("avail", "size"))
    return f"max by (instance) (1 - {free} / {size})"


def disk_time(at: str = "") -> str:
    """Return the share of time in which a host's busiest device was at work."""
    spent = f"node_disk_io_time_seconds_total{{{FLEET}}}[$__rate_interval]"
    return f"max by (instance) (rate({spent}{at}))"


def _each(metric: str, more: str = "") -> str:
    return f"max by (instance) ({metric}{{{FLEET}{more}}})"


CORES = f'count by (instance) (node_cpu_seconds_total{{{FLEET}, mode="idle"}})'
LOAD = f"{_each('node_load5')} / {CORES}"
DISK = disk_time()
SHARES = {"disk space": fullest(), "memory": memory(), "cpu": busy(), "disk time": DISK}
_TOLD_APART = (f'label_replace({e}, "share", "{name}", "", "")' for name, e in SHARES.items())
WORST = f"max by (instance) ({' or '.join(_TOLD_APART)})"
UPTIME = f"time() - {_each('node_boot_time_seconds')}"
UP = f"max by (instance) (up{{{FLEET}}} and on (job, instance) node_uname_info{{{FLEET}}})"
# A host that is down has no series of its own any more: it was there within the last day.
_SEEN = f"last_over_time(node_uname_info{{{FLEET}}}[1d])"
GONE = f"max by (instance) (up{{{FLEET}}} == 0 and on (job, instance) {_SEEN})"
LAST_SEEN = (
    f"max by (instance) (max_over_time(timestamp(node_uname_info{{{FLEET}}})[1d:5m]))"
    f" and on (instance) {GONE}"
)
_APT = f'apt_upgrades_pending{{{FLEET}, origin=~"(?i).*security.*"}}'
UPDATES = f"{_each('node_updates_security_pending')} or sum by (instance) ({_APT})"
FAILED = f'sum by (instance) (node_systemd_unit_state{{{FLEET}, state="failed"}})'
REBOOT = _each("node_reboot_required")


def hosts() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.HOSTS,
        "Fleet",
        "Which hosts need somebody? Every host by the fullest of its resources, those that are "
        "silent, and what is due: updates, reboots, failed units. A host's name opens its page. "
        "For node_exporter and ours alike.",
        section("Now", line(4, *_now(), widths=(3, 3, 4, 3, 4, 3, 4))),
        section("All hosts", line(12, _table())),
        section("Busiest", line(9, _cpu(), _memory()), line(9, _disk(), _disk_time())),
        section("Silent", line(5, _silent())),
        variables=[
            variable.datasource(),
            variable.choice("job", "Job", "node_uname_info"),
            variable.choice("instance", "Hosts", 'node_uname_info{job=~"$job"}'),
        ],
        notes=of_starts("Boots", "node_boot_time_seconds", FLEET, "{{instance}} booted"),
        time="now-6h",
    )


def _now() -> list[stat.Panel]:
    return [_reporting(), _gone(), *_due(), data_since(f"node_uname_info{{{FLEET}}}")]


def _reporting() -> stat.Panel:
    return number(
        "Reporting",
        "Hosts whose exporter Prometheus can scrape.",
        now(f"count({UP} == 1)", "reporting"),
        steps=((None, looks.GOOD),),
    )


def _gone() -> stat.Panel:
    return number(
        "Silent",
        "Hosts that reported within the last day and cannot be scraped now: the host, its "
        "exporter or the network is down. They are listed below.",
        now(f"count({GONE}) or 0 * count({UP})", "silent"),
        steps=looks.ABOVE_ZERO_IS_BAD,
    )


def _due() -> list[stat.Panel]:
    """Return how many hosts have something due, of those that tell."""
    wanted = {
        "Security updates": (UPDATES, "Hosts for which security updates wait."),
        "Reboots": (REBOOT, "Hosts that run a kernel or libraries older than installed ones."),
        "Failed units": (FAILED, "Hosts on which a unit of systemd failed."),
        "Nearly full": (
            f"({fullest()}) >= bool 0.9",
            "Hosts with a filesystem of which ordinary users can have less than a tenth.",
        ),
    }
    return [
        number(
            title,
            meaning + " Hosts that do not tell are not counted.",
            now(f"count(({expr}) > 0) or 0 * count({expr})", "hosts"),
            steps=((None, looks.GOOD), (1, looks.WARN)),
        )
        for title, (expr, meaning) in wanted.items()
    ]


def _table() -> Table:
    return grid(
        "Fleet, worst first",
        "One line per host; worst is the highest of its four shares. Load is the 5-minute average "
        "per core: above 1 tasks wait. Memory is what is not available without swapping. Disk busy "
        "is the busiest device's share of time.",
        _share("Worst", WORST, 0.8, 0.95),
        _share("Disk full", fullest(), 0.8, 0.9),
        _share("Memory", memory(), 0.85, 0.95),
        _share("CPU", busy(), 0.8, 0.95),
        Column("Load", LOAD, steps=looks.rising(1, 2), decimals=2),
        _share("Disk busy", DISK, 0.7, 0.9),
        Column("Up for", UPTIME, DURATION),
        Column("Updates", UPDATES, steps=looks.rising(1, 10), decimals=0, empty="not told"),
        Column("Units", FAILED, steps=looks.ABOVE_ZERO_IS_BAD, decimals=0, empty="not told"),
        Column("Reboot", REBOOT, mappings=looks.YES_NO, empty="not told"),
        keys={"instance": "Host"},
        narrow={"Host": 280},
        long_names=True,
        sort="Worst",
        descending=True,
        links={"Host": link.to(link.HOST, "host")},
    )


def _share(head: str, expr: str, warn: float, bad: float) -> Column:
    return Column(head, expr, RATIO, looks.rising(warn, bad), decimals=SHARE_DIGITS)


def _silent() -> Table:
    return grid(
        "Silent hosts",
        "Hosts that reported within the last day and cannot be scraped now, and when they were "
        "seen last (to five minutes).",
        Column("Last seen", f"1000 * ({LAST_SEEN})", WHEN),
        keys={"instance": "Host"},
        sort="Last seen",
        descending=True,
        empty="none",
        links={"Host": link.to(link.HOST, "host")},
    )


def _cpu() -> timeseries.Panel:
    return _ten(
        "CPU, ten busiest",
        "Share of time in which the processors were not idle, mean over the cores.",
        busy(),
        busy(AT_END),
    )


def _memory() -> timeseries.Panel:
    return _ten(
        "Memory, ten fullest",
        "Memory that is not available without swapping.",
        memory(),
        memory(AT_END),
    )


def _disk() -> timeseries.Panel:
    return _ten(
        "Fullest filesystem, ten fullest hosts",
        "Space used on each host's fullest filesystem, as ordinary users see it.",
        fullest(),
        fullest(AT_END),
    )


def _disk_time() -> timeseries.Panel:
    return _ten(
        "Disk time, ten busiest",
        "Share of time in which each host's busiest device was at work.",
        disk_time(),
        disk_time(AT_END),
    )


def _ten(title: str, meaning: str, share: str, at_end: str) -> timeseries.Panel:
    """Draw the ten hosts with the highest share at the end: the same all along."""
    highest = over_time(f"({share}) and on (instance) topk(10, {at_end})", "{{instance}}")
    meaning += " Those that are highest at the end of the time range."
    return chart(title, meaning, highest, unit=RATIO, bounds=(0, 1))
