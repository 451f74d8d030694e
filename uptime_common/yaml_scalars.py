"""Scalars of YAML as plain values: as PyYAML reads them, but nothing surprising in silence.

YAML 1.1 reads ``22:30`` as 1350 and ``012`` as 10; other readers do not. Both are refused.
"""

import math
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

import yaml

from uptime_common.shown import shown

Scalar = str | int | float | bool | date | None

PREFIX = "tag:yaml.org,2002:"
MERGE = PREFIX + "merge"
_STR = PREFIX + "str"
_RESOLVERS: dict[str, Any] = yaml.SafeLoader.yaml_implicit_resolvers
_BOOLS = yaml.SafeLoader.bool_values
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_MOST_DIGITS = 20
_LARGEST = 2**63


class ScalarError(ValueError):
    """A scalar that has no value, or more than one."""


@lru_cache(4096)
def tag_of(text: str) -> str:
    """Return the tag that YAML 1.1 gives to text without quotes."""
    for tag, pattern in _RESOLVERS.get(text[:1], ()):
        if pattern.match(text):
            return str(tag)
    return _STR


def plain(text: str) -> Scalar:
    """Return the value of text without quotes.

    Raises:
        ScalarError: it names a time that does not exist, a number out of range or of two readings.
    """
    read = _READERS.get(tag_of(text))
    return text if read is None else read(text)


def tagged(tag: str, text: str) -> Scalar:
    """Return the value of text with an explicit tag.

    Raises:
        ScalarError: the tag is not known here, or the text is not of it.
    """
    if tag == _STR:
        return text
    read = _READERS.get(tag)
    if read is None:
        valid = ", ".join(f"!!{name.removeprefix(PREFIX)}" for name in (_STR, *_READERS))
        raise ScalarError(f"tag {shown_tag(tag)} is not taken here; valid: {valid}")
    found = tag_of(text)
    if found == tag or (tag == PREFIX + "float" and found == PREFIX + "int"):
        return read(text)
    raise ScalarError(f"{shown(text)} is not what its tag {shown_tag(tag)} says")


def shown_tag(tag: str) -> str:
    """Return a tag as documents write it."""
    return shown("!!" + tag.removeprefix(PREFIX) if tag.startswith(PREFIX) else tag)[1:-1]


def _int(text: str) -> int:
    digits = text.replace("_", "").lstrip("+-")
    if ":" in digits:
        raise ScalarError(_sexagesimal(text))
    if len(digits) > _MOST_DIGITS:
        raise ScalarError(f"a number of {len(digits)} digits is out of range")
    if len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567":
        raise ScalarError(f"{text} may mean {int(digits, 8)} (octal) or {int(digits)}; write which")
    if digits in {"0b", "0x"}:
        raise ScalarError(f"{text} is not a number")
    value = int(digits, 0) * (-1 if text.startswith("-") else 1)
    if not -_LARGEST <= value < _LARGEST:
        raise ScalarError(f"{value} is out of range")
    return value


def _sexagesimal(text: str) -> str:
    return f'{shown(text)[1:-1]} is read in base 60 by YAML; quote it: "{shown(text)[1:-1]}"'


def _float(text: str) -> float:
    digits = text.replace("_", "").lower()
    if ":" in digits:
        raise ScalarError(_sexagesimal(text))
    unsigned = digits.lstrip("+-")
    value = math.nan if unsigned in {".inf", ".nan"} else float(digits)
    if not math.isfinite(value):
        raise ScalarError(f"{shown(text)} is not a finite number")
    return value


def _timestamp(text: str) -> date:
    try:
        moment: date = _CONSTRUCTOR.construct_yaml_timestamp(yaml.ScalarNode(_STR, text))
    except ValueError as error:
        raise ScalarError(f"{shown(text)} does not exist: {error}") from error
    return moment


_READERS: dict[str, Callable[[str], Scalar]] = {
    PREFIX + "null": lambda _text: None,
    PREFIX + "bool": lambda text: _BOOLS[text.lower()],
    PREFIX + "int": _int,
    PREFIX + "float": _float,
    PREFIX + "timestamp": _timestamp,
}
