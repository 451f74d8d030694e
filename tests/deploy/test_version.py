"""The version is written once; everything else reads it there."""

import importlib
import re
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import uptime_common
from deploy.lock import ROOT
from exporter import cli as exporter_cli
from sla_engine import cli as engine_cli

SOURCE = Path(uptime_common.__file__)
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = (
    "service_catalogue",
    "deploy",
    "docs",
    "examples",
    "exporter",
    "sla_engine",
    "stack",
    "uptime_common",
    "uptime_ledger",
)
KINDS = {".py", ".md", ".toml", ".yml", ".yaml", ".service", ".html", ""}


def test_the_package_takes_its_version_from_the_code() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert "version" not in PROJECT["project"]
    module, _, name = PROJECT["tool"]["setuptools"]["dynamic"]["version"]["attr"].rpartition(".")
    assert getattr(importlib.import_module(module), name) is uptime_common.__version__


@pytest.mark.parametrize(
    ("program", "main"), [("sla-exporter", exporter_cli.main), ("sla-engine", engine_cli.main)]
)
def test_a_program_says_it(
    program: str, main: Callable[[Sequence[str]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"{program} {uptime_common.__version__}\n"


def test_no_program_asks_what_is_installed_which_may_be_older() -> None:
    code = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    assert [path for path in code if "importlib.metadata" in path.read_text("utf-8")] == []


def test_it_is_written_nowhere_else() -> None:
    literal = re.compile(rf"(?<![\d.]){re.escape(uptime_common.__version__)}(?![\d.])")
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    paths += [
        ROOT / name for name in ("pyproject.toml", "setup.py", "Makefile", "README.md", "Procfile")
    ]
    found = [p for p in paths if p.suffix in KINDS and literal.search(p.read_text("utf-8"))]
    assert [path.relative_to(ROOT) for path in found] == [SOURCE.relative_to(ROOT)]
