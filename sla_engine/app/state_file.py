"""How the commands of this machine find the engine that runs on it: a file, of its user alone.

It is ``engine-PID.json`` in ``$XDG_RUNTIME_DIR/uptime-ledger``, or where there is no such folder in
``uptime-ledger-UID`` of the folder for temporary files. It names the process, its address, its
ledger, its Prometheus and its catalogue.
"""

import json
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import structlog

log = structlog.get_logger("engine")


class RunningEngine(NamedTuple):
    """What an engine says of itself; ``started`` tells it from a later process of its number."""

    pid: int
    started: str
    address: str
    ledger: str
    prometheus: str
    config: str = ""


def folder(environment: Mapping[str, str]) -> Path:
    """Return where the state files of this user are."""
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "uptime-ledger"
    return Path(tempfile.gettempdir()) / f"uptime-ledger-{os.getuid()}"


def started(pid: int) -> str:
    """Return when a process began, as the kernel counts; empty where there is none.

    Where the kernel does not tell, every process that lives has begun at ``?``.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
        try:
            os.kill(pid, 0)
        except OSError:
            return ""
        return "?"
    return fields[19]


@contextmanager
def announced(
    address: str,
    ledger: str,
    prometheus: str,
    environment: Mapping[str, str],
    config: str = "",
) -> Iterator[None]:
    """Let commands find this process until the end; where that cannot be, the log says so."""
    pid = os.getpid()
    path = folder(environment) / f"engine-{pid}.json"
    try:
        _own(path.parent)
        path.unlink(missing_ok=True)
        state = RunningEngine(pid, started(pid), address, ledger, prometheus, config)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(state._asdict(), file)
    except OSError as error:
        log.warning("commands need --storage.ledger: no state file", error=str(error))
    try:
        yield
    finally:
        with suppress(OSError):  # what stays names a process that is gone, and is ignored
            path.unlink(missing_ok=True)


def _own(place: Path) -> None:
    """Make a folder that is this user's alone.

    Raises:
        PermissionError: somebody else's is there.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_ours(place):
        raise PermissionError(f"{place} is not this user's alone")


def _is_ours(path: Path) -> bool:
    found = path.lstat()
    others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return not path.is_symlink() and found.st_uid == os.getuid() and not others


def running_engines(environment: Mapping[str, str]) -> tuple[RunningEngine, ...]:
    """Return the engines of this user that run, in order of their process ids."""
    place, found = folder(environment), []
    with suppress(OSError):
        paths = list(place.glob("engine-*.json")) if _is_ours(place) else []
        for path in paths:
            with suppress(
                OSError, ValueError, TypeError
            ):  # half a file is of an engine that begins
                engine = RunningEngine(**json.loads(path.read_text("utf-8")))
                if _is_ours(path) and engine.started == started(engine.pid) != "":
                    found.append(engine)
    return tuple(sorted(found))
