"""What stands in for series that are not there, and must contradict none that are."""

import re
from functools import lru_cache
from importlib import import_module
from typing import Any

from sla_engine.prometheus.promql import STRING, bracketed
from sla_engine.prometheus.selectors import reads_nothing
from sla_engine.prometheus.syntax import doubt_of

_OR = re.compile(rf"(?:{STRING}|#[^\n]*)|(\bor\b)", re.IGNORECASE)


@lru_cache(4096)
def with_default(expression: str) -> str:
    """Return an expression in which a default counts only while it is alone.

    ``X or vector(0)`` means that 0 stands in for an X that is not there; PromQL keeps it beside
    every X that has labels, where it would contradict X for ever. So a series without labels is
    taken, and a side of the last ``or`` that reads no series, whatever labels it is given.
    """
    if not any(found.group(1) for found in _OR.finditer(expression)):
        return expression
    text = bracketed(_alone(expression) or expression)
    return f"({text} unless vector(1)) or on () {text}"


def _alone(expression: str) -> str | None:
    """Return an expression whose constant side is there only without the other; None of others."""
    if "label_" not in expression or doubt_of(expression) is not None:
        return None  # what is made up has no labels of itself
    tree = import_module("promql_parser").parse(expression)
    while type(tree).__name__ == "ParenExpr":
        tree = tree.expr
    if not _is_or(tree):
        return None
    left, right = f"({tree.lhs})", f"({tree.rhs})"
    constant = reads_nothing(tree.lhs), reads_nothing(tree.rhs)
    if constant == (False, True):
        return f"{left} or ({right} unless on () {left})"
    if constant == (True, False):
        return f"({left} unless on () {right}) or {right}"
    return None


def _is_or(tree: Any) -> bool:
    return type(tree).__name__ == "BinaryExpr" and str(tree.op) == "or" and _matches_all(tree)


def _matches_all(tree: Any) -> bool:
    return tree.modifier is None or tree.modifier.matching is None
