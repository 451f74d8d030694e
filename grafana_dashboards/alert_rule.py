"""The alert rules of ``alert_rules/``, each taken apart into what can be drawn of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

import promql_parser as promql
import yaml

RULES = Path(__file__).parent.parent / "alert_rules"
_SAID = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "==": "at", "!=": "not"}
_OF_INSTANCES = re.compile(
    r"up|(?:instance:|node_|apt_|process_|prometheus_|alertmanager_|sla_exporter_|sla_engine_)"
    r"(?!service_failing)\S*"
)
_OF_SERVICES = re.compile(
    r"(?:service:|service_|sla_engine_service_failing|sla_figures_|sla_error_|ALERTS)\S*"
)
_FIRST_ID = 1000  # above the numbers that a page gives to its other panels


Kind = Literal["ratio", "seconds", "number"]


@dataclass(frozen=True)
class Condition:
    """A value that a rule looks at, and the limit that it must cross.

    A limit that differs by series is 1: the value is a share of it. A rule that fires wherever its
    expression has a series has no limit: the value is the expression. ``words`` say what crosses
    it ("above 90 %").
    """

    value: str
    limit: float | None
    kind: Kind
    words: str
    low_is_bad: bool = False


@dataclass(frozen=True)
class Rule:
    """An alert rule as its file has it; ``lasting`` is its ``for``, "" where it has none."""

    file: str
    group: str
    name: str
    severity: str
    expr: str
    lasting: str
    summary: str
    conditions: tuple[Condition, ...]

    @property
    def key(self) -> str:
        """Return what tells the rule from all others: one name may stand for two severities."""
        return f"{self.name} {self.severity}"

    @property
    def panel(self) -> int:
        """Return the number of its panel, which stays when rules before it come and go."""
        return _FIRST_ID + crc32(self.key.encode()) % 1_000_000_000

    @property
    def fires(self) -> str:
        """Return when it fires, in a few words."""
        said = " or ".join(dict.fromkeys(c.words for c in self.conditions))
        return f"{said} for {self.lasting}" if self.lasting else said


@cache
def rules() -> tuple[Rule, ...]:
    """Return every alert rule, in the order of the files, which are read once."""
    return tuple(_read())


def _read() -> Iterator[Rule]:
    for path in sorted(RULES.glob("*.rules.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            for written in group["rules"]:
                if "alert" in written:
                    yield _rule(path.name, group["name"], written)


def _rule(file: str, group: str, written: dict[str, Any]) -> Rule:
    return Rule(
        file,
        group,
        written["alert"],
        written["labels"]["severity"],
        written["expr"].strip(),
        written.get("for", ""),
        written.get("annotations", {}).get("summary", ""),
        tuple(dict.fromkeys(_conditions(promql.parse(written["expr"])))),
    )


def _conditions(tree: Any) -> Iterator[Condition]:
    """Yield the first comparison of each of the alternatives, of which one is enough."""
    for alternative in _alternatives(tree):
        comparison = _first(alternative)
        if comparison is None:
            yield Condition(chosen(alternative), None, "number", "whenever its expression holds")
        else:
            yield _compared(comparison)


def _compared(comparison: Any) -> Condition:
    sign, limit = str(comparison.op), _constant(comparison.rhs)
    value = chosen(comparison.lhs)
    if limit is None:
        written = (
            str(comparison).removeprefix(str(comparison.lhs)).removesuffix(str(comparison.rhs))
        )
        by = written.replace(sign, "/", 1).strip()
        share = f"({value}) {by} ({chosen(comparison.rhs)})"
        return Condition(share, 1, "ratio", f"{_SAID[sign]} its limit")
    kind = _kind(value)
    low = sign in {"<", "<="} or (sign, limit) == ("==", 0)
    return Condition(value, limit, kind, f"{_SAID[sign]} {_said(limit, kind)}", low)


def _kind(value: str) -> Kind:
    """Return what the figures of an expression are, by its shape and its metrics' names."""
    ratio = r":ratio|_per_cpu|sla_coverage|remaining|mode=\"steal\"|_success\{.*location|\) / "
    if re.search(ratio, value) and "_per_cpu" not in value:
        return "ratio"
    seconds = r"\btime\(\)|_seconds(?!_total)\b"
    return "seconds" if re.search(seconds, value) else "number"


def _said(limit: float, kind: Kind) -> str:
    if kind == "ratio":
        return f"{100 * limit:g} %"
    if kind == "seconds":
        for unit, span in (("days", 86_400), ("h", 3600), ("min", 60)):
            if limit >= span and limit % (span / 2) == 0:
                return f"{limit / span:g} {unit}"
        return f"{limit:g} s"
    return f"{limit:g}"


def _alternatives(tree: Any) -> Iterator[Any]:
    if isinstance(tree, promql.ParenExpr):
        yield from _alternatives(tree.expr)
    elif isinstance(tree, promql.BinaryExpr) and str(tree.op) == "or":
        yield from _alternatives(tree.lhs)
        yield from _alternatives(tree.rhs)
    else:
        yield tree


def _first(tree: Any) -> Any:
    """Return the comparison that the left end of an expression stands on, if there is one."""
    if isinstance(tree, promql.ParenExpr | promql.AggregateExpr):
        return _first(tree.expr)
    if isinstance(tree, promql.BinaryExpr):
        return tree if str(tree.op) in _SAID else _first(tree.lhs)
    if isinstance(tree, promql.Call) and tree.args and str(tree.func.name).startswith("label_"):
        return _first(tree.args[0])
    return None


def _constant(tree: Any) -> float | None:
    """Return the value of a number, or of a product or sum of numbers."""
    if isinstance(tree, promql.NumberLiteral):
        return float(tree.val)
    if not isinstance(tree, promql.BinaryExpr) or str(tree.op) not in {"*", "+"}:
        return None
    left, right = _constant(tree.lhs), _constant(tree.rhs)
    if left is None or right is None:
        return None
    return left * right if str(tree.op) == "*" else left + right


def chosen(tree: Any) -> str:
    """Return an expression that reads only the services or instances that the reader chose."""
    text = str(tree).replace("{}", "")
    for name in sorted({s.name for s in _selectors(tree)} - {None}, key=len, reverse=True):
        matcher = _matcher(name)
        if matcher:
            found = re.compile(rf"(?<![\w:]){re.escape(name)}(?![\w:])(?:\{{([^}}]*)\}})?")
            text = found.sub(partial(_limited, name, matcher), text)
    return text


def _limited(name: str, matcher: str, found: re.Match[str]) -> str:
    return f"{name}{{{matcher}, {found[1]}}}" if found[1] else f"{name}{{{matcher}}}"


def _matcher(name: str) -> str:
    if _OF_SERVICES.fullmatch(name):
        return 'service=~"$service"'
    return 'instance=~"$instance"' if _OF_INSTANCES.fullmatch(name) else ""


def _selectors(tree: Any) -> Iterator[Any]:
    """Yield the selectors of which the labels of the answer come."""
    if isinstance(tree, promql.VectorSelector):
        yield tree
    elif isinstance(tree, promql.MatrixSelector):
        yield tree.vector_selector
    elif isinstance(tree, promql.BinaryExpr):
        yield from _selectors(tree.lhs)
        if str(tree.op) not in {"and", "unless"}:
            yield from _selectors(tree.rhs)
    elif isinstance(tree, promql.Call):
        for argument in tree.args:
            yield from _selectors(argument)
    elif hasattr(tree, "expr"):
        yield from _selectors(tree.expr)
