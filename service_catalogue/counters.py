"""What an expression of events counts: the selectors of counters inside it.

People write an SLI as Sloth, Pyrra and OpenSLO do, as rates of counters. The range and the
function of such an expression say how a graph is drawn, not how many events there were: these are
counted sample by sample. So the selectors are read out of it, and what is more than a sum of
counters is refused, with what to write instead.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

from service_catalogue.counter_names import check_name, may_be_buckets
from uptime_common.shown import shown

LONGEST: Final = 4000
"""How long an expression may be: the parser takes its stack from its input."""
_MOST_BRACKETS: Final = 200
_MOST_PARTS: Final = 100

_STATE = "a state belongs into sli.promql"
_RATIO = "give its two sides as sli.good (or sli.errors) and sli.total"
_OPERATORS: Final = {
    "/": f"is a ratio: {_RATIO}",
    "*": "has a factor: leave it out on both sides, as only the relation of the counters matters",
    "and": "is limited by other series: write that as labels inside the selector",
    "unless": "is limited by other series: write that as labels inside the selector",
    "or": "takes one series or another: add both with +, or write one selector for both",
}
_REFUSED: Final = {
    "MatrixSelector": "is a range of samples: leave [...] out, or write rate(...) around it",
    "SubqueryExpr": "has a subquery, whose steps are no samples: write the selector itself",
    "UnaryExpr": "has a sign before it: counters can be added, or one taken off another",
}
_WRAPPERS: Final = ("rate", "increase", "irate")
_GAUGES: Final = ("delta", "idelta", "deriv", "predict_linear", "changes", "resets")


class UnreadableError(ValueError):
    """An expression is more than counters, added or taken off; the text says what to write."""


class Counters(NamedTuple):
    """Selectors of counters whose increases are added, and those whose are taken off."""

    added: tuple[str, ...]
    taken: tuple[str, ...] = ()


class _Part(NamedTuple):
    """Counters, and what their series keep apart: None all labels, else the grouping of a sum."""

    counters: Counters
    grouping: tuple[str, ...] | None
    names: frozenset[str]
    buckets: bool


@lru_cache(4096)
def read_counters(text: str) -> Counters:
    """Return the counters that an expression is made of.

    Read are selectors, `rate`, `increase` and `irate` of them, `sum` with any grouping, sums and
    differences of these, and `or vector(0)`, because what is not there counts nothing anyway.

    Raises:
        UnreadableError: it is anything else.
    """
    if len(text) > LONGEST or text.count("(") > _MOST_BRACKETS:
        raise UnreadableError(f"is longer than {LONGEST} characters or has too many brackets")
    from promql_parser import parse  # noqa: PLC0415 - catalogues without events need none

    try:
        tree = parse(text)
    except ValueError as error:
        raise UnreadableError(f"cannot be read: {_why(text, error)}") from None
    return _read(tree, 0).counters


def counted_by(text: str) -> str:
    """Return the text of an expression that can be read; see `read_counters`.

    Raises:
        UnreadableError: it cannot.
    """
    read_counters(text)
    return text


def _why(text: str, error: ValueError) -> str:
    if "{{" in text or "[$" in text:
        return "it holds a template; write a range such as [5m] for it, of any length"
    if "`" in text and "escape" in str(error):
        return 'backslashes within `...` are not read; write "..." with each of them doubled'
    return " ".join(str(error).split())[:200]


def _read(node: Any, depth: int) -> _Part:
    if depth > _MOST_PARTS:
        raise UnreadableError(f"has more than {_MOST_PARTS} parts, one within the other")
    reader = _READERS.get(type(node).__name__)
    if reader is None:
        kind = type(node).__name__
        raise UnreadableError(_REFUSED.get(kind, "is a number or a text, and no counter"))
    return reader(node, depth + 1)


def _paren(node: Any, depth: int) -> _Part:
    return _read(node.expr, depth)


def _sum(node: Any, depth: int) -> _Part:
    name = str(node.op)
    if name in ("count", "group", "count_values"):
        raise UnreadableError(f"counts series by {name}, not events: {_STATE}")
    if name != "sum":
        raise UnreadableError(f"has {name}(...): only sum(...) keeps all events")
    found = _read(node.expr, depth)
    by = node.modifier
    kind = () if by is None else (str(by.type), *sorted(by.labels))
    return found._replace(grouping=kind)


def _call(node: Any, depth: int) -> _Part:
    name, arguments = node.func.name, node.args
    if name in _WRAPPERS:
        return _rate(arguments[0], depth)
    if name in ("label_replace", "label_join"):
        return _read(arguments[0], depth)
    if name == "clamp_min" and _is_number(arguments[1], 0):
        return _read(arguments[0], depth)
    _check_native(node)
    if name.endswith("_over_time") or name in _GAUGES:
        raise UnreadableError(
            f"has {name}(...), which is for gauges; events are counters: {_STATE}"
        )
    raise UnreadableError(f"has {name}(...): only rate, increase and sum of counters can be read")


def _check_native(node: Any) -> None:
    if type(node).__name__ == "Call" and node.func.name == "histogram_quantile":
        promised = "{below: 300ms, percentile: 95, histogram: NAME_bucket} of the service"
        counted = 'NAME_bucket{le="0.3"} of NAME_count'
        raise UnreadableError(
            f"has histogram_quantile(...), a percentile, which counts nothing: give latency "
            f"{promised}, or count what is below the limit, such as {counted}"
        )
    if type(node).__name__ == "Call" and node.func.name.startswith("histogram_"):
        message = f"has {node.func.name}(...) of a native histogram, which is not read"
        classic = 'take the classic one, such as NAME_bucket{le="0.3"} of NAME_count'
        raise UnreadableError(f"{message}: {classic}, or a share of it in sli.promql")


def _rate(argument: Any, depth: int) -> _Part:
    if type(argument).__name__ != "MatrixSelector":
        raise UnreadableError(_REFUSED["SubqueryExpr"])
    return _selector(argument.vector_selector, depth)


def _binary(node: Any, depth: int) -> _Part:
    sign = str(node.op)
    if sign == "or" and _is_zero(node.rhs):
        return _read(node.lhs, depth)
    if sign not in "+-":
        _check_native(node.lhs)
        hint = _OPERATORS.get(sign, f"is a condition or arithmetic ({sign}): {_STATE}")
        raise UnreadableError(hint)
    if "NumberLiteral" in (type(node.lhs).__name__, type(node.rhs).__name__):
        raise UnreadableError(f"has a number beside {sign}: it is a ratio, or no counter; {_RATIO}")
    left, right = _read(node.lhs, depth), _read(node.rhs, depth)
    _check_match(node, left, right)
    (added, taken), other = left.counters, right.counters
    if sign == "-":
        other = Counters(other.taken, other.added)
    return _Part(
        Counters((*added, *other.added), (*taken, *other.taken)),
        left.grouping,
        left.names | right.names,
        left.buckets or right.buckets,
    )


def _check_match(node: Any, left: _Part, right: _Part) -> None:
    """Refuse operands whose series could not find each other in Prometheus."""
    how = node.modifier
    if left.grouping != right.grouping:
        message = f"has different groupings beside {node.op}: write sum(...) around each side"
        raise UnreadableError(message)
    if how is not None and str(how.card) not in _ONE_TO_ONE:
        message = "matches many series to one: write sum(...) around each side"
        raise UnreadableError(message)
    matched = how is not None and how.matching is not None
    alike = left.names & right.names or left.buckets != right.buckets
    if left.grouping is None and not matched and alike:
        message = (
            f"has series beside {node.op} that differ in a label, so that none finds its other"
        )
        raise UnreadableError(f"{message}: write sum(...) around each side")


_ONE_TO_ONE = ("VectorMatchCardinality.OneToOne", "None")


def _selector(node: Any, _depth: int) -> _Part:
    if node.offset is not None or node.at is not None:
        raise UnreadableError("is shifted by offset or @: events count when they happen")
    if node.matchers.or_matchers:
        raise UnreadableError("has `or` between labels, which Prometheus does not know")
    matchers = [(_signs()[str(m.op)], m.name, m.value) for m in node.matchers.matchers]
    names = _names(node.name, matchers)
    buckets = any(label == "le" for _, label, _ in matchers)
    for name in names:
        if message := check_name(name):
            raise UnreadableError(message)
    if any(label == "quantile" for _, label, _ in matchers):
        raise UnreadableError(
            "has a percentile of a summary, which counts nothing: take NAME_count"
        )
    if edged := next(filter(may_be_buckets, names), None):
        matchers = [m if m[1] != "le" else _one_bucket(m) for m in matchers]
        if not buckets:
            raise UnreadableError(f'has {edged} without le="...": each event is in many buckets')
    known = frozenset(names)
    return _Part(Counters((_written(node.name, matchers),)), None, known, buckets)


def _names(name: str | None, matchers: list["Matcher"]) -> list[str]:
    """Return the names that a selector's series may have: of a pattern its alternatives."""
    if name is not None:
        return [name]
    named = [(sign, value) for sign, label, value in matchers if label == "__name__"]
    exact = [value for sign, value in named if sign == "="]
    patterns = [value for sign, value in named if sign == "=~"]
    if not exact and not patterns:
        raise UnreadableError("names no counter, so that everything with these labels would count")
    return exact or patterns[0].split("|")


