"""Programs that the exporter starts: none of them outlives it, however it ends.

Each leads a process group of its own. A shell knows the groups and kills what is left of them when
its pipe to us is closed: when we ended, or were killed. A signal at the parent's death, as Linux
has it, reaches neither grandchildren nor programs that change their user.
"""

import atexit
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import structlog

_log = structlog.get_logger(__name__)
_SHELL = "/bin/sh"
_WATCH = """
groups=" "
while read -r change group; do
  case $change in
    +) groups="$groups$group " ;;
    -) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
"""
_END_SECONDS = 5.0


class Watcher:
    """The shell that kills what we leave behind; started when there is something to watch."""

    def __init__(self, shell: str = _SHELL) -> None:
        self._shell = shell
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._missing = False

    def add(self, group: int) -> None:
        """Have a process group killed when we end."""
        with self._lock:
            self._groups.add(group)
            self._tell(f"+ {group}\n")

    def remove(self, group: int) -> None:
        """Forget a process group: it has ended."""
        with self._lock:
            self._groups.discard(group)
            self._tell(f"- {group}\n")

    def close(self) -> None:
        """Kill the groups that are left, and end."""
        with self._lock:
            process, self._process = self._process, None
        if process and process.stdin:
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)

    def _tell(self, change: str) -> None:
        if self._process and not self._write(self._process, change):
            # Before its pipe is closed: it would kill what runs.
            self._process.kill()
            self._process.communicate()
            self._process = None
        if not self._process and self._groups:
            self._start()

    def _start(self) -> None:
        """Start a shell that knows every group; without one programs run all the same."""
        command = [self._shell, "-c", _WATCH]
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        try:
            process = subprocess.Popen(  # noqa: S603 - a fixed command
                command, bufsize=0, stdin=pipe, stdout=null, stderr=null, start_new_session=True
            )
        except OSError as error:
            if not self._missing:
                _log.warning("programs may outlive this exporter", error=f"{self._shell}: {error}")
            self._missing = True
            return
        self._missing = False
        self._process = process
        for group in self._groups:
            self._write(process, f"+ {group}\n")

    @staticmethod
    def _write(process: subprocess.Popen[bytes], change: str) -> bool:
        """Say whether the shell takes a change; one that is stopped holds nobody up."""
        assert process.stdin is not None  # noqa: S101 - PIPE was asked for
        try:
            os.set_blocking(process.stdin.fileno(), False)
            return process.stdin.write(change.encode()) is not None
        except OSError:
            return False


_WATCHER = Watcher()
atexit.register(_WATCHER.close)


@contextmanager
def watched(group: int) -> Iterator[None]:
    """End a process group with the block, and with this process whatever ends it."""
    _WATCHER.add(group)
    try:
        yield
    finally:
        with suppress(ProcessLookupError, PermissionError):  # gone, or of another user by now
            os.killpg(group, signal.SIGKILL)
        _WATCHER.remove(group)


def run(
    command: Sequence[str],
    *,
    seconds: float,
    env: Mapping[str, str] | None = None,
    stderr: int | None = subprocess.PIPE,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program and its children to their end; ``stderr`` None is this process' own.

    Raises:
        OSError, subprocess.TimeoutExpired: it could not be started, or takes longer.
    """
    with (
        subprocess.Popen(  # noqa: S603 - of our own, or of the command line
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=env,
            start_new_session=True,
        ) as process,
        watched(process.pid),
    ):
        out, err = process.communicate(timeout=seconds)
    return subprocess.CompletedProcess(command, process.returncode, out, err)
