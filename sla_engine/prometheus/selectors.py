"""Which series an expression reads: the selectors in it."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from service_catalogue.counters import LONGEST
from sla_engine.prometheus.promql import is_selector
from sla_engine.prometheus.syntax import doubt_of

_INSIDE = ("expr", "lhs", "rhs", "param")


def selectors(expression: str) -> tuple[str, ...]:
    """Return the selectors that an expression reads, without ranges and offsets; sorted.

    Empty where it reads none, or is not what our parser reads.
    """
    if is_selector(expression):
        return (expression.strip(),)
    if len(expression) > LONGEST or doubt_of(expression) is not None:
        return ()
    tree = import_module("promql_parser").parse(expression)
    return tuple(sorted(set(_found(tree))))


def reads_nothing(tree: Any) -> bool:
    """Say whether a parsed expression reads no series: what it says is made up."""
    return next(_found(tree), None) is None


def _found(tree: Any) -> Iterator[str]:
    """Yield the selectors of a tree, which may be deeper than Python's own stack."""
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        kind = type(node).__name__
        if kind == "VectorSelector":
            yield f"{node.name or ''}{node.matchers}"
        elif kind == "MatrixSelector":
            nodes.append(node.vector_selector)
        elif kind == "Call":
            nodes.extend(node.args)
        else:
            parts = (getattr(node, name, None) for name in _INSIDE)
            nodes.extend(part for part in parts if part is not None)
