"""Where to add what (ARCHITECTURE.md): a place that was forgotten is named here."""

import argparse
import ast
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from exporter import metrics
from exporter.probes import PROBES
from exporter.server import About, Server
from service_catalogue.service import SOURCES, Sli
from sla_engine.cli import COMMANDS, parser
from sla_engine.web.routes import Pages, routes
from uptime_common.lifecycle import lifecycle

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "deploy",
    "exporter",
    "grafana_dashboards",
    "service_catalogue",
    "sla_engine",
    "stack",
    "uptime_common",
    "uptime_ledger",
)


def _rows(document: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table after some words."""
    text = (ROOT / document).read_text(encoding="utf-8").split(heading, 1)[1]
    table = re.search(r"^\|[ :-]+\|.*\n((?:\|.*\n?)+)", text, re.MULTILINE)
    assert table, f"no table in {document} after {heading!r}"
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table[1].splitlines()
    ]


def _named(cells: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", " ".join(cells))


def test_every_type_of_probe_is_documented() -> None:
    rows = _rows("docs/probes.md", "by no type;")
    assert sorted(name for row in rows for name in _named(row[:1])) == sorted(PROBES)


def test_every_type_of_probe_has_a_file_of_its_own() -> None:
    files = {path.stem for path in (ROOT / "exporter/probes").glob("*.py")}
    assert set(PROBES) <= files


def test_every_metric_of_probes_is_one_that_a_probe_can_give() -> None:
    used = "\n".join(
        p.read_text(encoding="utf-8") for p in (ROOT / "exporter/probes").rglob("*.py")
    )
    names = {id(value): name for name, value in vars(metrics).items()}
    assert [m.name for m in metrics.MEASURES if not re.search(rf"\b{names[id(m)]}\b", used)] == []


@pytest.mark.parametrize("document", ["docs/accounting.md", "docs/alerting.md"])
def test_every_source_of_truth_is_documented(document: str) -> None:
    forms = {s for s in SOURCES if s != "sli"} | {f"sli.{field}" for field in Sli.model_fields}
    heading = {"docs/accounting.md": "## Three states", "docs/alerting.md": "## One pair"}[document]
    named = [_named(row[:1]) for row in _rows(document, heading)]
    probes = {"probes"} if "| probes |" in (ROOT / document).read_text(encoding="utf-8") else set()
    assert {name.split(",")[0] for row in named for name in row} | probes >= forms


def _commands() -> dict[str, str]:
    """Return every subcommand with its line in --help."""
    [commands] = [a for a in parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return {str(action.dest): str(action.help) for action in commands._choices_actions}


def test_every_subcommand_is_in_the_readme_by_its_line_of_help() -> None:
    rows = _rows("README.md", "## Commands")
    assert {_named(row[:1])[0]: row[1] for row in rows} == _commands()


def test_every_subcommand_has_help_and_a_module_that_is_registered() -> None:
    files = {path.stem for path in (ROOT / "sla_engine/commands").glob("*.py")}
    assert files - {"__init__", "flags", "outage_list"} == set(COMMANDS.values())
    assert [name for name, text in _commands().items() if len(text) < 10] == []


def _engine_pages() -> set[str]:
    nothing = cast("Pages", SimpleNamespace())
    return {route.path for route in routes(nothing)}


def _exporter_pages() -> set[str]:
    nothing: Any = None
    server = Server(nothing, nothing, nothing, nothing, About("1", ""))
    return {route.path for route in server.routes()}


def test_every_page_is_documented() -> None:
    async def reload() -> tuple[str, ...]:
        return ()

    both = {route.path for route in lifecycle(reload, enabled=True)}
    found: dict[str, set[str]] = {"sla-exporter": set(), "sla-engine": set()}
    for program, page, _ in _rows("docs/install.md", "## Pages"):
        for name in _named([program]):
            found[name] |= set(_named([page]))
    assert found == {"sla-exporter": _exporter_pages() | both, "sla-engine": _engine_pages() | both}


def _folders() -> list[Path]:
    return sorted(p.parent for name in PACKAGES for p in (ROOT / name).rglob("__init__.py"))


@pytest.mark.parametrize("folder", _folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_a_folder_says_what_is_in_it_and_who_may_import_it(folder: Path) -> None:
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    said = " ".join((ast.get_docstring(tree) or "").split())
    assert re.search(r"imported by |imports? nothing|run by |not imported", said, re.IGNORECASE), (
        said
    )


def test_every_folder_of_code_is_a_package() -> None:
    bare = {
        path.parent
        for name in PACKAGES
        for path in (ROOT / name).rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    }
    assert bare == set()
