"""Is it PromQL? Judged without a server, and refused only where there can be no doubt.

The parser is another project's, and its grammar may be older than that of Prometheus. What it does
not take is refused only where every PromQL from 2.42 on would refuse it: brackets and quotes that
do not close, an operator without an operand, samples of a range where a value must be and back.
All else is a warning.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, NamedTuple

from service_catalogue.counters import LONGEST
from uptime_common.document import Finding
from uptime_common.shown import shown

_FIELDS: Final = ("promql", "good", "total")
# Brackets in brackets that are parsed; `LONGEST` bounds chains of operators: the parser recurses,
# and a stack that overflows ends the process.
_DEEPEST: Final = 64
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_TOKEN: Final = re.compile(
    r"""\s+|\#[^\n]*|(?P<quoted>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)"""
    r"""|(?P<open_quote>["'`])|(?P<word>[\w:.]+)|(?P<sign>[()\[\]{}])|(?P<operator>\S)""",
    re.DOTALL,
)
_BETWEEN: Final = frozenset("*/%^=!<>~,")
_BEFORE: Final = _BETWEEN | {"+", "-", "@"}
_WORDS: Final = frozenset({"and", "or", "unless", "atan2"})
# After these a word is a name, whatever it is: `up == bool or` asks for a metric `or`.
_NAME_FOLLOWS: Final = _WORDS | {"bool", "group_left", "group_right"}
# No version takes samples of a range for a value, or a value for them.
_MIXED: Final = re.compile(
    r"expected type matrix in call to function|in call to function '\w+', got matrix"
    r"|binary expression must contain only scalar and instant vector types"
)

_ASKED: Final = re.compile(r"\s*(start|end)\s*\(")
_RANGE: Final = "is a range of samples, and not their value at a time: leave [...] out"
_NO_SERIES: Final = {
    "MatrixSelector": _RANGE,
    "SubqueryExpr": _RANGE,
    "StringLiteral": "is a text, and a service needs series",
    "NumberLiteral": "is a number, and a service needs series: vector(...) makes one",
}


class Doubt(NamedTuple):
    """What is to be said of an expression; a ``fatal`` one is no PromQL of any version."""

    text: str
    fatal: bool


def mistakes(data: Any, warnings: list[Finding] | None = None) -> Iterator[Finding]:
    """Yield what is wrong with the expressions of a catalogue: location, message.

    Args:
        data: the catalogue's plain data, of any shape.
        warnings: takes what may work all the same.
    """
    services = data.get("services") if isinstance(data, dict) else None
    for index, service in enumerate(services if isinstance(services, list) else ()):
        for field, expression in _expressions(service):
            where, doubt = ("services", index, "sli", field), doubt_of(expression)
            if doubt is not None and doubt.fatal:
                yield where, doubt.text
            elif doubt is not None and warnings is not None:
                warnings.append((where, doubt.text))
            elif field == "promql" and (text := no_state(expression)) is not None:
                yield where, text


def _expressions(service: Any) -> Iterator[tuple[str, str]]:
    """Yield the expressions of a service's plain data, each with its field."""
    sli = service.get("sli") if isinstance(service, dict) else None
    if isinstance(sli, dict):
        yield from ((field, sli[field]) for field in _FIELDS if isinstance(sli.get(field), str))


def doubt_of(expression: str) -> Doubt | None:
    """Return what is wrong with an expression, None where nothing is known to be."""
    shape, deepest = _shape(expression)
    if shape is not None:
        return Doubt(f"is no PromQL: {shape}", fatal=True)
    if not _parsable(expression, deepest):
        return None
    said = _parsed(expression)
    if said is None:
        return None
    if _MIXED.search(said):
        return Doubt(
            f"is no PromQL: {said} (matrix: samples of a range, such as x[5m])", fatal=True
        )
    hint = "check --prometheus.url=URL asks Prometheus"
    return Doubt(f"may be no PromQL, or newer than our parser: {said}; {hint}", fatal=False)


def no_state(expression: str) -> str | None:
    """Return why an expression has no value of its own at each time; None where it may have one.

    A value ``@ end()`` is that of the end of whatever is asked for: the same time, asked for in
    other pieces, would have another.
    """
    signs = (sign for sign in _TOKEN.finditer(expression) if sign.group() == "@")
    if any(_ASKED.match(expression, sign.end()) for sign in signs):
        return "is taken at the start or end of what is asked for, and not at each time of it"
    if not _parsable(expression, _shape(expression)[1]):
        return None
    try:
        tree = import_module("promql_parser").parse(expression)
    except (ImportError, ValueError):
        return None
    while type(tree).__name__ == "ParenExpr":
        tree = tree.expr
    return _NO_SERIES.get(type(tree).__name__)


def _parsable(expression: str, deepest: int) -> bool:
    return len(expression) <= LONGEST and deepest <= _DEEPEST


def _shape(expression: str) -> tuple[str | None, int]:
    """Return what no grammar takes, and how deep brackets stand in brackets."""
    opened: list[str] = []
    before, deepest, empty = "", 0, True
    for token in _TOKEN.finditer(expression):
        kind, text = token.lastgroup, token.group()
        if kind is None:
            continue
        if kind == "open_quote":
            return f"the quote in {shown(expression[token.start() :])} does not close", deepest
        if empty and text in _BETWEEN | {"@"}:
            return f"it begins with {text!r}", deepest
        if text in _PAIRS and kind == "sign":
            if not opened or opened.pop() != _PAIRS[text]:
                return f"{text!r} closes nothing: {_near(expression, token.start())}", deepest
        elif kind == "sign":
            opened.append(text)
            deepest = max(deepest, len(opened))
        before, empty = _last(before, text), False
    if opened:
        return f"{opened[-1]!r} does not close", deepest
    if empty:
        return "it is empty", deepest
    return _ending(before), deepest


def _last(before: str, text: str) -> str:
    """Return the last two tokens, of which the last may need what the one before is."""
    return f"{before.rpartition(' ')[2]} {text}"


def _ending(before: str) -> str | None:
    """Return what is wrong with the end of an expression, by its last two tokens."""
    previous, _, last = before.rpartition(" ")
    if last in _BEFORE:
        return f"nothing follows {last!r}"
    operand = previous[-1:] in {")", "]", "}"} or re.fullmatch(r"[\w:.]+", previous)
    if last.lower() in _WORDS and operand and previous.lower() not in _NAME_FOLLOWS:
        return f"nothing follows {last!r}"
    return None


def _near(expression: str, at: int) -> str:
    return shown(expression[max(0, at - 20) : at + 20])


def _parsed(expression: str) -> str | None:
    """Return the parser's complaint in one line, None without one."""
    try:
        parse = import_module("promql_parser").parse
    except ImportError:
        return None
    try:
        parse(expression)
    except Exception as error:  # noqa: BLE001 - a complaint, or a fault of the parser: both are said
        return " ".join(str(error).split()) or type(error).__name__
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # Rust's, which is no Exception
            raise
        return "our parser fails on it"
    return None
