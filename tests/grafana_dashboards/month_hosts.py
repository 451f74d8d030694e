"""The hosts of the month: every subsystem that an exporter of hosts tells of."""

from collections.abc import Callable, Iterator

Value = Callable[[float], float | None]
Series = Iterator[tuple[str, dict[str, str], Value]]
DAY, HOUR = 86_400, 3_600
GAUGES = {
    **{f"node_load{minutes}": 0.8 for minutes in (1, 5, 15)},
    "node_procs_running": 2,
    "node_procs_blocked": 0,
    "node_processes_threads": 400,
    "node_filefd_allocated": 2000,
    "node_filefd_maximum": 100_000,
    "node_nf_conntrack_entries": 120,
    "node_nf_conntrack_entries_limit": 262_144,
    "node_sockstat_TCP_tw": 10,
    "node_sockstat_TCP_alloc": 60,
    "node_sockstat_TCP_inuse": 50,
    "node_sockstat_UDP_inuse": 4,
    "node_sockstat_sockets_used": 300,
    "node_sockstat_TCP_orphan": 0,
    "node_netstat_Tcp_CurrEstab": 40,
    "node_timex_offset_seconds": 0.0002,
    "node_timex_sync_status": 1,
    "node_timex_maxerror_seconds": 0.01,
    "node_timex_estimated_error_seconds": 0.001,
    "node_entropy_available_bits": 256,
    "node_reboot_required": 0,
    "node_updates_security_pending": 0,
    "node_updates_pending": 3,
    "node_backup_files": 8,
    "node_textfile_scrape_error": 0,
}
MEMORY = {"MemTotal": 8e9, "MemAvailable": 5e9, "SwapTotal": 2e9, "SwapFree": 1.9e9, "Dirty": 1e6}
MEMORY |= {"MemFree": 2e9, "Buffers": 2e8, "Cached": 2.5e9, "Slab": 3e8, "SReclaimable": 2e8}
MEMORY |= {"AnonPages": 1e9, "Mapped": 3e8, "Shmem": 1e8, "Committed_AS": 4e9, "CommitLimit": 6e9}
MEMORY |= {"PageTables": 2e7, "KernelStack": 1e7, "Writeback": 0, "HugePages_Total": 0}
COUNTERS = {
    *("node_vmstat_pgmajfault", "node_vmstat_oom_kill", "node_vmstat_pswpin"),
    *("node_vmstat_pswpout", "node_context_switches_total", "node_intr_total"),
    *("node_forks_total", "node_netstat_Tcp_RetransSegs", "node_netstat_Tcp_OutSegs"),
    *("node_netstat_Tcp_InErrs", "node_netstat_TcpExt_ListenOverflows"),
    *("node_netstat_TcpExt_ListenDrops", "node_netstat_Tcp_ActiveOpens"),
    *("node_netstat_Tcp_PassiveOpens", "node_netstat_Udp_InErrors", "node_netstat_Udp_NoPorts"),
    *("node_pressure_cpu_waiting_seconds_total", "node_pressure_memory_waiting_seconds_total"),
    *("node_pressure_io_waiting_seconds_total", "node_pressure_memory_stalled_seconds_total"),
    *("node_pressure_io_stalled_seconds_total",),
}


def flat(value: float) -> Value:
    """The same value at all times."""
    return lambda _t: value


def counter(start: float, per_second: float) -> Value:
    """A counter that began with the month."""
    return lambda t: (t - start) * per_second


def host(job: dict[str, str], start: float, now: float) -> Series:
    """Yield all of one host, from ``start`` to ``now`` (epoch seconds)."""
    release = {"sysname": "Linux", "release": "6.1.0", "machine": "x86_64"}
    yield "node_uname_info", {**job, "nodename": job["instance"], **release}, flat(1)
    yield "node_os_info", {**job, "pretty_name": "Debian GNU/Linux 12"}, flat(1)
    yield (
        "node_boot_time_seconds",
        job,
        _booted(now),
    )
    yield "node_time_seconds", job, lambda t: t
    for cpu in ("0", "1"):
        for mode, share in (("idle", 0.7), ("user", 0.2), ("system", 0.1), ("steal", 0)):
            of = {**job, "cpu": cpu, "mode": mode}
            yield "node_cpu_seconds_total", of, counter(start, share)
        yield "node_cpu_scaling_frequency_hertz", {**job, "cpu": cpu}, flat(2.4e9)
    for name, value in GAUGES.items():
        yield name, job, flat(value)
    for name, size in MEMORY.items():
        yield f"node_memory_{name}_bytes", job, flat(size)
    for name in sorted(COUNTERS):
        yield name, job, counter(start, 0.01)
    yield from _disks(job, start)
    yield from _links(job, start)
    yield from _hardware(job, start)
    yield from _upkeep(job, now)


