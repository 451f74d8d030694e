"""The house rules that no linter knows."""

import ast
import statistics
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
