"""Processes that /proc hides from us are not missing."""

import os
from pathlib import Path
from typing import Any

import pytest

from exporter.probes import process
from exporter.probes.hidepid import others_hidden
from tests.exporter.asking import ask

MOUNT = "45 43 0:21 / /proc rw,relatime - proc proc rw{}\n46 43 0:22 / /sys rw - sysfs sysfs rw\n"


@pytest.mark.parametrize(
    ("options", "capabilities", "hidden"),
    [
        ("", 0, False),
        (",hidepid=0", 0, False),
        (",hidepid=1", 0, True),
        (",hidepid=2", 0, True),
        (",hidepid=invisible", 0, True),
        (",gid=4294967,hidepid=ptraceable", 0, True),
        (f",gid={os.getegid()},hidepid=invisible", 0, False),
        (",hidepid=invisible", 1 << 19, False),
    ],
)
def test_a_proc_that_hides_processes_is_known(
    tmp_path: Path, options: str, capabilities: int, hidden: bool
) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self/mountinfo").write_text(MOUNT.format(options), encoding="utf-8")
    status = f"Name:\tx\nCapEff:\t{capabilities:016x}\n"
    (tmp_path / "self/status").write_text(status, encoding="utf-8")
    assert others_hidden(tmp_path) is hidden


@pytest.mark.parametrize(
    ("fields", "cause", "success"),
    [
        ({"executable": "no-such-program"}, "permission", None),
        ({"command_line": "python", "max": 1_000_000}, "permission", None),
        ({"command_line": "python"}, None, True),
        ({"command_line": ".", "min": 0, "max": 0}, None, False),
    ],
)
def test_processes_that_are_hidden_are_not_missing(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], cause: str | None, success: bool | None
) -> None:
    monkeypatch.setattr(process, "others_hidden", lambda: True)
    result = ask(type="process", **fields)
    assert (result.cause, result.success) == (cause, success)
