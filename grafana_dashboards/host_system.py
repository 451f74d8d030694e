"""One host, subsystem by subsystem: what is asked for when the first look does not explain it."""

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.host_depth import HOST, LINKS, gauge, rate
from grafana_dashboards.style import looks
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import BYTES, COUNT, DURATION, RATIO, SECONDS
from grafana_dashboards.style.page import Section, line, section
from grafana_dashboards.style.panel import chart
from grafana_dashboards.style.query import over_time

DAY = 86_400
CELSIUS = "celsius"
HERTZ = "hertz"
_MINUTE = "60 * "


def subsystems() -> list[Section]:
    """Return a folded section for each subsystem."""
    return [
        _section("CPU in detail", _modes_of_each(), _switches(), _clock_rate()),
        _section("Memory in detail", _kinds(), _committed(), _written_back()),
        _section("Network in detail", _packets(), _links(), _queues()),
        _section("Sockets and TCP", _sockets(), _connections(), _refused(), _datagrams()),
        _section("Connection tracking", _tracked(), _untracked()),
        _section("Time", _offset(), _precision(), _synchronised()),
        _section("Temperature and memory chips", _temperature(), _throttled(), _chips()),
        _section("Processes and file descriptors", _processes(), _forks(), _descriptors()),
        _section("Units of systemd", _units(), _failed()),
        _section("RAID and SMART", _arrays(), _smart()),
        _section("Updates, reboots, certificates, backups", _upkeep(), _certificates(), _backups()),
        _section("Pressure", _waiting(), _stalled()),
    ]


def _section(title: str, *panels: timeseries.Panel | Table) -> Section:
    return section(title, line(9, *panels), folded=True)


def _draw(title: str, meaning: str, unit: str = COUNT, **by_legend: str) -> timeseries.Panel:
    """Draw expressions by what they are called."""
    asked = (over_time(expr, name.replace("_", " ")) for name, expr in by_legend.items())
    return chart(title, meaning, *asked, unit=unit, ranked=False)


def _modes_of_each() -> timeseries.Panel:
    idle = f'node_cpu_seconds_total{{{HOST}, mode="idle"}}'
    return chart(
        "Each core busy",
        "Share of time in which each core did not idle: one full core among idle ones is a program "
        "that cannot use more than one. The ten busiest at the end of the time range.",
        over_time(
            f"1 - (max by (cpu) (rate({idle}[$__rate_interval])) and on (cpu)"
            f" bottomk(10, max by (cpu) (rate({idle}[$__rate_interval] @ end()))))",
            "core {{cpu}}",
        ),
        unit=RATIO,
        bounds=(0, 1),
    )


def _switches() -> timeseries.Panel:
    return _draw(
        "Switches and interrupts",
        "How often a core changed the task that it runs, and how often devices interrupted it, per "
        "second. Many switches at little work: too many threads wait for each other.",
        context_switches=rate("node_context_switches_total"),
        interrupts=rate("node_intr_total"),
    )


def _clock_rate() -> timeseries.Panel:
    return _draw(
        "Clock rate",
        "The rate at which the cores run now: it falls with little work, and with heat.",
        HERTZ,
        fastest_core=gauge("node_cpu_scaling_frequency_hertz"),
        slowest_core=f"min by (instance) (node_cpu_scaling_frequency_hertz{{{HOST}}})",
    )


def _memory(name: str) -> str:
    return gauge(f"node_memory_{name}_bytes")


def _kinds() -> timeseries.Panel:
    names = {"AnonPages": "programs", "Cached": "page cache", "Buffers": "buffers"}
    names |= {"Slab": "kernel's objects", "PageTables": "page tables", "MemFree": "free"}
    asked = (over_time(_memory(name), word) for name, word in names.items())
    return chart(
        "Memory by use",
        "What memory is used for. The page cache is given back when programs want it; what they "
        "and the kernel hold is not.",
        *asked,
        unit=BYTES,
        stacked=True,
        ranked=False,
    )


