"""``python -m benchmarks.situations`` leaves nothing behind when it is ended."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.cases import ROOT

pytestmark = pytest.mark.e2e
_SECONDS = 60


def _of(folder: Path) -> Iterator[int]:
    """Yield the processes whose command names a folder."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes()
        except OSError:
            continue  # gone
        if str(folder).encode() in text:
            yield int(path.parent.name)


def _awaited(folder: Path, least: int, most: int, tries: int = _SECONDS * 10) -> list[int]:
    tick = threading.Event()
    found: list[int] = []
    for _ in range(tries):
        found = list(_of(folder))
        if least <= len(found) <= most:
            break
        tick.wait(0.1)
    return found


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_whoever_ends_it_ends_its_programs(ending: signal.Signals, tmp_path: Path) -> None:
    folder = tmp_path / "night"
    command = [
        *(sys.executable, "-m", "benchmarks.situations", "--only=one failed sample$"),
        f"--folder={folder}",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            # It, a Prometheus, two Alertmanagers and the engine, however many they may start.
            assert len(_awaited(folder, 5, 99)) >= 5, (tmp_path / "log").read_text("utf-8")
            os.kill(process.pid, ending)
            process.wait(_SECONDS)
        finally:
            process.kill()
            process.wait()
    assert _awaited(folder, 0, 0) == []
