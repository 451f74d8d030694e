"""Commands find the ledger of the engine that runs here, and make none by mistake."""

import json
import os
from argparse import Namespace
from pathlib import Path

import pytest

from sla_engine.app.context import ledger_url
from sla_engine.app.errors import UsageError
from sla_engine.app.state_file import announced, folder, running_engines
from sla_engine.cli import main

LEDGER, PROMETHEUS = "sqlite:////srv/ledger.db", "http://127.0.0.1:9791"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("SLA_ENGINE_LEDGER", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "uptime-ledger"


def options(ledger: str | None = None, *, creates: bool = False) -> Namespace:
    return Namespace(storage_ledger=ledger, prometheus_url=None, creates=creates)


def test_the_flag_then_the_variable_then_the_engine_that_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ledger_url(options()) == "sqlite:///var/ledger.db"
    with announced("127.0.0.1:9711", LEDGER, PROMETHEUS, os.environ):
        found = options()
        assert ledger_url(found) == LEDGER
        assert found.prometheus_url == PROMETHEUS
        assert ledger_url(options(creates=True)) == "sqlite:///var/ledger.db"
        monkeypatch.setenv("SLA_ENGINE_LEDGER", "sqlite:///variable.db")
        assert ledger_url(options()) == "sqlite:///variable.db"
        assert ledger_url(options("sqlite:///flag.db")) == "sqlite:///flag.db"


def test_the_file_is_its_user_s_alone_and_gone_at_the_end(place: Path) -> None:
    with announced("127.0.0.1:9711", LEDGER, PROMETHEUS, os.environ):
        [path] = place.iterdir()
        assert (path.stat().st_mode & 0o777, place.stat().st_mode & 0o777) == (0o600, 0o700)
        assert json.loads(path.read_text("utf-8"))["pid"] == os.getpid()
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("change", [{"pid": 2**22 + 1}, {"started": "1"}, {"more": 1}])
def test_what_a_killed_engine_left_is_ignored(place: Path, change: dict[str, object]) -> None:
    with announced("127.0.0.1:9711", LEDGER, PROMETHEUS, os.environ):
        [path] = place.iterdir()
        path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
        assert running_engines(os.environ) == ()


@pytest.mark.parametrize("open_to", ["folder", "file"])
def test_what_others_may_write_is_not_believed(place: Path, open_to: str) -> None:
    with announced("127.0.0.1:9711", LEDGER, PROMETHEUS, os.environ):
        (place if open_to == "folder" else next(place.iterdir())).chmod(0o777)
        assert running_engines(os.environ) == ()


def test_of_two_engines_one_must_be_named(place: Path) -> None:
    with announced("127.0.0.1:9711", LEDGER, PROMETHEUS, os.environ):
        [path] = place.iterdir()
        other = json.loads(path.read_text("utf-8")) | {"ledger": "sqlite:////other.db"}
        (place / "engine-1.json").write_text(json.dumps(other), "utf-8")
        (place / "engine-1.json").chmod(0o600)
        with pytest.raises(UsageError, match="2 engines run here; give"):
            ledger_url(options())


def test_an_engine_of_another_catalogue_does_not_hide_the_ledger_that_is_here(
    tmp_path: Path,
) -> None:
    (tmp_path / "services.yml").touch()
    given = options()
    given.config_file = Path("services.yml")
    with announced("127.0.0.1:9711", LEDGER, PROMETHEUS, os.environ, "/etc/other.yml"):
        assert ledger_url(given) == LEDGER
        (tmp_path / "var").mkdir()
        (tmp_path / "var" / "ledger.db").touch()
        with pytest.raises(UsageError, match=r"/etc/other\.yml.*give --storage\.ledger="):
            ledger_url(given)
    own = f"{tmp_path}/services.yml"
    with announced("127.0.0.1:9711", LEDGER, PROMETHEUS, os.environ, own):
        assert ledger_url(given) == LEDGER


def test_without_a_runtime_folder_it_is_among_the_temporary_files() -> None:
    assert folder({}).name == f"uptime-ledger-{os.getuid()}"


@pytest.mark.parametrize(
    "command", [["report", "--period=yesterday"], ["outages", "list"], ["maintenance", "list"]]
)
def test_what_reads_makes_no_ledger_and_says_what_to_type(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = "{id: a, name: A, owner: o, tier: t, probes: [{type: icmp, target: a}]}"
    text = f"organization: X\ntimezone: UTC\nservices: [{service}]\n"
    (tmp_path / "services.yml").write_text(text, "utf-8")
    assert main(command) == 1
    told = capsys.readouterr().err
    assert "there is no such ledger" in told
    assert "give --storage.ledger=URL or set SLA_ENGINE_LEDGER" in told
    assert not (tmp_path / "var").exists()
