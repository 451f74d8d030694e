"""CPU time of other processes, exact."""

import time

_SCHEDULED = 2  # CPUCLOCK_SCHED of <linux/posix-timers.h>


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process so far, all threads, ended ones included.

    By the kernel's clock of the process (what clock_getcpuclockid(3) names): /proc/PID/stat counts
    whole ticks of 10 ms, and work that begins by a timer may fall between them.
    """
    return time.clock_gettime((~pid << 3) | _SCHEDULED)
