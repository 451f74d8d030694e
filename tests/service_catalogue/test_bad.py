"""Every rule of the catalogue has a small file in ``bad/``, and its exact words in ``golden/``."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service_catalogue import load_catalogue
from uptime_common.document import DocumentError

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FILES = sorted((HERE / "bad").glob("*.yml"))
SOURCES = [
    *sorted((ROOT / "service_catalogue").rglob("*.py")),
    *(ROOT / "uptime_common" / name for name in ("duration.py", "yaml_scalars.py", "yaml_tree.py")),
]
NO_FILE = {
    "is longer than .* characters": "a text of a megabyte; tests/uptime_common/test_document.py",
    "it is no text": "told within the message around it",
}


def told(path: Path) -> list[str]:
    try:
        load_catalogue(path)
    except DocumentError as error:
        return [str(p).removeprefix(f"{path.parent}/") for p in error.problems]
    return []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_bad_file_is_refused_in_these_words(
    path: Path, golden: Callable[[str, str], None]
) -> None:
    lines = told(path)
    assert lines, "this file is good"
    assert all(line.isprintable() for line in lines)
    golden(f"{path.stem}.txt", "".join(f"{line}\n" for line in lines))


def test_every_rule_has_a_bad_file() -> None:
    texts = sorted((HERE / "golden").glob("*.txt"))
    words = "".join(path.read_text(encoding="utf-8") for path in texts)
    missing = {rule for rule in set(rules()) - set(NO_FILE) if not re.search(rule, words)}
    assert missing == set()
    assert len(set(rules())) > 75


def test_every_expected_text_has_its_file() -> None:
    texts = {path.stem for path in (HERE / "golden").glob("*.txt")}
    assert texts == {path.stem for path in FILES}


def rules() -> Iterator[str]:
    """Yield the messages of every raise and yield in the catalogue's code, as patterns."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield from _of_function(node)


def _of_function(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        found: ast.expr | None = None
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            found = node.exc.args[0]
            if isinstance(found, ast.Call):  # TreeError(Finding(line, location, message))
                found = found.args[-1] if found.args else None
        elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            found = node.value.elts[-1]
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "message":
            found = node.value
        pattern = _pattern(found)
        if pattern.strip(".* "):
            yield pattern


def _pattern(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        parts = (_pattern(v) if isinstance(v, ast.Constant) else ".*" for v in node.values)
        return "".join(parts)
    return ""
