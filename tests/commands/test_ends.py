"""How a command ends early: by Ctrl-C, by a flag that makes no sense, by a file that is none."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sla_engine.app.errors import JobError
from sla_engine.app.keys import make_key
from sla_engine.app.whole_file import whole_file
from sla_engine.cli import main

SERVICES = """\
organization: Example
timezone: UTC
services:
  - {id: shop, name: Shop, sli: {promql: up}}
"""
NOWHERE = "--prometheus.url=http://127.0.0.1:1"


_PROGRAM = """
import signal
from sla_engine.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background ignores it
raise SystemExit(main())
"""


@pytest.mark.parametrize(
    "command",
    [
        ["backfill", "--from=2026-10-01", "--to=2026-10-02"],
        ["discover"],
        ["report", "--discover", "--period=2026-10", "--output=report.txt"],
    ],
)
def test_ctrl_c_ends_a_command_that_waits_with_one_line(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "services.yml").write_text(SERVICES)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"--prometheus.url=http://127.0.0.1:{silent.getsockname()[1]}"
        line = [sys.executable, "-c", _PROGRAM]
        began = subprocess.Popen(
            [*line, *command, url],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"PYTHONPATH": str(Path.cwd()), "HOME": str(tmp_path)},
        )  # fmt: skip
        silent.settimeout(60)
        try:
            held, _ = silent.accept()
            with held:
                began.send_signal(signal.SIGINT)
                out, err = began.communicate(timeout=60)
        finally:
            began.kill()
            began.communicate()
    assert (began.returncode, out, err) == (130, "", "sla-engine: stopped by Ctrl-C\n")
    assert not (tmp_path / "report.txt").exists()


def _stopped() -> bytes:
    raise KeyboardInterrupt


def test_what_is_stopped_while_it_is_written_is_not_there(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"as it was")
    for path in (old, new):
        with pytest.raises(KeyboardInterrupt), whole_file(path) as file:
            file.write(_stopped())
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert old.read_bytes() == b"as it was"


def test_a_file_keeps_its_mode_and_a_link_its_end(tmp_path: Path) -> None:
    path, link = tmp_path / "report", tmp_path / "latest"
    path.write_bytes(b"")
    path.chmod(0o640)
    link.symlink_to(path)
    with whole_file(link) as file:
        file.write(b"new")
    assert (link.is_symlink(), path.read_bytes(), path.stat().st_mode & 0o777) == (
        True, b"new", 0o640,
    )  # fmt: skip


def test_a_device_is_written_as_it_is() -> None:
    with whole_file(Path("/dev/null")) as file:
        file.write(b"gone")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--prometheus.header=foo", "--prometheus.header is NAME: VALUE, such as"),
        ("--prometheus.header=foo:", "--prometheus.header is NAME: VALUE, such as"),
        ("--prometheus.header=: x", "--prometheus.header is NAME: VALUE, such as"),
        ("--prometheus.header=fo o: x", "--prometheus.header: 'fo o' is not the name of an HTTP"),
        ("--replica-label=", "--replica-label: '' is not a Prometheus label name"),
        ("--replica-label=a-b", "--replica-label: 'a-b' is not a Prometheus label name"),
        ("--by=a-b", "--by: 'a-b' is not a Prometheus label name"),
        ("--objective=200", "--objective: '200' is not between 0 and 100"),
    ],
)
@pytest.mark.parametrize("command", [["discover"], ["report", "--discover", "--period=today"]])
def test_a_flag_that_makes_no_sense_is_named_before_anything_is_asked(
    command: list[str], flag: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, NOWHERE, flag]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"sla-engine: {said}")
    assert len(err.splitlines()) == 1


def test_a_header_that_is_none_is_not_shown_as_it_may_hold_a_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["discover", NOWHERE, "--prometheus.header=Bearer s3cret"])
    assert "s3cret" not in capsys.readouterr().err


@pytest.mark.parametrize("content", ["root:x:0:0\n", "", '{"uptime_ledger":2}\n', "\x1f\x8b\x08"])
def test_an_import_of_what_is_no_whole_export_names_the_file_and_imports_nothing(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path, ledger = tmp_path / "file", f"--storage.ledger=sqlite:///{tmp_path}/ledger.db"
    path.write_text(content)
    assert main(["import", str(path), ledger]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"sla-engine: {path}: ")
    assert err.endswith("; nothing was imported\n")
    assert main(["verify", ledger]) == 0
    assert "audit rows: 0" in capsys.readouterr().out


def test_half_a_key_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(JobError, match="No space left"):
        make_key(tmp_path / "key")
    assert list(tmp_path.iterdir()) == []