def _committed() -> timeseries.Panel:
    return _draw(
        "Memory promised",
        "What programs asked for, used or not, and the limit up to which the kernel would promise "
        "if it were strict. It grows without end where a program leaks.",
        BYTES,
        promised=_memory("Committed_AS"),
        limit=_memory("CommitLimit"),
    )


def _written_back() -> timeseries.Panel:
    return _draw(
        "Memory to be written",
        "What was changed in memory and is not on the disk yet: much of it is lost in a crash, and "
        "grows when disks are slow.",
        BYTES,
        to_be_written=_memory("Dirty"),
        under_way=_memory("Writeback"),
    )


def _packets() -> timeseries.Panel:
    received, sent = (f"node_network_{way}_packets_total" for way in ("receive", "transmit"))
    return chart(
        "Packets",
        "Packets received and, below zero, sent per second.",
        over_time(rate(received, f", {LINKS}"), "{{device}} in"),
        over_time("-" + rate(sent, f", {LINKS}"), "{{device}} out"),
        bounds=(None, None),
    )


def _links() -> Table:
    speed = f"max by (device) (node_network_speed_bytes{{{HOST}, {LINKS}}} > 0)"
    return grid(
        "Links",
        "Each network link: whether it is up, and its speed where it tells (bytes per second).",
        Column(
            "Up",
            f"max by (device) (node_network_up{{{HOST}, {LINKS}}})",
            mappings=looks.YES_NO_BAD,
        ),
        Column("Speed", speed, BYTES, empty="not told"),
        keys={"device": "Link"},
        sort="Link",
    )


def _queues() -> timeseries.Panel:
    return _draw(
        "Packets dropped by the kernel",
        "Packets that the kernel's queue had no room for, and times at which its work was cut "
        "short, per minute: more than zero for long means that the cores cannot keep up.",
        dropped=_MINUTE + f"sum(rate(node_softnet_dropped_total{{{HOST}}}[$__rate_interval]))",
        cut_short=_MINUTE
        + f"sum(rate(node_softnet_times_squeezed_total{{{HOST}}}[$__rate_interval]))",
    )


def _sockets() -> timeseries.Panel:
    return _draw(
        "Sockets in use",
        "Sockets of all programs, and those of TCP and UDP. Numbers that only grow are a leak.",
        all=gauge("node_sockstat_sockets_used"),
        TCP=gauge("node_sockstat_TCP_inuse"),
        UDP=gauge("node_sockstat_UDP_inuse"),
        TCP_waiting_to_end=gauge("node_sockstat_TCP_tw"),
        TCP_without_a_program=gauge("node_sockstat_TCP_orphan"),
    )


def _connections() -> timeseries.Panel:
    return _draw(
        "TCP connections",
        "Connections that stand now; connections opened by others and by this host, per second.",
        established=gauge("node_netstat_Tcp_CurrEstab"),
        opened_by_others=rate("node_netstat_Tcp_PassiveOpens"),
        opened_by_this_host=rate("node_netstat_Tcp_ActiveOpens"),
    )


def _refused() -> timeseries.Panel:
    return _draw(
        "TCP errors",
        "Connections that found a program's queue full, and segments that were broken, per minute. "
        "Full queues are seen by users as time-outs.",
        queue_was_full=_MINUTE + rate("node_netstat_TcpExt_ListenOverflows"),
        dropped_at_the_queue=_MINUTE + rate("node_netstat_TcpExt_ListenDrops"),
        broken_segments=_MINUTE + rate("node_netstat_Tcp_InErrs"),
    )


def _datagrams() -> timeseries.Panel:
    return _draw(
        "UDP errors",
        "Datagrams that were broken or had no room, and those for a port where nobody listens, per "
        "minute.",
        broken_or_no_room=_MINUTE + rate("node_netstat_Udp_InErrors"),
        nobody_listens=_MINUTE + rate("node_netstat_Udp_NoPorts"),
    )


