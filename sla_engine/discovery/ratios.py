"""The share of failed events, as recording rules have it -> the counters that it is made of."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from service_catalogue.counters import LONGEST, UnreadableError, read_counters
from sla_engine.prometheus.syntax import doubt_of


def counters(expression: str) -> Mapping[str, str] | None:
    """Return ``errors`` and ``total``, or ``good`` and ``total``, of a share of failed events.

    Read are ``errors / total`` and ``1 - good / total`` of whatever the catalogue reads as
    counters; None where it is of another form.
    """
    if len(expression) > LONGEST or doubt_of(expression) is not None:
        return None
    tree = _bare(import_module("promql_parser").parse(expression))
    divided, name = _sides(tree, "/"), "errors"
    if divided is None:
        less = _sides(tree, "-")
        divided, name = (_sides(less[1], "/"), "good") if less and _is_one(less[0]) else (None, "")
    if divided is None:
        return None
    part, total = map(str, divided)
    try:
        read_counters(part)
        read_counters(total)
    except UnreadableError:
        return None
    return {name: part, "total": total}


def _bare(tree: Any) -> Any:
    while type(tree).__name__ == "ParenExpr":
        tree = tree.expr
    return tree


def _sides(tree: Any, operator: str) -> tuple[Any, Any] | None:
    """Return both sides of an operator that joins them by their labels alone."""
    tree = _bare(tree)
    if type(tree).__name__ != "BinaryExpr" or str(tree.op) != operator or tree.modifier:
        return None
    return _bare(tree.lhs), _bare(tree.rhs)


def _is_one(tree: Any) -> bool:
    return type(tree).__name__ == "NumberLiteral" and tree.val == 1
