"""This process as Linux sees it."""

import math
import os
import resource
from pathlib import Path

from exporter import metrics
from uptime_common.exposition import FilledTemplate, Template

_FORM = Template((metric, ()) for metric in metrics.PROCESS)
_ENOUGH = 4096  # bytes
_UNLIMITED = 2.0**64  # as other Prometheus clients print it
# Fields of /proc/self/stat after the command's closing bracket, proc(5).
_USER, _SYSTEM, _START, _VIRTUAL, _RESIDENT = 11, 12, 19, 20, 21


class OwnProcess:
    """Memory, CPU time and descriptors of this process. Raises OSError without procfs."""

    def __init__(self) -> None:
        self._ticks = os.sysconf("SC_CLK_TCK")
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._stat = os.open("/proc/self/stat", os.O_RDONLY | os.O_CLOEXEC)
        self._started = _boot_time() + int(self._words()[_START]) / self._ticks

    def read(self) -> FilledTemplate:
        """Return what is so now."""
        words = self._words()
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        room, _ = resource.getrlimit(resource.RLIMIT_AS)
        return _FORM.filled(
            (
                words[_VIRTUAL].decode(),
                _UNLIMITED if room == resource.RLIM_INFINITY else room,
                int(words[_RESIDENT]) * self._page,
                self._started,
                (int(words[_USER]) + int(words[_SYSTEM])) / self._ticks,
                _open_descriptors(),
                math.inf if most == resource.RLIM_INFINITY else most,
            )
        )

    def close(self) -> None:
        """Release the descriptor."""
        os.close(self._stat)

    def _words(self) -> list[bytes]:
        return os.pread(self._stat, _ENOUGH, 0).rpartition(b")")[2].split()


def _open_descriptors() -> float:
    try:
        with os.scandir("/proc/self/fd") as descriptors:
            return sum(1 for _ in descriptors)
    except OSError:  # none is left to list them by
        return math.nan


def _boot_time() -> int:
    with Path("/proc/stat").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("btime "))
