"""No program that the exporter starts outlives it, whatever ends the exporter."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import yaml

from exporter import children
from exporter.children import Watcher, run
from tests.programs.exporter import exporter

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]
SECONDS = 20


@pytest.fixture
def naps() -> Iterator[tuple[str, str]]:
    """Seconds to sleep that no other process sleeps: of a child and of its child."""
    unique = f"{os.getpid()}{time.monotonic_ns() % 10**6}"
    pair = (f"7{unique}", f"8{unique}")
    yield pair
    for process in asleep(*pair):
        process.kill()


def asleep(*naps: str) -> list[psutil.Process]:
    """Return the processes that sleep so long."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        command = process.info["cmdline"] or []
        if command[:1] == ["sleep"] and command[1:] in [[nap] for nap in naps]:
            found.append(process)
    return found


def script(naps: tuple[str, str]) -> list[str]:
    return ["sh", "-c", f"sleep {naps[0]} & sleep {naps[1]}; true"]


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_plug_in_and_its_children_end_with_the_exporter(
    tmp_path: Path, naps: tuple[str, str], end: signal.Signals
) -> None:
    probe = {"type": "command", "command": script(naps), "interval": "5s", "timeout": "4s"}
    service = {"id": "slow", "name": "Slow", "probes": [probe]}
    catalogue = {"organization": "Example", "timezone": "UTC", "services": [service]}
    with exporter(tmp_path, yaml.safe_dump(catalogue), "--no-collector.updates") as program:
        wait_for(lambda: len(asleep(*naps)) == 2)
        below = psutil.Process(program.process.pid).children(recursive=True)
        program.process.send_signal(end)
        wait_for(lambda: not any(child.is_running() for child in below))
        assert asleep(*naps) == []


def test_what_a_thread_waits_for_ends_with_the_process_that_is_killed(
    naps: tuple[str, str],
) -> None:
    """As apt and dnf are asked, and a large catalogue is read."""
    code = f"from exporter.children import run; run({script(naps)!r}, seconds=500)"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as program:
        wait_for(lambda: len(asleep(*naps)) == 2)
        program.kill()
        wait_for(lambda: asleep(*naps) == [])


def test_who_waits_no_longer_ends_the_children_as_well(naps: tuple[str, str]) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run(script(naps), seconds=0.5)
    assert asleep(*naps) == []


def test_what_a_program_says_and_how_it_ends() -> None:
    done = run(["sh", "-c", "echo out; echo err >&2; exit 3"], seconds=SECONDS)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")


@contextmanager
def napping(nap: str) -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", nap], start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_only_what_is_watched_still_is_killed(naps: tuple[str, str]) -> None:
    watcher = Watcher()
    with napping(naps[0]) as ended, napping(naps[1]) as left:
        for group in (1 << 22, ended.pid, left.pid):
            watcher.add(group)
        watcher.remove(1 << 22)
        watcher.remove(ended.pid)
        watcher.close()
        assert left.wait(SECONDS) == -signal.SIGKILL
        assert ended.poll() is None


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_a_watcher_that_is_lost_is_replaced_and_knows_all(
    naps: tuple[str, str], end: signal.Signals
) -> None:
    watcher = Watcher()
    with napping(naps[0]) as first, napping(naps[1]) as second:
        watcher.add(first.pid)
        assert watcher._process is not None
        shell = psutil.Process(watcher._process.pid)
        shell.send_signal(end)
        wait_for(lambda: shell.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_STOPPED})
        for _ in range(20_000 if end == signal.SIGSTOP else 1):
            watcher.add(second.pid)
            if not shell.is_running():
                break
        assert not shell.is_running()
        assert (first.poll(), second.poll()) == (None, None)
        watcher.close()
        assert first.wait(SECONDS) == second.wait(SECONDS) == -signal.SIGKILL


def test_without_a_shell_programs_run_and_it_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(children, "_WATCHER", Watcher("/nowhere"))
    monkeypatch.setattr(children._log, "warning", lambda text, **_: told.append(text))
    for _ in range(2):
        assert run(["echo", "here"], seconds=SECONDS).stdout == b"here\n"
    assert told == ["programs may outlive this exporter"]
