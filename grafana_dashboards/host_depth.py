"""One host in depth, by the USE method: utilisation, saturation and errors of each resource."""

from grafana_foundation_sdk.builders import timeseries
from grafana_foundation_sdk.builders.table import Panel as Table

from grafana_dashboards.style import looks
from grafana_dashboards.style.grid import Column, grid
from grafana_dashboards.style.looks import (
    BYTES,
    BYTES_PER_SECOND,
    DURATION,
    RATIO,
    SECONDS,
    SHARE_DIGITS,
)
from grafana_dashboards.style.page import Section, line, section
from grafana_dashboards.style.panel import chart
from grafana_dashboards.style.query import over_time

HOST = 'job=~"$job", instance=~"$host"'
# Filesystems that hold data: the rest are memory, images and views of others.
DISKS = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*|nsfs|autofs"'
LINKS = 'device!~"lo|veth.*|docker.*|br-.*|virbr.*"'
FREE = f"node_filesystem_avail_bytes{{{HOST}, {DISKS}}}"
SIZE = f"node_filesystem_size_bytes{{{HOST}, {DISKS}}}"


def rate(metric: str, more: str = "") -> str:
    """Return the host's counter per second."""
    return f"rate({metric}{{{HOST}{more}}}[$__rate_interval])"


def gauge(metric: str) -> str:
    """Return the host's gauge; its exporters fold."""
    return f"max by (instance) ({metric}{{{HOST}}})"


def use() -> Section:
    """Return what each resource does, in lines: utilisation, saturation, errors."""
    return section(
        "Utilisation, saturation, errors: $host",
        line(9, _cpu(), _load(), _pressure()),
        line(9, _memory(), _paging(), _broken()),
        line(9, _space(), _busy(), _wait()),
        line(9, _traffic(), _retransmitted(), _lost()),
    )


def filesystems() -> Section:
    """Return the filesystems one by one, and what goes on on the disks; folded."""
    return section(
        "Disks and filesystems",
        line(8, _filling()),
        line(8, _throughput(), _requests(), _answering()),
        line(8, _files(), _swap()),
        folded=True,
    )


def _cpu() -> timeseries.Panel:
    return chart(
        "CPU time by mode (utilisation)",
        "Where the processors' time goes, of all cores together; what is missing to 100 % is idle. "
        "Much iowait points at the disks, much steal at the hypervisor.",
        over_time(
            "sum by (mode) (" + rate("node_cpu_seconds_total", ', mode!="idle"') + ")"
            " / scalar(count(node_cpu_seconds_total{" + HOST + ', mode="idle"}))',
            "{{mode}}",
        ),
        unit=RATIO,
        bounds=(0, 1),
        stacked=True,
    )


def _load() -> timeseries.Panel:
    return chart(
        "Load and cores (saturation)",
        "Tasks that run, want to run or wait for a disk, averaged over 1, 5 and 15 minutes. Above "
        "the number of cores they wait for each other.",
        *(over_time(gauge(f"node_load{m}"), f"load {m} min") for m in (1, 5, 15)),
        over_time(f'count(node_cpu_seconds_total{{{HOST}, mode="idle"}})', "cores"),
        decimals=2,
        ranked=False,
    )


def _pressure() -> timeseries.Panel:
    return chart(
        "Pressure (saturation)",
        "Share of time in which some task waited for CPU, memory or disks (the kernel's pressure "
        "stall information, since Linux 4.20). Above a tenth, people notice.",
        *(
            over_time(rate(f"node_pressure_{what}_waiting_seconds_total"), what)
            for what in ("cpu", "memory", "io")
        ),
        unit=RATIO,
        steps=looks.rising(0.1, 0.5),
    )


