"""What somebody sees who has nothing yet: no arguments, no checkout, no catalogue."""

import argparse
import ast
import asyncio
import os
import re
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from sla_engine.app.errors import JobError
from sla_engine.app.next_step import START, after_failure
from sla_engine.app.state_file import announced
from sla_engine.cli import COMMANDS, FIRST, main, parser
from sla_engine.commands.assets import ASSETS
from sla_engine.reports import MissingExtraError
from uptime_common.web import WebConfig, start_server

ROOT = Path(__file__).parents[2]


def test_without_arguments_the_commands_that_matter_first_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    said = capsys.readouterr()
    assert said.err == FIRST + "\n"
    shown = [line.split()[1] for line in FIRST.splitlines() if line.startswith("  sla-engine")]
    assert len(shown) == 5
    assert set(shown) <= set(COMMANDS)


def test_only_the_module_of_the_command_asked_for_is_loaded_and_nothing_that_migrates() -> None:
    code = (
        "import sys; from sla_engine.cli import parser; parser('keygen'); print([name for name "
        "in sys.modules if name.startswith(('sla_engine.commands.', 'alembic'))])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(ast.literal_eval(told.stdout)) == {
        "sla_engine.commands.attest",
        "sla_engine.commands.flags",
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_known_to_the_module_that_the_registry_names(name: str) -> None:
    only = parser(name).format_help()
    assert re.search(rf"^    {name}( |$)", only, re.MULTILINE), only


def test_assets_are_all_that_is_installed_beside_the_code() -> None:
    tree = ast.parse((ROOT / "setup.py").read_text("utf-8"))
    data = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id == "DATA"
    }
    assert data["DATA"] == ASSETS


def test_assets_are_written_once_and_never_over_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new"
    assert main(["assets", f"--output={folder}"]) == 0
    rules = list((folder / "alert_rules").glob("*.rules.yml"))
    assert {path.name for path in rules} == {
        path.name for path in (ROOT / "alert_rules").glob("*.rules.yml")
    }
    assert yaml.safe_load((folder / "examples/services.yml").read_text("utf-8"))["services"]
    assert list((folder / "grafana_dashboards/json").glob("*.json"))
    assert not list(folder.rglob("*.py"))
    assert main(["assets", f"--output={folder}"]) == 1
    assert "not empty" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_without_a_catalogue_it_is_said_how_to_begin(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    if text is not None:
        path.write_text(text)
    assert main(["check", f"--config.file={path}"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == START.format(path)


def test_a_catalogue_with_mistakes_is_told_them_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    path.write_text("organization: Example\n")
    assert main(["check", f"--config.file={path}"]) == 1
    assert "to begin" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["reprt"], "; did you mean report?; see sla-engine --help"),
        (["report", "--perod=today"], "; did you mean --period=today?; see sla-engine report "),
        (["outages", "list", "--sinc=7d"], "?; see sla-engine outages list --help"),
        (["check", "mine.yml"], "; did you mean --config.file=mine.yml?; see sla-engine check "),
        (["check", "--config", "mine.yml"], "; did you mean --config.file?; see"),
        (["verify", "--xyz"], "unrecognized arguments: --xyz; see sla-engine verify --help"),
    ],
)
def test_what_is_misspelt_is_answered_by_what_was_meant_and_the_help_of_that_command(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "following"),
    [("", "curl http://127.0.0.1:1/-/ready"), ("/graph", "--prometheus.url=http://127.0.0.1:1")],
)
def test_a_url_that_is_no_server_is_told_with_what_to_type(
    path: str, following: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"--prometheus.url=http://127.0.0.1:1{path}"
    assert main(["report", "--discover", url, "--period=today"]) == 1
    assert capsys.readouterr().err.endswith(f"; next: {following}\n")


def test_a_url_without_its_scheme_is_told_by_the_flag(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["report", "--discover", "--prometheus.url=127.0.0.1:9090", "--period=today"]
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("sla-engine: --prometheus.url: '127.0.0.1:9090'")


@pytest.mark.parametrize(
    ("cause", "has_pip", "step"),
    [
        (ImportError("none"), True, f"{sys.executable} -m pip install weasyprint"),
        (ImportError("none"), False, f"uv pip install --python {sys.executable} weasyprint"),
        (OSError("no pango"), True, "apt-get install libpango-1.0-0"),
    ],
)
def test_an_extra_that_is_missing_is_told_with_what_brings_it(
    cause: Exception, has_pip: bool, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_spec("ast") if has_pip else None
    monkeypatch.setattr("sla_engine.app.next_step.find_spec", lambda _: found)
    error = JobError("PDF needs the extra 'pdf' (WeasyPrint): none")
    error.__cause__ = MissingExtraError(str(error))
    error.__cause__.__cause__ = cause
    assert after_failure(error, "report", argparse.Namespace()).startswith(f"; next: {step}")


def test_doctor_finds_the_catalogue_of_the_engine_that_runs_as_other_commands_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    config, ledger = tmp_path / "mine.yml", f"sqlite:///{tmp_path}/ledger.db"
    config.write_text(
        "organization: O\ntimezone: UTC\nservices: [{id: a, name: A, sli: {promql: up}}]\n"
    )
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv("SLA_ENGINE_LEDGER", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with announced("127.0.0.1:1", ledger, "http://127.0.0.1:1", os.environ, str(config)):
        assert main(["doctor"]) == 1
    assert f"ok    catalogue      {config}: 1 service\n" in capsys.readouterr().out


def test_a_port_that_is_taken_is_told_once_with_how_to_find_who_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use") as refused:
            asyncio.run(start_server([], ("127.0.0.1", port), WebConfig()))
    assert refused.value.strerror == (
        f"--web.listen-address=127.0.0.1:{port}: Address already in use; "
        f"who has it: ss -ltnp 'sport = :{port}'; or give another port"
    )


def test_the_next_step_of_merging_names_no_address_that_nobody_gave(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    closed = "prometheus: {url: 'http://127.0.0.1:1'}\n"
    services = "services: [{id: shop, name: Shop, sli: {promql: up}}]\n"
    Path("services.yml").write_text(f"organization: X\ntimezone: UTC\n{closed}{services}")
    assert main(["discover", "--merge"]) == 1
    said = capsys.readouterr().err
    assert "Connection refused" in said
    assert said.endswith("next: sla-engine doctor\n")
