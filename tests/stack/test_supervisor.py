"""The supervisor with stand-ins for the programs; tests/e2e has the real ones."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from honcho.printer import Message

from stack.layout import MARK
from stack.leftovers import AlreadyRunningError, alone, end_orphans, orphans
from stack.supervisor import CalmPrinter

SCRIPT = """\
import os, sys
from pathlib import Path
from stack.leftovers import alone
from stack.supervisor import supervise
with alone(Path(sys.argv[1])):
    sys.exit(supervise(sys.argv[2], dict(os.environ), lambda: None))
"""
SLEEPS = "one: echo begun; exec sleep 600\ntwo: echo begun; exec sleep 600\n"
Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a supervisor of a Procfile in ``tmp_path``."""
    started = []

    def begin(procfile: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, tmp_path, procfile],
            env={**os.environ, MARK: str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
    end_orphans(tmp_path)
    for process in started:
        process.communicate()


def read_until(process: subprocess.Popen[str], words: str, times: int = 1) -> str:
    """Return the output up to the line in which the words are there for the nth time."""
    assert process.stdout is not None
    seen = ""
    while seen.count(words) < times:
        line = process.stdout.readline()
        assert line, f"{words!r} never came:\n{seen}"
        seen += line
    return seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_stops_all_and_exits_0(start: Start, tmp_path: Path, number: int) -> None:
    process = start(SLEEPS)
    read_until(process, "| begun", times=2)
    process.send_signal(number)
    assert process.wait(5) == 0
    assert orphans(tmp_path) == []


def test_told_to_stop_before_all_have_begun_it_stops_all(start: Start, tmp_path: Path) -> None:
    process = start(SLEEPS)
    read_until(process, "started")
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert orphans(tmp_path) == []


class Interrupted(io.StringIO):
    """A stream during whose first write a signal arrives, and its handler prints."""

    handler: Callable[[], None] | None = None
    writing = False

    def write(self, text: str) -> int:
        if self.writing:
            raise RuntimeError("reentrant call")
        self.writing = True
        handler, self.handler = self.handler, None
        if handler:
            handler()
        self.writing = False
        return super().write(text)


def test_a_message_in_the_middle_of_another_waits_for_its_end() -> None:
    stream = Interrupted()
    printer = CalmPrinter(stream)

    def message(text: str) -> Message:
        return Message("line", text, datetime(2026, 11, 1, tzinfo=UTC), "p", None)

    stream.handler = lambda: printer.write(message("SIGTERM received"))
    printer.write(message("scraped"))
    printer.write(message("next"))
    assert stream.getvalue() == (
        "00:00:00 p | scraped\n00:00:00 p | SIGTERM received\n00:00:00 p | next\n"
    )


def test_programs_that_ignore_the_request_are_killed_within_5_seconds(
    start: Start, tmp_path: Path
) -> None:
    process = start("deaf: trap '' TERM; echo begun; while :; do sleep 0.2; done\n")
    read_until(process, "| begun")
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert orphans(tmp_path) == []


def test_a_program_that_ends_by_itself_ends_all_and_is_a_failure(
    start: Start, tmp_path: Path
) -> None:
    process = start("brief: exit 0\n" + SLEEPS)
    assert process.wait(10) == 1
    assert orphans(tmp_path) == []


def test_what_a_killed_supervisor_left_is_found_and_ended(start: Start, tmp_path: Path) -> None:
    process = start(SLEEPS)
    read_until(process, "| begun", times=2)
    process.kill()
    process.wait()
    with alone(tmp_path):
        left = orphans(tmp_path)
        assert len(left) >= 2
        assert set(end_orphans(tmp_path)) == set(left)
    deadline = time.monotonic() + 5
    while orphans(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert orphans(tmp_path) == []


def test_a_second_stack_in_the_same_folder_is_refused(start: Start, tmp_path: Path) -> None:
    process = start(SLEEPS)
    read_until(process, "| begun", times=2)
    with pytest.raises(AlreadyRunningError, match=f"process {process.pid}"), alone(tmp_path):
        pass
