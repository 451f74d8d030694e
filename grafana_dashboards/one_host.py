"""What is with it? One host: utilisation, saturation and errors first, then each subsystem."""

from typing import Any

from grafana_foundation_sdk.builders import stat
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.host_depth import DISKS, HOST, filesystems, gauge, use
from grafana_dashboards.host_system import subsystems
from grafana_dashboards.since import data_since
from grafana_dashboards.style import link, looks, variable
from grafana_dashboards.style.annotation import of_starts
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import COUNT, DURATION, RATIO, SHARE_DIGITS, Steps
from grafana_dashboards.style.page import line, page, section
from grafana_dashboards.style.panel import number
from grafana_dashboards.style.query import now

_IDLE = f'node_cpu_seconds_total{{{HOST}, mode="idle"}}'
_FREE, _SIZE = (f"node_filesystem_{name}_bytes{{{HOST}, {DISKS}}}" for name in ("avail", "size"))
_BUSY = f"1 - avg by (instance) (rate({_IDLE}[$__rate_interval]))"
_USED = f"1 - {gauge('node_memory_MemAvailable_bytes')} / {gauge('node_memory_MemTotal_bytes')}"
_FULLEST = f"max by (instance) (1 - {_FREE} / {_SIZE})"
_LOAD = f"{gauge('node_load5')} / count by (instance) ({_IDLE})"


def one_host() -> dict[str, Any]:
    """Return the dashboard."""
    return page(
        link.HOST,
        "One host",
        "What is with it? One host by utilisation, saturation and errors of each resource; below, "
        "folded, every subsystem that tells: CPU, memory, disks, network, sockets, tracking, time, "
        "heat, processes, units, RAID, SMART, updates, certificates, backups, pressure.",
        section(
            "Now: $host",
            line(3, *_state(), widths=(5, 5, 5, 5, 4)),
            line(3, *_load()),
            line(5, _about(), _alerts()),
        ),
        use(),
        filesystems(),
        *subsystems(),
        variables=[
            variable.datasource(),
            variable.choice("job", "Job", "node_uname_info"),
            variable.pick("host", "Host", 'node_uname_info{job=~"$job"}', of="instance"),
        ],
        notes=of_starts("Boots", "node_boot_time_seconds", HOST, "{{instance}} booted"),
        time="now-6h",
    )


def _load() -> list[stat.Panel]:
    """Return how much of each resource is in use."""
    return [
        _figure("CPU", "Share of time in which it did not idle.", _BUSY, RATIO, (0.8, 0.95)),
        _figure("Memory", "What is not to be had without swapping.", _USED, RATIO, (0.85, 0.95)),
        _figure("Fullest disk", "Its fullest filesystem.", _FULLEST, RATIO, (0.8, 0.9)),
        _figure("Load per core", "Above 1, tasks wait for each other.", _LOAD, COUNT, (1, 2)),
    ]


def _state() -> list[stat.Panel]:
    """Return whether it is there, since when, and what is due."""
    return [
        _figure("Reports", "Whether Prometheus can scrape it.", gauge("up"), yes="is good"),
        _figure(
            "Up for",
            "Time since it booted; boots are marked in the charts.",
            f"time() - {gauge('node_boot_time_seconds')}",
            DURATION,
        ),
        _figure(
            "Failed units",
            "Units of systemd that failed; they are listed below.",
            f'sum by (instance) (node_systemd_unit_state{{{HOST}, state="failed"}})',
            limits=(1, 1),
            empty="not told",
        ),
        _figure(
            "Reboot due",
            "Whether a newer kernel or library waits for a reboot.",
            gauge("node_reboot_required"),
            yes="is neutral",
            empty="not told",
        ),
        data_since(f"node_uname_info{{{HOST}}}"),
    ]


def _figure(
    title: str,
    meaning: str,
    expr: str,
    unit: str = COUNT,
    limits: tuple[float, float] | None = None,
    *,
    yes: str = "",
    empty: str = looks.NO_DATA,
) -> stat.Panel:
    steps: Steps = looks.rising(*limits) if limits else looks.NEUTRAL
    words = {"is good": looks.YES_NO_BAD, "is neutral": looks.YES_NO}.get(yes, [])
    decimals = {RATIO: SHARE_DIGITS, COUNT: 2 if "core" in title else 0}.get(unit)
    return number(
        title,
        f"{meaning} Of the chosen host, now.",
        now(expr, "{{instance}}"),
        unit=unit,
        steps=steps,
        decimals=decimals,
        mappings=words,
        empty=empty,
    )


def _about() -> Table:
    told = f"max by (nodename, sysname, release, machine) (node_uname_info{{{HOST}}})"
    return grid(
        "What it is",
        "Its name, kernel and architecture, as it tells them.",
        Column("Reports", told, mappings=looks.YES_NO),
        keys={
            "nodename": "Name",
            "sysname": "System",
            "release": "Kernel",
            "machine": "Architecture",
        },
        narrow={"System": 80, "Architecture": 132, "Kernel": 110},
        sort="Name",
    )


def _alerts() -> Table:
    by = "alertname, severity"
    mine = 'instance=~"$host"'
    held = f"max by ({by}, alertstate) (ALERTS{{{mine}}})"
    return grid(
        "Alerts of the host",
        "What Prometheus' rules say of the host now, longest first.",
        Column(
            "Active for",
            f"(time() - max by ({by}) (ALERTS_FOR_STATE{{{mine}}})) * on ({by}) group_right {held}",
            DURATION,
        ),
        keys={"alertname": "Alert", "severity": "Severity", "alertstate": "State"},
        narrow={"Alert": 200, "Severity": 84, "State": 80},
        sort="Active for",
        descending=True,
        empty="none",
        links={"Alert": link.to(link.ALERTS, "alert")},
    )
