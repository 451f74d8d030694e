import os
import time
from pathlib import Path

import pytest

from exporter.probes.transport.perfdata import Datum, perfdata
from tests.exporter.asking import ask, measured


def script(folder: Path, text: str) -> str:
    path = folder / "check"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "fields", "success", "reason"),
    [
        ("exit 0", {}, True, None),
        ("exit 1", {}, True, None),
        ("exit 1", {"warning": "down"}, False, "status"),
        ("echo 'CRITICAL - gone | x=1'; exit 2", {}, False, "status"),
        ("exit 3", {}, None, "setup"),
        ("exit 127", {}, None, "setup"),
        ("kill -9 $$", {}, None, "setup"),
        ("sleep 60", {"timeout": "200ms"}, False, "timeout"),
    ],
)
def test_a_plug_in_is_judged_by_its_exit_code(
    tmp_path: Path, text: str, fields: dict[str, str], success: bool | None, reason: str | None
) -> None:
    result = ask(type="command", command=[script(tmp_path, text)], **fields)
    assert (result.success, result.reason) == (success, reason), result.detail


def test_a_plug_in_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    slow = script(tmp_path, f"sleep 60 & echo $! > {note}; wait")
    assert ask(type="command", command=[slow], timeout="500ms").reason == "timeout"
    pid = int(note.read_text())
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and _runs(pid):
        time.sleep(0.01)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_plug_in_that_is_missing_tells_nothing_of_its_target(tmp_path: Path) -> None:
    result = ask(type="command", command=str(tmp_path / "none") + " --flag")
    assert (result.success, result.reason) == (None, "setup")


def test_performance_data_comes_in_base_units(tmp_path: Path) -> None:
    text = "echo \"OK - fine | time=20ms;;; 'free /'=50%;80;90 size=2KB rx=7c\"; exit 0"
    result = ask(type="command", command=[script(tmp_path, text)])
    assert measured(result) == {
        "command_value/time/seconds": 0.02,
        "command_value/free //ratio": 0.5,
        "command_value/size/bytes": 2048.0,
        "command_value/rx/": 7.0,
    }


@pytest.mark.parametrize("output", ["", "no bar", "| a", "| =1", "| a=1.2.3", "| a=U;;", "|||"])
def test_malformed_performance_data_is_left_out(output: str) -> None:
    assert perfdata(output) == []


def test_a_label_twice_counts_once_with_its_last_value() -> None:
    assert perfdata("OK | a=1 a=2\nlong\n| b=3") == [Datum("a", "", 2.0), Datum("b", "", 3.0)]


def test_the_newest_file_is_judged(tmp_path: Path) -> None:
    old, new = tmp_path / "a.bak", tmp_path / "b.bak"
    old.write_bytes(b"x")
    new.write_bytes(b"xyz")
    os.utime(old, (1, 1))
    pattern = str(tmp_path / "*.bak")
    good = ask(type="file", path=pattern, max_age="1h", min_size=3)
    assert good.success
    assert measured(good)["file_size_bytes"] == 3
    assert ask(type="file", path=pattern, min_size=4).reason == "size"
    assert ask(type="file", path=str(old), max_age="1h").reason == "stale"
    assert ask(type="file", path=str(tmp_path / "*.none")).reason == "missing"
    assert ask(type="file", path=str(tmp_path / "none")).reason == "missing"


def test_processes_are_counted_by_name_or_command_line() -> None:
    here = ask(type="process", command_line="pytest")
    assert here.success
    assert measured(here)["processes"] >= 1
    assert ask(type="process", executable="no-such-thing").reason == "missing"
    assert ask(type="process", executable=".*", max=1).reason == "status"
    assert ask(type="process", executable="no-such-thing", min=0, max=0).success


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("LoadState=loaded\nActiveState=active\nSubState=running", None),
        ("LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code", "status"),
        ("LoadState=not-found\nActiveState=inactive", "missing"),
    ],
)
def test_a_unit_is_judged_by_what_systemctl_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, reason: str | None
) -> None:
    fake = tmp_path / "systemctl"
    fake.write_text(f"#!/bin/sh\ncat <<'X'\n{state}\nX\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert ask(type="systemd", unit="nginx.service").reason == reason


def test_without_systemd_a_unit_s_state_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert ask(type="systemd", unit="nginx.service").success is None


def test_what_is_no_number_is_left_out() -> None:
    assert perfdata("OK | a=1e999 b=-1e999 c=nan d=1.2.3 e=5") == [Datum("e", "", 5.0)]


@pytest.mark.parametrize("part", ["x", "'", "''", "x'", "' ", "'x ", "a=", "1=1;", "\0"])
def test_long_output_is_read_in_one_go(part: str) -> None:
    assert len(perfdata("| " + part * 65_536)) <= 1
