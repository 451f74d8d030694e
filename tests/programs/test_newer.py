"""scripts/newer where Debian's archive cannot be had; that it brings servers, their tests show."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.programs import newer

SCRIPT = Path(__file__).parents[2] / "scripts/newer"
APT = """\
#!/bin/sh
echo "$*" >>"$ASKED"
case "$*" in
*print-uris*)
  . /etc/os-release
  echo "'http://127.0.0.1:9/debian/dists/$VERSION_CODENAME/main/binary-all/Packages.xz' x 0" ;;
*) echo "W: nothing is well"; echo "E: Could not connect to 127.0.0.1:9"; exit 100 ;;
esac
"""


def _brought(folder: Path) -> list[str]:
    """Run a copy of the script without an archive; return what apt-get was asked so far."""
    script, programs = folder / "scripts/newer", folder / "programs"
    script.parent.mkdir(exist_ok=True)
    programs.mkdir(exist_ok=True)
    shutil.copy(SCRIPT, script)
    (programs / "apt-get").write_text(APT)
    (programs / "apt-get").chmod(0o755)
    asked = folder / "asked"
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "ASKED": str(asked)}
    subprocess.run([script, "prometheus"], env=env, check=True, capture_output=True)
    return asked.read_text().splitlines()


@pytest.mark.skipif(
    not Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists(), reason="this is no Debian"
)
def test_without_an_archive_it_says_why_leaves_nothing_and_asks_again_later(tmp_path: Path) -> None:
    asked = _brought(tmp_path)
    assert any("update" in line for line in asked)
    left = sorted(str(p.relative_to(tmp_path / ".newer")) for p in tmp_path.glob(".newer/**/*"))
    assert left == ["absent", "bin"]
    absent = tmp_path / ".newer/absent"
    assert absent.read_text() == "E: Could not connect to 127.0.0.1:9\n"
    assert _brought(tmp_path) == asked
    os.utime(absent, (0, 0))
    assert len(_brought(tmp_path)) > len(asked)


def test_a_server_that_is_not_here_skips_its_tests_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newer, "_FOLDER", tmp_path)
    (tmp_path / "absent").write_text("E: no route\n")
    with pytest.raises(pytest.skip.Exception, match="no newer prometheus here: E: no route"):
        newer.newer_program("prometheus")