def _tracked() -> timeseries.Panel:
    return _draw(
        "Connections tracked",
        "Connections that the firewall keeps in mind, and how many it can: a full table drops new "
        "ones. Empty on a host that tracks none.",
        tracked=gauge("node_nf_conntrack_entries"),
        limit=gauge("node_nf_conntrack_entries_limit"),
    )


def _untracked() -> timeseries.Panel:
    return chart(
        "Tracking table used",
        "Share of the table that is used: from three quarters on an alert fires.",
        over_time(
            f"{gauge('node_nf_conntrack_entries')} / {gauge('node_nf_conntrack_entries_limit')}",
            "used",
        ),
        unit=RATIO,
        bounds=(0, 1),
        steps=looks.rising(0.75, 0.9),
        draw_steps=True,
    )


def _offset() -> timeseries.Panel:
    return chart(
        "Clock's offset",
        "How far the clock is from its source, in seconds: beyond 50 ms an alert fires.",
        over_time(gauge("node_timex_offset_seconds"), "offset"),
        unit=SECONDS,
        bounds=(None, None),
    )


def _precision() -> timeseries.Panel:
    return _draw(
        "Clock's possible error",
        "The most that the clock can be wrong, as the kernel reckons, and what it expects. It "
        "grows without end where nothing sets the clock: 16 seconds are not synchronised.",
        SECONDS,
        at_most=gauge("node_timex_maxerror_seconds"),
        expected=gauge("node_timex_estimated_error_seconds"),
    )


def _synchronised() -> timeseries.Panel:
    return chart(
        "Clock is synchronised",
        "1 while something sets the clock, 0 while nothing does.",
        over_time(gauge("node_timex_sync_status"), "synchronised"),
        bounds=(0, 1),
        extreme="min",
        decimals=0,
    )


def _temperature() -> timeseries.Panel:
    sensor = f"max by (chip, sensor) (node_hwmon_temp_celsius{{{HOST}}})"
    return chart(
        "Temperature",
        "The ten warmest sensors at the end of the time range. Virtual hosts have none.",
        over_time(
            f"{sensor} and on (chip, sensor) topk(10, max by (chip, sensor)"
            f" (node_hwmon_temp_celsius{{{HOST}}} @ end()))",
            "{{chip}} {{sensor}}",
        ),
        over_time(
            f"max by (type, zone) (node_thermal_zone_temp{{{HOST}}})", "zone {{zone}} {{type}}"
        ),
        unit=CELSIUS,
    )


def _throttled() -> timeseries.Panel:
    throttled = f"sum(rate(node_cpu_core_throttles_total{{{HOST}}}[$__rate_interval]))"
    return _draw(
        "Slowed down by heat",
        "How often cores were slowed down by heat, per minute.",
        slowed_down=_MINUTE + throttled,
    )


def _chips() -> timeseries.Panel:
    return _draw(
        "Memory chips",
        "Bits that the memory's own check found wrong, per hour. One that could not be corrected "
        "is a reason to change the module.",
        corrected="3600 * " + rate("node_edac_correctable_errors_total"),
        not_correctable="3600 * " + rate("node_edac_uncorrectable_errors_total"),
    )


def _processes() -> timeseries.Panel:
    return _draw(
        "Processes",
        "Processes that run or could, and those that wait for a disk and cannot be interrupted.",
        running=gauge("node_procs_running"),
        blocked=gauge("node_procs_blocked"),
    )


def _forks() -> timeseries.Panel:
    return _draw(
        "Processes begun, and threads",
        "Processes that were begun per second, and threads that there are. Many short ones cost "
        "more than they do.",
        begun_per_second=rate("node_forks_total"),
        threads=gauge("node_processes_threads"),
    )


def _descriptors() -> timeseries.Panel:
    used = f"{gauge('node_filefd_allocated')} / {gauge('node_filefd_maximum')}"
    return chart(
        "File descriptors used",
        "Share of the kernel's file descriptors that are open: from 70 % on an alert fires.",
        over_time(used, "used"),
        unit=RATIO,
        bounds=(0, None),
        steps=looks.rising(0.7, 0.9),
    )


