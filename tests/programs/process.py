"""A program that is started, awaited and stopped; its output is in a file for the post-mortem."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

READY_SECONDS = 60
STOP_SECONDS = 10


def find_program(*names: str) -> str:
    """Return the path of the first of these programs that is installed."""
    for name in names:
        if found := _which(name):
            return found
    raise FileNotFoundError(f"none of {', '.join(names)} is installed; run `make dev-setup`")


def has_program(name: str) -> bool:
    """Say whether a program is installed; for those whose package may not fit a machine."""
    return _which(name) is not None


def _which(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def tied(command: Sequence[str]) -> list[str]:
    """Return a command that the kernel ends with its parent, even when that is killed."""
    return [find_program("setpriv"), "--pdeathsig", "KILL", "--", *command]


@contextmanager
def running(
    command: Sequence[str], *, ready_url: str, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; ``ready_url`` answers 200 when the block begins."""
    with (
        log.open("ab") as output,
        subprocess.Popen(
            tied(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=None if env is None else {**os.environ, **env},
        ) as process,
    ):
        try:
            await_ready(ready_url, process, log)
            yield process
        finally:
            stop(process)


def await_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the URL answers 200.

    Raises:
        RuntimeError: the program ended, or was not ready in time; with the end of its output.
    """
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).status_code == requests.codes.ok:
                return
        except requests.ConnectionError:
            pass  # not listening yet
        time.sleep(0.02)
    state = "was not ready in time" if process.poll() is None else f"ended ({process.returncode})"
    tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
    raise RuntimeError(f"{process.args!r} {state}:\n{tail}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the program, by force when it does not obey."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
