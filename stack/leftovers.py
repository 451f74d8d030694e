"""One stack per folder, and what a killed one left running."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.layout import MARK

PATIENCE_SECONDS = 5


class AlreadyRunningError(Exception):
    """Another stack uses the folder."""


@contextmanager
def alone(var: Path) -> Iterator[None]:
    """Hold the folder while the block runs; the kernel lets go when the process dies.

    Raises:
        AlreadyRunningError: with the other's process id.
    """
    var.mkdir(parents=True, exist_ok=True)
    with (var / "stack.lock").open("a+", encoding="ascii") as file:
        try:
            # POSIX locks are not inherited by forks: a killed stack's orphans do not hold it.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            message = f"a stack runs in {var} already (process {file.read().strip() or 'unknown'})"
            raise AlreadyRunningError(message) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def orphans(var: Path) -> list[int]:
    """Return the processes of an earlier stack in this folder, by the mark in their environment."""
    mark = f"{MARK}={var}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # ended meanwhile, or another user's
        if mark in environment and int(folder.name) != os.getpid():
            found.append(int(folder.name))
    return found


def end_orphans(var: Path) -> list[int]:
    """End them, by force when they do not obey in time; return who they were."""
    found = orphans(var)
    _send(found, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := orphans(var)) and time.monotonic() < deadline:
        time.sleep(0.05)
    _send(left, signal.SIGKILL)
    return found


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
