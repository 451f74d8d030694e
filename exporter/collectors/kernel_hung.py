"""Tasks that the kernel found hanging, from /proc/sys/kernel/hung_task_detect_count (6.13)."""

from exporter.collectors.support.api import NoDataError, System
from uptime_common.exposition import Family, counter

TASKS = counter(
    "node_kernel_hung_tasks_total",
    "Total number of tasks that have been detected as hung since the system booted.",
)
METRICS = (TASKS,)


def read(system: System) -> list[Family]:
    """Read the count."""
    try:
        return [TASKS.value(int(system.proc("sys/kernel/hung_task_detect_count")))]
    except FileNotFoundError as error:
        raise NoDataError("this kernel does not count tasks that hang") from error
