"""The domain is silent: no words for people, nothing of Slack's wire."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[2] / "sla_engine/domain").glob("*.py"))
_SENTENCE = re.compile(r"[A-Za-z]+,? +[A-Za-z]+")
_WIRE = {"blocks", "mrkdwn", "plain_text", "block_id", "action_id", "thread_ts", "chat.postMessage"}


def _silent(tree: ast.Module) -> set[int]:
    """Return the nodes that say nothing to people: docstrings, and what programmers read."""
    errors = {
        id(n) for e in ast.walk(tree) if isinstance(e, ast.Raise | ast.Assert) for n in ast.walk(e)
    }
    texts = {id(e.value) for e in ast.walk(tree) if isinstance(e, ast.Expr)}
    return errors | texts


def _literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    silent = _silent(tree)
    inside = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in ast.walk(tree):
        if id(node) in silent or id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = (v.value if isinstance(v, ast.Constant) else "x" for v in node.values)
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def spoken(source: str) -> list[tuple[int, str]]:
    """Return the literals of a source that people would read, or Slack."""
    return [
        (line, text)
        for line, text in _literals(ast.parse(source))
        if _SENTENCE.search(text) or not text.isascii() or text in _WIRE
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_module_says_nothing_to_people(path: Path) -> None:
    assert spoken(path.read_text(encoding="utf-8")) == []


def test_words_signs_and_wire_are_found() -> None:
    source = """'''A docstring says what it likes.'''
def told(name):
    '''So does this one.'''
    if not name:
        raise ValueError("a programmer reads this")
    return f"{name} is down", "\N{LARGE RED CIRCLE}", {"type": "mrkdwn"}, "fine", f"{name}/{name}"
"""
    assert [text for _, text in spoken(source)] == ["x is down", "\N{LARGE RED CIRCLE}", "mrkdwn"]