def _booted(now: float) -> Value:
    return lambda t: now - (4 * HOUR if t > now - 4 * HOUR else 40 * DAY)


def _disks(job: dict[str, str], start: float) -> Series:
    disk = {**job, "device": "/dev/sda1", "fstype": "ext4", "mountpoint": "/"}
    yield "node_filesystem_size_bytes", disk, flat(100e9)
    yield "node_filesystem_avail_bytes", disk, lambda t: 30e9 - (t - start) * 1000
    yield "node_filesystem_files", disk, flat(6e6)
    yield "node_filesystem_files_free", disk, flat(5e6)
    yield "node_filesystem_device_error", disk, flat(0)
    yield "node_filesystem_readonly", disk, flat(0)
    device = {**job, "device": "sda"}
    for name in (
        *("io_time_seconds", "io_time_weighted_seconds", "read_bytes", "written_bytes"),
        *("reads_completed", "writes_completed", "read_time_seconds", "write_time_seconds"),
    ):
        yield f"node_disk_{name}_total", device, counter(start, 0.1)
    yield "node_disk_io_now", device, flat(0)


def _links(job: dict[str, str], start: float) -> Series:
    link = {**job, "device": "eth0"}
    for way in ("receive", "transmit"):
        for what in ("bytes", "errs", "drop", "packets"):
            yield f"node_network_{way}_{what}_total", link, counter(start, 1)
    yield "node_network_up", link, flat(1)
    yield "node_network_speed_bytes", link, flat(125e6)
    for name in ("dropped", "times_squeezed"):
        yield f"node_softnet_{name}_total", {**job, "cpu": "0"}, counter(start, 0)


def _hardware(job: dict[str, str], start: float) -> Series:
    sensor = {**job, "chip": "platform_coretemp_0", "sensor": "temp1"}
    yield "node_hwmon_temp_celsius", sensor, flat(45)
    yield "node_thermal_zone_temp", {**job, "zone": "0", "type": "x86_pkg_temp"}, flat(46)
    array = {**job, "device": "md0"}
    yield "node_md_disks_required", array, flat(2)
    for state, count in (("active", 2), ("failed", 0), ("spare", 0)):
        yield "node_md_disks", {**array, "state": state}, flat(count)
    for state in ("active", "inactive", "recovering", "resync"):
        yield "node_md_state", {**array, "state": state}, flat(float(state == "active"))
    controller = {**job, "controller": "mc0"}
    yield "node_edac_uncorrectable_errors_total", controller, counter(start, 0)
    yield "node_edac_correctable_errors_total", controller, counter(start, 0)
    yield "node_cpu_core_throttles_total", {**job, "core": "0"}, counter(start, 0)
    smart = {**job, "disk": "/dev/sda", "type": "sat"}
    yield "smartmon_device_smart_healthy", smart, flat(1)


def _upkeep(job: dict[str, str], now: float) -> Series:
    for state in ("active", "failed", "inactive"):
        unit = {**job, "name": "nginx.service", "state": state}
        yield "node_systemd_unit_state", unit, flat(float(state == "active"))
    broken = {**job, "name": "cron.service", "state": "failed"}
    yield "node_systemd_unit_state", broken, flat(1)
    yield "node_systemd_units", {**job, "state": "active"}, flat(80)
    certificate = {**job, "path": "/etc/ssl/web.pem"}
    yield "node_certificate_expiry_timestamp_seconds", certificate, flat(now + 40 * DAY)
    security = {**job, "arch": "amd64", "origin": "Debian-Security:12/stable-security"}
    yield "apt_upgrades_pending", security, flat(0)
    yield "node_updates_applied_timestamp_seconds", job, flat(now - 5 * HOUR)
    for kind in ("install", "upgrade"):
        yield "node_packages_changed_timestamp_seconds", {**job, "kind": kind}, flat(now - HOUR)
    backup = {**job, "backup": "database"}
    yield "node_backup_newest_timestamp_seconds", backup, flat(now - 8 * HOUR)
    yield "node_backup_files", backup, flat(8)
