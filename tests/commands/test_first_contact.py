"""What somebody sees who has nothing yet: no arguments, no checkout, no catalogue."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from sla_engine.app.next_step import START
from sla_engine.cli import COMMANDS, FIRST, main, parser
from sla_engine.commands.assets import ASSETS

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


def test_only_the_module_of_the_command_asked_for_is_loaded() -> None:
    code = (
        "import sys; from sla_engine.cli import parser; parser('keygen'); "
        "print([name for name in sys.modules if name.startswith('sla_engine.commands.')])"
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
