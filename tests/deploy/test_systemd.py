"""The units, judged by systemd itself."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.programs.process import find_program
from uptime_common.descriptors import connections_at_once

UNITS = sorted((Path(__file__).parents[2] / "deploy" / "systemd").glob("*.service"))
EVERY = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)

pytestmark = pytest.mark.integration


def _analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [find_program("systemd-analyze"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@EVERY
def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    # verify looks for the program, which this machine has elsewhere.
    text = unit.read_text(encoding="utf-8").replace("/opt/uptime-ledger/bin/", f"{tmp_path}/")
    for program in ("sla-exporter", "sla-engine"):
        (tmp_path / program).symlink_to("/bin/true")
    copy = tmp_path / unit.name
    copy.write_text(text, encoding="utf-8")
    done = _analyze("verify", "--man=no", "--recursive-errors=no", copy)
    assert (done.returncode, done.stderr) == (0, "")


@EVERY
def test_the_unit_is_hardened(unit: Path) -> None:
    done = _analyze("security", "--offline=yes", "--threshold=30", "--no-pager", unit)
    assert done.returncode == 0, done.stdout[-300:]


@EVERY
def test_it_runs_as_nobody_on_a_system_that_it_cannot_write(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes"):
        assert f"\n{line}\n" in text


@EVERY
def test_it_has_descriptors_for_the_most_connections_that_it_may_hold(unit: Path) -> None:
    limit = re.search(r"^LimitNOFILE=(\d+)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
    assert limit is not None
    assert connections_at_once(int(limit[1])) == 512


def test_the_exporter_may_ping_and_read_all_of_proc() -> None:
    text = next(unit for unit in UNITS if unit.stem == "sla-exporter").read_text(encoding="utf-8")
    assert re.findall(r"^\w+=(CAP_\w+)$", text, re.MULTILINE) == ["CAP_NET_RAW", "CAP_NET_RAW"]
    assert "ProtectProc=" not in re.sub(r"#.*", "", text)
    assert "ProcSubset=" not in re.sub(r"#.*", "", text)
