"""The house rules that no linter knows."""

import ast
import statistics
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CODE = (
    "alert_rules",
    "benchmarks",
    "exporter",
    "grafana_dashboards",
    "service_catalogue",
    "sla_engine",
    "stack",
    "uptime_common",
    "uptime_ledger",
)
FILES = sorted(
    p for folder in (*CODE, "deploy", "examples", "tests") for p in (ROOT / folder).rglob("*.py")
)


@cache
def _functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        (f"{path.relative_to(ROOT)}:{node.name}", _length(node))
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    ]


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function's own statements: signature and docstring promise, they do not work."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_under_500_lines_and_a_function_under_80(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 500
    assert [(name, lines) for name, lines in _functions(path) if lines > 80] == []


def test_the_median_function_is_at_most_10_lines() -> None:
    lengths = [
        length
        for folder in CODE
        for path in (ROOT / folder).rglob("*.py")
        for _, length in _functions(path)
    ]
    assert statistics.median(lengths) <= 10


# Folders of tests that mirror no package, each with its reason.
NO_MIRROR = {
    "e2e": "starts the whole stack",
    "programs": "starts other people's programs, for tests of all rooms",
    "traps": "figures that were wrong elsewhere, through all layers",
    "rules": "tests of alert_rules/, which is no package",
    "exporter/parity": "the exporter beside blackbox_exporter",
    "exporter/tree": "a host made of files, for collectors and host",
}
# Packages whose tests stand one floor higher, each with its reason.
NO_FOLDER = {
    "exporter/collectors/support": "tests of collectors go through it",
    "exporter/probes/transport": "tests of probes go through it",
    "grafana_dashboards/style": "tests of dashboards go through it",
    "service_catalogue/probes": "bad catalogues hold its rules",
    "sla_engine/alertmanager": "tests of silences go through it",
    "sla_engine/ledger/migrations": "a ledger is opened by every test of the ledger",
    "sla_engine/ledger/migrations/versions": "the same",
    "stack/demo": "tests of the stack tell its story",
    "uptime_ledger": "tests of the wheel enter by it",
}


def _folders_of_tests() -> set[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return {str(p.parent.relative_to(ROOT / "tests")) for p in files} - {"."}


def _packages() -> set[str]:
    """Return the packages of the product by their paths."""
    found = (p.parent for folder in (*CODE, "deploy") for p in (ROOT / folder).rglob("__init__.py"))
    return {str(path.relative_to(ROOT)) for path in found if path.parts[-2] != "benchmarks"}


def _mirror(package: str) -> str:
    """Return the folder of a package's tests: rooms of the engine stand at the top of tests/."""
    return package.removeprefix("sla_engine/")


def test_every_folder_of_tests_mirrors_a_package() -> None:
    mirrored = {_mirror(package) for package in _packages()}
    assert _folders_of_tests() - mirrored - set(NO_MIRROR) == set()


def test_every_package_has_a_folder_of_tests() -> None:
    missing = {p for p in _packages() if _mirror(p) not in _folders_of_tests()}
    assert missing == set(NO_FOLDER) | {"sla_engine"}


def test_what_is_excused_is_there() -> None:
    assert {name for name in NO_MIRROR if not (ROOT / "tests" / name).is_dir()} == set()
    assert set(NO_FOLDER) <= _packages()


def test_complexity_is_judged_by_ruff_at_ten() -> None:
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]
    assert ruff["lint"]["mccabe"]["max-complexity"] == 10
    assert "C90" in ruff["lint"]["select"]
    ignored = [ruff["lint"]["ignore"], *ruff["lint"]["per-file-ignores"].values()]
    assert [code for codes in ignored for code in codes if code.startswith("C9")] == []


def test_nobody_is_excused_from_complexity_in_a_comment() -> None:
    excuse = "noqa: " + "C901"
    assert [str(p) for p in FILES if excuse in p.read_text(encoding="utf-8")] == []