Matcher = tuple[str, str, str]


def _one_bucket(matcher: Matcher) -> Matcher:
    """Return the matcher of one bucket, as Prometheus 2 (le="1") and 3 (le="1.0") write it."""
    sign, label, value = matcher
    plain = value.replace("(\\.0)?", "").replace("\\.", ".").replace("\\+", "+")
    edges = plain.split("|") if sign == "=~" else [value]
    try:
        found = {float(edge) for edge in edges}
    except ValueError:
        found = set()
    if sign not in ("=", "=~") or len(found) != 1 or "nan" in plain.lower():
        message = f'has le{sign}{shown(value)}: name one bucket, such as le="0.3"'
        raise UnreadableError(message)
    ways = list(dict.fromkeys((*edges, *_ways(found.pop()))))
    if len(ways) == 1:
        return ("=", label, ways[0])
    return ("=~", label, "|".join(way.replace(".", "\\.").replace("+", "\\+") for way in ways))


def _ways(edge: float) -> list[str]:
    """Return how clients and Prometheus write a bucket's edge; from a million on as a power."""
    if edge in (float("inf"), float("-inf")):
        return ["+Inf" if edge > 0 else "-Inf"]
    found = [f"{edge:.0f}", f"{edge:.1f}"] if edge.is_integer() else []
    mantissa, _, power = f"{Decimal(repr(edge)).normalize():e}".partition("e")
    if -5 < int(power) < 6:  # noqa: PLR2004 - as strconv's 'g' does
        return found or [repr(edge)]
    return [*found, f"{mantissa}e{int(power):+03d}"]


