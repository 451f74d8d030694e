"""What is said where no ledger is, or none can be written: who reads never makes one."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sla_engine.cli import main
from sla_engine.ledger import Ledger, is_there

READS = (
    ("report", "--period=2024-10"),
    ("outages", "list"),
    ("outages", "show", "x"),
    ("maintenance", "list"),
    ("maintenance", "approve", "x", "--reason=y"),
    ("explain", "x"),
    ("recompute", "--from=2024-10-01"),
    ("terms", "list"),
    ("verify",),
    ("export",),
    ("doctor",),
)
BY_MODE = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Root may write whatever a mode says, unless it gives that up."""

needs_modes = pytest.mark.skipif(
    bool(BY_MODE) and shutil.which("setpriv") is None, reason="needs setpriv of util-linux as root"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a catalogue, which commands run in."""
    (tmp_path / "services.yml").write_text(
        "organization: Acme\ntimezone: UTC\n"
        "prometheus: {url: 'http://127.0.0.1:9'}\n"
        "services:\n"
        "  - {id: shop, name: Shop, owner: ann, objective: 99.9, sli: {promql: up}}\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_an_empty_file_is_no_ledger_to_who_reads(
    command: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "ledger.db"
    file.touch()
    assert main([*command, f"--storage.ledger=sqlite:///{file}"]) == 1
    said = capsys.readouterr()
    assert "ledger.db: the file is empty, no ledger is in it" in said.out + said.err
    assert "sla-engine serve" in said.out + said.err
    assert [path.name for path in folder.glob("ledger*")] == ["ledger.db"]
    assert file.stat().st_size == 0


def test_who_reads_writes_no_tables_into_the_database_of_another_program(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "other.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE dashboards (name TEXT)")
        other.commit()
    assert main(["outages", "list", f"--storage.ledger=sqlite:///{file}"]) == 1
    assert "no ledger is in this database; give --storage.ledger=URL" in capsys.readouterr().err
    with closing(sqlite3.connect(file)) as other:
        found = other.execute("SELECT name FROM sqlite_master").fetchall()
    assert found == [("dashboards",)]


def test_who_begins_makes_a_ledger_of_an_empty_file(folder: Path) -> None:
    file, url = folder / "ledger.db", f"sqlite:///{folder}/ledger.db"
    file.touch()
    assert not is_there(url)
    asked = ("--title=x", "--from=2024-10-01", "--duration=1h", "--service=shop", "--reason=y")
    assert main(["maintenance", "request", *asked, f"--storage.ledger={url}"]) == 0
    assert main(["verify", f"--storage.ledger={url}"]) == 0


def told(folder: Path, *command: str) -> str:
    """Return what a command says that fails, as a user for whom modes hold."""
    done = subprocess.run(
        [*BY_MODE, sys.executable, "-m", "sla_engine", *command],
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert done.returncode == 1, done
    return done.stderr


@needs_modes
def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    place = folder / "place"
    place.mkdir()
    Ledger.open(f"sqlite:///{place}/ledger.db").close()
    place.chmod(0o555)
    said = told(folder, "verify", f"--storage.ledger=sqlite:///{place}/ledger.db")
    assert f"the folder {place} cannot be written: " in said
    assert "SQLite keeps ledger.db-wal in it, also to read" in said
    assert f"chmod u+rwX {place}" in said
    flags = ("--title=x", "--from=2024-10-01", "--duration=1h", "--service=shop", "--reason=y")
    for name in ("new.db", "sub/new.db"):
        ledger = f"--storage.ledger=sqlite:///{place}/{name}"
        assert f"the folder {place} cannot be written: " in told(
            folder, "maintenance", "request", *flags, ledger
        )
    place.chmod(0o755)


@needs_modes
def test_a_ledger_that_cannot_be_written_is_named(folder: Path) -> None:
    file = folder / "ledger.db"
    Ledger.open(f"sqlite:///{file}").close()
    file.chmod(0o444)
    flags = ("--title=x", "--from=2024-10-01", "--duration=1h", "--service=shop", "--reason=y")
    said = told(folder, "maintenance", "request", *flags, f"--storage.ledger=sqlite:///{file}")
    assert f"the file {file} cannot be written: " in said
    assert f"chmod u+rwX {file}" in said


def test_a_folder_is_no_ledger(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", f"--storage.ledger=sqlite:///{folder}"]) == 1
    assert "it is a folder; name a file in it" in capsys.readouterr().err
