"""What a part of a JSON Schema takes, in the words of a table."""

from typing import Any

_FORMATS = {"date-time": "time", "date": "date", "path": "file"}
_BOUNDS = {
    "minimum": "{} or more",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
}


def value_of(part: dict[str, Any], links: dict[str, str]) -> str:
    """Return what may be written; ``links`` are those of the models, by name."""
    if "$ref" in part:
        return links[part["$ref"].rpartition("/")[2]]
    for several in ("anyOf", "oneOf"):
        if several in part:
            return _either(part[several], links)
    if "const" in part or "enum" in part:
        return ", ".join(f"`{one}`" for one in part.get("enum", [part.get("const")]))
    kinds = part.get("type", "any")
    if kinds == "array":
        return f"list of: {value_of(part['items'], links)}"
    if kinds == "object":
        (inside,) = part.get("patternProperties", {"": part.get("additionalProperties")}).values()
        return f"by name: {value_of(inside, links)}"
    return _simple(part, kinds)


def _either(parts: list[dict[str, Any]], links: dict[str, str]) -> str:
    ways = [value_of(one, links) for one in parts if one.get("type") != "null"]
    if {"text", "number", "`true` or `false`"} <= set(ways):
        return "any value"
    return " or ".join(dict.fromkeys(ways))


def _simple(part: dict[str, Any], kind: Any) -> str:
    if "unit" in part:
        bounds = [text.format(_number(part[key])) for key, text in _BOUNDS.items() if key in part]
        return ", ".join([part["unit"], *bounds])
    if kind == "boolean":
        return "`true` or `false`"
    if kind == "string" and "a-z0-9](" in part.get("pattern", ""):
        return "id"
    if kind in ("integer", "number"):
        return "number"
    like = "".join(f", such as `{one}`" for one in part.get("examples", ())[:1])
    return _FORMATS.get(part.get("format", ""), "text") + like


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"


def default_of(part: dict[str, Any]) -> str:
    """Return the default, empty where there is none."""
    default = part.get("default")
    if default in (None, [], "") or isinstance(default, dict):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        return ", ".join(f"`{one}`" for one in default)
    return f"`{default}`"