def _written(name: str | None, matchers: list[Matcher]) -> str:
    """Return a selector as PromQL writes it."""
    inside = ",".join(f"{_label(label)}{sign}{_quoted(text)}" for sign, label, text in matchers)
    return f"{name or ''}{{{inside}}}" if inside else name or ""


def _label(name: str) -> str:
    plain = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()
    return name if plain else _quoted(name)


_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(letter, letter) for letter in text) + '"'


def _is_number(node: Any, value: float) -> bool:
    return type(node).__name__ == "NumberLiteral" and bool(node.val == value)


def _is_zero(node: Any) -> bool:
    """Say whether it is `vector(0)`, or anything times 0."""
    kind = type(node).__name__
    if kind == "ParenExpr":
        return _is_zero(node.expr)
    if kind == "Call":
        return node.func.name == "vector" and _is_number(node.args[0], 0)
    if kind == "BinaryExpr" and str(node.op) == "*":
        return _is_number(node.lhs, 0) or _is_number(node.rhs, 0)
    return False


@lru_cache(1)
def _signs() -> dict[str, str]:
    """Return how the parser's operators are written."""
    return {
        "MatchOp.Equal": "=",
        "MatchOp.NotEqual": "!=",
        "MatchOp.Re": "=~",
        "MatchOp.NotRe": "!~",
    }


_READERS: Final[dict[str, Callable[[Any, int], _Part]]] = {
    "AggregateExpr": _sum,
    "BinaryExpr": _binary,
    "Call": _call,
    "ParenExpr": _paren,
    "VectorSelector": _selector,
}