def _units() -> timeseries.Panel:
    return chart(
        "Units by state",
        "How many units of systemd are in each state.",
        over_time(f"max by (state) (node_systemd_units{{{HOST}}})", "{{state}}"),
        decimals=0,
    )


def _failed() -> Table:
    failed = f'max by (name) (node_systemd_unit_state{{{HOST}, state="failed"}} == 1)'
    return grid(
        "Units that failed",
        "Units of systemd that failed: `systemctl status NAME` and `journalctl -u NAME` say why.",
        Column("Failed", failed, mappings=looks.NO_YES_BAD),
        keys={"name": "Unit"},
        narrow={"Unit": 300},
        sort="Unit",
        empty="none",
    )


def _arrays() -> Table:
    disks = f"max by (device) (node_md_disks{{{HOST}"
    return grid(
        "RAID arrays",
        "Each array of the kernel's: disks that it needs, that work, and that failed. Fewer that "
        "work than it needs: it is degraded.",
        Column("Needed", f"max by (device) (node_md_disks_required{{{HOST}}})", decimals=0),
        Column("Active", f'{disks}, state="active"}})', decimals=0),
        Column("Failed", f'{disks}, state="failed"}})', steps=looks.ABOVE_ZERO_IS_BAD, decimals=0),
        keys={"device": "Array"},
        sort="Array",
        empty="none",
    )


def _smart() -> Table:
    return grid(
        "Disks by SMART",
        "What disks say of themselves, as smartmon's script leaves it for the textfile collector: "
        "whether they are healthy.",
        Column(
            "Healthy",
            f"min by (disk) (smartmon_device_smart_healthy{{{HOST}}})",
            mappings=looks.YES_NO_BAD,
        ),
        keys={"disk": "Disk"},
        sort="Disk",
        empty="not told",
    )


def _upkeep() -> Table:
    told = {
        "updates": gauge("node_updates_pending"),
        "security updates": gauge("node_updates_security_pending"),
        "reboot": gauge("node_reboot_required"),
    }
    due = " or ".join(
        f'label_replace({expr}, "what", "{what}", "", "")' for what, expr in told.items()
    )
    return grid(
        "Due now",
        "Updates and security updates that wait, and whether a reboot is due.",
        Column("Due", f"max by (what) ({due})", steps=looks.rising(1, 20), decimals=0),
        keys={"what": "What"},
        sort="What",
        empty="not told",
    )


def _certificates() -> Table:
    expiry = f"min by (path) (node_certificate_expiry_timestamp_seconds{{{HOST}}})"
    return grid(
        "Certificates on disk",
        "Certificates in files, soonest to expire first: from 21 days on an alert fires.",
        Column("Left", f"{expiry} - time()", DURATION, looks.falling(7 * DAY, 21 * DAY)),
        keys={"path": "File"},
        sort="Left",
        empty="none",
    )


def _backups() -> Table:
    newest = f"max by (backup) (node_backup_newest_timestamp_seconds{{{HOST}}})"
    return grid(
        "Backups",
        "How old the newest file of each backup is: from 26 hours on an alert fires.",
        Column("Age", f"time() - {newest}", DURATION, looks.rising(26 * 3600, 50 * 3600)),
        keys={"backup": "Backup"},
        narrow={"Backup": 100},
        sort="Age",
        descending=True,
        empty="none",
    )


def _pressure(kind: str) -> dict[str, str]:
    names = ("cpu", "memory", "io") if kind == "waiting" else ("memory", "io")
    return {name: rate(f"node_pressure_{name}_{kind}_seconds_total") for name in names}


def _waiting() -> timeseries.Panel:
    return _draw(
        "Some tasks wait",
        "Share of time in which at least one task waited for CPU, memory or disks.",
        RATIO,
        **_pressure("waiting"),
    )


def _stalled() -> timeseries.Panel:
    return _draw(
        "All tasks wait",
        "Share of time in which every task that had work waited: nothing was done at all.",
        RATIO,
        **_pressure("stalled"),
    )