def _memory() -> timeseries.Panel:
    used = f"{gauge('node_memory_MemTotal_bytes')} - {gauge('node_memory_MemAvailable_bytes')}"
    return chart(
        "Memory (utilisation)",
        "Memory that cannot be had without swapping, of the whole. Cache counts as available.",
        over_time(used, "used"),
        over_time(gauge("node_memory_MemAvailable_bytes"), "available"),
        unit=BYTES,
        stacked=True,
    )


def _swap() -> timeseries.Panel:
    used = f"{gauge('node_memory_SwapTotal_bytes')} - {gauge('node_memory_SwapFree_bytes')}"
    return chart(
        "Swap (saturation)",
        "Memory that was moved to disk. Growing use means that memory is short.",
        over_time(used, "used"),
        over_time(gauge("node_memory_SwapTotal_bytes"), "size"),
        unit=BYTES,
    )


def _paging() -> timeseries.Panel:
    return chart(
        "Paging (saturation)",
        "Pages that were moved to swap and back, and faults that had to read from a disk, per "
        "second. Much of both at once is thrashing.",
        over_time(rate("node_vmstat_pswpin"), "in from swap"),
        over_time(rate("node_vmstat_pswpout"), "out to swap"),
        over_time(rate("node_vmstat_pgmajfault"), "major faults"),
    )


def _broken() -> timeseries.Panel:
    return chart(
        "Memory errors",
        "Processes that the kernel killed for want of memory, and bits that the memory's own check "
        "found wrong, per minute: zero on a healthy host. Not every host can count the latter.",
        over_time("60 * " + rate("node_vmstat_oom_kill"), "killed for memory"),
        over_time("60 * " + rate("node_edac_correctable_errors_total"), "corrected"),
        over_time("60 * " + rate("node_edac_uncorrectable_errors_total"), "not correctable"),
    )


def _retransmitted() -> timeseries.Panel:
    sent = rate("node_netstat_Tcp_OutSegs")
    return chart(
        "Retransmissions (saturation)",
        "Share of TCP segments that were sent again: a full link, or one that loses packets. Below "
        "a hundredth on a healthy network.",
        over_time(f"{rate('node_netstat_Tcp_RetransSegs')} / ({sent} > 0)", "sent again"),
        unit=RATIO,
        steps=looks.rising(0.01, 0.05),
    )


def _requests() -> timeseries.Panel:
    return chart(
        "Requests per second",
        "Requests that the disks completed: reads and, below zero, writes.",
        over_time(rate("node_disk_reads_completed_total"), "{{device}} reads"),
        over_time("-" + rate("node_disk_writes_completed_total"), "{{device}} writes"),
        bounds=(None, None),
    )


def _answering() -> timeseries.Panel:
    reads, writes = (f"node_disk_{kind}_completed_total" for kind in ("reads", "writes"))
    return chart(
        "Time per request",
        "How long a request took, waiting included. A spinning disk takes ten milliseconds, flash "
        "less than one.",
        over_time(
            f"{rate('node_disk_read_time_seconds_total')} / ({rate(reads)} > 0)", "{{device}} read"
        ),
        over_time(
            f"{rate('node_disk_write_time_seconds_total')} / ({rate(writes)} > 0)",
            "{{device}} write",
        ),
        unit=SECONDS,
    )


def _files() -> timeseries.Panel:
    free, every = (f"node_filesystem_files{n}{{{HOST}, {DISKS}}}" for n in ("_free", ""))
    return chart(
        "Inodes used",
        "Share of the inodes that are used: files can run out before space does.",
        over_time(f"max by (mountpoint) (1 - {free} / {every})", "{{mountpoint}}"),
        unit=RATIO,
        bounds=(0, 1),
        steps=looks.rising(0.8, 0.9),
    )


def _space() -> timeseries.Panel:
    return chart(
        "Filesystems (utilisation)",
        "Space that ordinary users cannot have any more. Memory filesystems, images and overlays "
        "are left out.",
        over_time(f"max by (mountpoint) (1 - {FREE} / {SIZE})", "{{mountpoint}}"),
        unit=RATIO,
        bounds=(0, 1),
        steps=looks.rising(0.8, 0.9),
        draw_steps=True,
    )


