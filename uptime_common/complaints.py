"""What is wrong with a document in words: the parser's and pydantic's, with hints for slips."""

import difflib
import re
from datetime import date
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from uptime_common.schema_keys import valid_keys
from uptime_common.shown import shown

_NEAR = 64  # characters of a word that are worth comparing
_COMMENT = re.compile(r"[\[{,\s](#\w[^\s\]},]*)")
_BACK = 50  # lines before a mistake in which its cause is looked for
# Words of one meaning that are written differently, and look like something else.
_MEANT = {
    "target": ("url",),
    "host": ("target", "url"),
    "hostname": ("target", "url"),
    "address": ("target", "url"),
    "url": ("target",),
    "uri": ("url", "target"),
    "endpoint": ("url", "target"),
    "slo": ("objective",),
    "sla": ("objective",),
    "availability": ("objective",),
    "hours": ("weekly",),
    "every": ("interval",),
    "period": ("interval", "window"),
    "dependencies": ("depends_on",),
    "team": ("owner",),
}
_HINTS = (
    ("'\\t'", "YAML is indented by spaces, not by tabs"),
    ("'%'", "quote text that begins with %; {% ... %} is a template that was not rendered"),
    ("'@'", "quote text that begins with @"),
    ("'`'", "quote text that begins with `"),
    ("mapping values are not allowed", "quote text that holds a colon and a space"),
)


def complaint(error: ErrorDetails, raw: str | None, model: type[BaseModel]) -> str:
    """Return pydantic's error in our words; ``raw`` is a scalar as written, if it is not text."""
    context, given = error.get("ctx", {}), error["input"]
    match error["type"]:
        case "extra_forbidden":
            message = _unknown_key(str(error["loc"][-1]), valid_keys(model, error["loc"][:-1]))
        case "missing":
            message = f"{error['loc'][-1]!r} is required"
        case "value_error":
            message = str(context["error"])
        case "model_type" | "model_attributes_type" | "dict_type":
            message = "must be a mapping"
        case "tuple_type" | "list_type":
            message = _not_a_list(given, raw)
        case "float_parsing" | "int_parsing":
            such = "12" if error["type"] == "int_parsing" else "12.5"
            message = f"{shown(given)} is not a number such as {such}: no unit, no comma"
        case "string_type":
            message = _not_text(given, raw)
        case "union_tag_invalid" | "literal_error":
            valid = context.get("expected_tags") or context["expected"]
            message = _not_one_of(context.get("tag", given), str(valid))
        case "union_tag_not_found":
            message = f"{context['discriminator']} is required"
        case _:
            message = error["msg"][:1].lower() + error["msg"][1:]
    return message


def syntax_complaint(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """Return the line of what is no YAML, and what is wrong there."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return 1, str(error)
    mark = error.problem_mark or error.context_mark
    message = error.problem or error.context or "not valid YAML"
    hint = next((hint for sign, hint in _HINTS if sign in message), None)
    if hint is None and mark is not None:
        hint = _swallowed(text.split("\n")[: mark.line + 1])
    return mark.line + 1 if mark else 1, f"{message}; {hint}" if hint else message


def _swallowed(lines: list[str]) -> str | None:
    """Return a hint at a comment that swallowed the end of a bracket, the last one."""
    for number in range(len(lines), max(0, len(lines) - _BACK), -1):
        line = lines[number - 1]
        comment = _COMMENT.search(line)
        if comment and any(sign in line[: comment.start(1)] for sign in "[{"):
            return f"{shown(comment[1])[1:-1]} in line {number} begins a comment; quote it"
    return None


def _unknown_key(key: str, valid: list[str]) -> str:
    near = next((word for word in _MEANT.get(key.lower(), ()) if word in valid), None)
    near = near or _nearest(key, valid)
    hint = f"did you mean {near!r}? " if near else ""
    return f"is not a known key; {hint}valid: {', '.join(valid)}"


def _not_one_of(given: Any, valid: str) -> str:
    near = _nearest(given, re.findall(r"'([^']+)'", valid)) if isinstance(given, str) else None
    return f"{shown(given)} is not one of {valid}" + (f"; did you mean {near!r}?" if near else "")


def _nearest(word: str, valid: list[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word[:_NEAR].lower(), valid, n=1)), None)


def _not_a_list(given: Any, raw: str | None) -> str:
    if isinstance(given, str):
        return f"must be a list, such as [{shown(given)[1:-1]}]"
    if raw:
        return f"must be a list, such as [{shown(raw)[1:-1]}]"
    return "must be a list, each entry of which begins with '- '"


def _not_text(given: Any, raw: str | None) -> str:
    if given is None:
        return "is empty; it must be text"
    if raw is None or not isinstance(given, bool | int | float | date):
        return "must be text"
    kind = "a date" if isinstance(given, date) else "a number"
    if isinstance(given, bool):
        kind = "yes or no"
    return f'must be text, and YAML reads {kind} here; quote it: "{shown(raw)[1:-1]}"'
