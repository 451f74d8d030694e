"""What each key of services.yml means: the text under its field, read when somebody asks.

pydantic can read these texts, too, but does so at every start, which would take twice as long.
"""

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise

_OWN = __name__.partition(".")[0]


@cache
def meanings(model: type) -> dict[str, str]:
    """Return what each field of a model means, those that it inherits too, as Markdown."""
    own = [one for one in reversed(model.__mro__) if one.__module__.partition(".")[0] == _OWN]
    found: dict[str, str] = {}
    for one in own:
        found |= _of_module(one.__module__).get(one.__name__, {})
    return found


def plain(text: str) -> str:
    """Return a docstring's words as one line of Markdown or, empty lines kept, several of them."""
    paragraphs = inspect.cleandoc(text).replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


@cache
def _of_module(name: str) -> dict[str, dict[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_of_fields(node)) for node in classes}


def _of_fields(node: ast.ClassDef) -> list[tuple[str, str]]:
    found = []
    for field, text in pairwise(node.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match text:
                case ast.Expr(value=ast.Constant(value=str() as said)):
                    found.append((field.target.id, plain(said)))
                case _:
                    pass
    return found