def _filling() -> Table:
    # Six hours of a line through a day: weeks ahead needs the report, which sees months.
    filling = f"-deriv(node_filesystem_avail_bytes{{{HOST}, {DISKS}}}[6h])"
    full = f"{FREE} / {filling} > 0"
    a_day = f"clamp_min(86400 * {filling} / {FREE}, 0)"
    files = (
        f"max by (mountpoint) (1 - node_filesystem_files_free{{{HOST}, {DISKS}}}"
        f" / node_filesystem_files{{{HOST}, {DISKS}}})"
    )
    errors = f"max by (mountpoint) (node_filesystem_device_error{{{HOST}, {DISKS}}})"
    return grid(
        "Filesystems: time left, inodes, errors",
        "What share of its free space each filesystem loses in a day and when it is full, if it "
        "goes on as in the last six hours; how many of its inodes are used, and whether the kernel "
        "could not be asked. Those that are full soonest first.",
        Column("Size", f"max by (mountpoint) ({SIZE})", BYTES),
        Column("Free", f"max by (mountpoint) ({FREE})", BYTES),
        Column(
            "Lost a day",
            f"max by (mountpoint) ({a_day})",
            RATIO,
            looks.rising(1 / 7, 1),
            decimals=SHARE_DIGITS,
        ),
        Column(
            "Full in",
            f"min by (mountpoint) ({full})",
            DURATION,
            looks.falling(86400, 604800),
            empty="not filling",
        ),
        Column("Inodes used", files, RATIO, looks.rising(0.8, 0.9), decimals=SHARE_DIGITS),
        Column("Error", errors, mappings=looks.NO_YES_BAD),
        keys={"mountpoint": "Mounted on"},
        sort="Lost a day",
        descending=True,
    )


def _busy() -> timeseries.Panel:
    return chart(
        "Disk busy (utilisation)",
        "Share of time in which a device had work. At 100 % one more request waits; disks that "
        "serve many at once can be busy and yet have room.",
        over_time(rate("node_disk_io_time_seconds_total"), "{{device}}"),
        unit=RATIO,
        bounds=(0, 1),
    )


def _throughput() -> timeseries.Panel:
    return chart(
        "Disk throughput",
        "Bytes read and, below zero, written per second.",
        over_time(rate("node_disk_read_bytes_total"), "{{device}} read"),
        over_time("-" + rate("node_disk_written_bytes_total"), "{{device}} written"),
        unit=BYTES_PER_SECOND,
        bounds=(None, None),
    )


def _wait() -> timeseries.Panel:
    queue = rate("node_disk_io_time_weighted_seconds_total")
    return chart(
        "Disk queue (saturation)",
        "Requests under way or waiting, on average.",
        over_time(queue, "{{device}}"),
        decimals=2,
    )


def _traffic() -> timeseries.Panel:
    return chart(
        "Traffic (utilisation)",
        "Bytes received and, below zero, sent per second.",
        over_time(rate("node_network_receive_bytes_total", f", {LINKS}"), "{{device}} in"),
        over_time("-" + rate("node_network_transmit_bytes_total", f", {LINKS}"), "{{device}} out"),
        unit=BYTES_PER_SECOND,
        bounds=(None, None),
    )


def _lost() -> timeseries.Panel:
    kinds = {
        "receive_errs": "in: errors",
        "transmit_errs": "out: errors",
        "receive_drop": "in: dropped",
        "transmit_drop": "out: dropped",
    }
    return chart(
        "Packets lost (errors, saturation)",
        "Packets with errors and packets dropped, per minute: zero on a healthy link.",
        *(
            over_time(
                f"60 * {rate(f'node_network_{kind}_total', f', {LINKS}')}",
                f"{{{{device}}}} {word}",
            )
            for kind, word in kinds.items()
        ),
        ranked=False,
    )
