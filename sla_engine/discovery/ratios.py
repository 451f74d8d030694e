"""The share of failed events, as recording rules have it -> the counters that it is made of."""

from importlib import import_module
from typing import Any, NamedTuple

from sla_engine.discovery.naming import quoted
from sla_engine.prometheus.syntax import doubt_of

_NEGATED = {
    "MatchOp.Equal": "!=",
    "MatchOp.NotEqual": "=",
    "MatchOp.Re": "!~",
    "MatchOp.NotRe": "=~",
}
_WRITTEN = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}

_LONGEST = 16_384

Matchers = frozenset[tuple[str, str, str]]


class Counters(NamedTuple):
    """Selectors of the good events and of all."""

    good: str
    total: str


class _Selector(NamedTuple):
    name: str
    matchers: Matchers

    def __str__(self) -> str:
        inside = ",".join(f"{n}{_WRITTEN[op]}{quoted(v)}" for n, op, v in sorted(self.matchers))
        return f"{self.name}{{{inside}}}"


def counters(expression: str) -> Counters | None:
    """Return the counters of a share of failed events; None where it is of another form.

    Read are ``failed / total`` where the failed ones are selected by one more matcher,
    ``1 - good / total`` and ``(total - good) / total``, of sums of rates.
    """
    if len(expression) > _LONGEST or doubt_of(expression) is not None:
        return None
    tree = _bare(import_module("promql_parser").parse(expression))
    divided = _binary(tree, "/")
    if divided is None:
        one_less = _binary(tree, "-")
        inner = _binary(one_less[1], "/") if one_less and _is_one(one_less[0]) else None
        return _good(inner[0], inner[1]) if inner else None
    failed, total = divided
    difference = _binary(failed, "-")
    if difference is not None:
        whole, good = difference
        return _good(good, total) if _summed(whole) == _summed(total) else None
    return _failed(failed, total)


def _good(good: Any, total: Any) -> Counters | None:
    first, second = _summed(good), _summed(total)
    return Counters(str(first), str(second)) if first and second else None


def _failed(failed: Any, total: Any) -> Counters | None:
    bad, every = _summed(failed), _summed(total)
    if bad is None or every is None or bad.name != every.name:
        return None
    more = bad.matchers - every.matchers
    if len(more) != 1 or not every.matchers <= bad.matchers:
        return None
    [(name, operator, value)] = more
    inside = str(every)[:-1] + ("," if every.matchers else "")
    return Counters(f"{inside}{name}{_NEGATED[operator]}{quoted(value)}}}", str(every))


def _bare(tree: Any) -> Any:
    while type(tree).__name__ == "ParenExpr":
        tree = tree.expr
    return tree


def _binary(tree: Any, operator: str) -> tuple[Any, Any] | None:
    tree = _bare(tree)
    if type(tree).__name__ != "BinaryExpr" or str(tree.op) != operator or tree.modifier:
        return None
    return _bare(tree.lhs), _bare(tree.rhs)


def _is_one(tree: Any) -> bool:
    return type(tree).__name__ == "NumberLiteral" and tree.val == 1


def _summed(tree: Any) -> _Selector | None:
    """Return the selector in ``sum(rate(SELECTOR[5m]))`` or ``sum(increase(...))``."""
    tree = _bare(tree)
    if type(tree).__name__ != "AggregateExpr" or str(tree.op) != "sum" or tree.modifier:
        return None
    call = _bare(tree.expr)
    if type(call).__name__ != "Call" or call.func.name not in {"rate", "increase"}:
        return None
    selected = call.args[0]
    if type(selected).__name__ != "MatrixSelector":
        return None
    vector = selected.vector_selector
    if vector.offset or vector.at or vector.matchers.or_matchers or not vector.name:
        return None
    found = frozenset((m.name, str(m.op), m.value) for m in vector.matchers.matchers)
    return _Selector(vector.name, found)
