"""The scheduler's time on each CPU, from /proc/schedstat."""

from collections.abc import Iterator

from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, counter

RUNNING = counter(
    "node_schedstat_running_seconds_total", "Number of seconds CPU spent running a process.", "cpu"
)
WAITING = counter(
    "node_schedstat_waiting_seconds_total",
    "Number of seconds spent by processing waiting for this CPU.",
    "cpu",
)
SLICES = counter("node_schedstat_timeslices_total", "Number of timeslices executed by CPU.", "cpu")
METRICS = (RUNNING, WAITING, SLICES)
_NANOSECOND = 1e-9


def parse(text: str) -> Iterator[Family]:
    """Parse lines like ``cpu0 0 0 0 0 0 0 2045936778163039 343796328169361 4767485306``."""
    rows = [line.split() for line in text.splitlines() if line.startswith("cpu")]
    columns = ((RUNNING, 7, _NANOSECOND), (WAITING, 8, _NANOSECOND), (SLICES, 9, 1))
    for metric, index, unit in columns:
        yield Family(metric, [((row[0][3:],), int(row[index]) * unit) for row in rows])


def read(system: System) -> Iterator[Family]:
    """Read the times."""
    try:
        text = system.proc("schedstat")
    except FileNotFoundError as error:
        raise NoDataError("this kernel keeps no schedstat") from error
    return parse(text)
