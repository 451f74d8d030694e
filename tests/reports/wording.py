"""Every text of reports and notices that is to be translated, as code and templates have it."""

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

from sla_engine import notices, reports
from sla_engine.slack.blocks import ACTIONS
from uptime_common import failure

FOLDER, NOTICES = Path(reports.__file__).parent, Path(notices.__file__).parent
_ONE, _MANY = {"phrase", "marked", "word", "_"}, {"counts", "plural"}

Text = str | tuple[str, str]


def texts() -> set[Text]:
    """Return the texts; those with a plural as two."""
    found: set[Text] = {*ACTIONS.values(), *failure.TEXTS}
    for path in sorted((*FOLDER.iterdir(), *NOTICES.iterdir())):
        if path.suffix == ".html":
            found |= set(_of_template(path.read_text(encoding="utf-8")))
        elif path.suffix == ".py":
            found |= set(_of_code(path.read_text(encoding="utf-8")))
    return found


def _of_code(text: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and node.args:
            func = node.func
            name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            one = _written(node.args[0])
            if name in _ONE and one:
                yield one
            elif name in _MANY and one:
                yield one, _written(node.args[1])


def _written(node: ast.expr) -> str:
    """Return a text that stands in the code; else nothing."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _of_template(text: str) -> Iterator[str]:
    for call in Environment(autoescape=True).parse(text).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_":
            [given] = call.args
            if isinstance(given, nodes.Const):
                yield str(given.value)
