"""Boot time, interrupts, context switches, forks and process counts, from /proc/stat."""

from exporter.collectors.support.api import Flag, System
from uptime_common.exposition import Family, counter, gauge

BOOT = gauge("node_boot_time_seconds", "Node boot time, in unixtime.")
SINGLES = {
    "intr": counter("node_intr_total", "Total number of interrupts serviced."),
    "ctxt": counter("node_context_switches_total", "Total number of context switches."),
    "processes": counter("node_forks_total", "Total number of forks."),
    "btime": BOOT,
    "procs_running": gauge("node_procs_running", "Number of processes in runnable state."),
    "procs_blocked": gauge(
        "node_procs_blocked", "Number of processes blocked waiting for I/O to complete."
    ),
}
SOFTIRQS = counter("node_softirqs_total", "Number of softirq calls.", "vector")
METRICS = (*SINGLES.values(), SOFTIRQS)
FLAGS = (Flag("stat.softirq", False, "count softirq calls per vector"),)

# The order of the kernel's vectors (include/linux/interrupt.h), after the sum.
VECTORS = (
    *("hi", "timer", "net_tx", "net_rx", "block", "block_iopoll"),
    *("tasklet", "sched", "hrtimer", "rcu"),
)


def parse(text: str, *, softirqs: bool = False) -> list[Family]:
    """Parse the lines of /proc/stat after those of the CPUs."""
    families = []
    for line in text.splitlines():
        key, _, rest = line.partition(" ")
        if key in SINGLES:
            families.append(SINGLES[key].value(int(rest.split(None, 1)[0])))
        elif key == "softirq" and softirqs:
            counts = zip(VECTORS, rest.split()[1:], strict=True)
            families.append(SOFTIRQS.of(*(((vector,), int(n)) for vector, n in counts)))
    if not families:
        raise ValueError("/proc/stat has none of the expected lines")
    return families


def text(system: System) -> str:
    """Read /proc/stat, once for all who share it."""
    return system.proc("stat")


def read(system: System) -> list[Family]:
    """Read the counters that are not per CPU."""
    return parse(system.shared(text), softirqs=system.switched("stat.softirq"))
