"""Watchdog timers, from /sys/class/watchdog."""

from exporter.collectors.gathered import Gathered, folders, integer
from exporter.collectors.support.api import NoDataError, System, text_of
from uptime_common.exposition import Family, gauge

_FACTS = ("options", "identity", "state", "status", "pretimeout_governor")
INFO = gauge("node_watchdog_info", "Info of /sys/class/watchdog/<watchdog>", "name", *_FACTS)
NUMBERS = {
    file: gauge(f"node_watchdog_{name}", f"Value of /sys/class/watchdog/<watchdog>/{file}", "name")
    for file, name in {
        "bootstatus": "bootstatus",
        "fw_version": "fw_version",
        "nowayout": "nowayout",
        "timeleft": "timeleft_seconds",
        "timeout": "timeout_seconds",
        "pretimeout": "pretimeout_seconds",
        "access_cs0": "access_cs0",
    }.items()
}
METRICS = (*NUMBERS.values(), INFO)


def read(system: System) -> list[Family]:
    """Read the timers; which files one has depends on its driver."""
    root = system.roots.sys / "class/watchdog"
    if not root.is_dir():
        raise NoDataError("there is no watchdog")
    gathered = Gathered(METRICS)
    for timer in folders(root):
        for file, metric in NUMBERS.items():
            number = integer(timer / file)
            if number is not None:
                gathered.add(metric, number, timer.name)
        gathered.add(INFO, 1, timer.name, *(text_of(timer / name) or "" for name in _FACTS))
    return gathered.families()
