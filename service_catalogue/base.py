"""The types that the catalogue's models are made of."""

import re
from datetime import tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from uptime_common.duration import parse_duration

_ID = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9])?")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Frozen(BaseModel):
    """A value that is valid and never changes; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _duration(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration; write it as 15s, 5m, 1h30m or 7d")  # noqa: TRY004 - pydantic reads ValueError
    return parse_duration(value)


def _positive_duration(value: Any) -> int:
    milliseconds = _duration(value)
    if milliseconds == 0:
        raise ValueError("must be longer than 0s")
    return milliseconds


def _zone(value: Any) -> tzinfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        message = f"{value!r} is not an IANA time zone such as Europe/Berlin or UTC"
        raise ValueError(message) from error


def _objective(value: Any) -> float:
    text = str(value).removesuffix("%").strip()
    try:
        percent = float(text)
    except ValueError:
        raise ValueError(f"{value!r} is not a percentage such as 99.9") from None
    if 0 < percent <= 1:
        raise ValueError(f"{value!r} looks like a ratio; write the percentage, such as 99.9")
    if not 0 < percent < 100:  # noqa: PLR2004 - percent
        raise ValueError(f"{value!r} is not between 0 and 100, both excluded")
    return percent


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        hint = "1 to 64 of a-z 0-9 _ . -, beginning and ending with a letter or digit"
        raise ValueError(f"{value!r} is not an identifier ({hint})")
    return value


def _label(value: Any) -> str:
    if not isinstance(value, str) or not _LABEL.fullmatch(value) or value.startswith("__"):
        raise ValueError(f"{value!r} is not a Prometheus label name")
    return value


def _language(value: Any) -> str:
    """Keep the name of a language that Babel knows; Babel is asked only where it is not English."""
    if value == "en":
        return "en"
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - it costs every start 30 ms

    try:
        Locale.parse(str(value).replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        message = f"{value!r} is not a language such as en, de, fr-CH"
        raise ValueError(message) from error
    return str(value)


_DURATION_SCHEMA = {"type": "string", "pattern": "^([0-9]+(y|w|d|h|m|s|ms))+$", "examples": ["15s"]}

PositiveMilliseconds = Annotated[
    int, BeforeValidator(_positive_duration), WithJsonSchema(_DURATION_SCHEMA)
]
Zone = Annotated[
    tzinfo,
    BeforeValidator(_zone),
    WithJsonSchema({"type": "string", "examples": ["Europe/Berlin"]}),
]
Language = Annotated[
    str,
    BeforeValidator(_language),
    WithJsonSchema({"type": "string", "examples": ["en", "de", "fr-CH"]}),
]
Percent = Annotated[
    float,
    BeforeValidator(_objective),
    WithJsonSchema({"type": ["number", "string"], "examples": [99.9]}),
]
Identifier = Annotated[
    str,
    BeforeValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": f"^{_ID.pattern}$"}),
]
LabelName = Annotated[
    str,
    BeforeValidator(_label),
    WithJsonSchema({"type": "string", "pattern": f"^{_LABEL.pattern}$"}),
]
Text = Annotated[str, Field(min_length=1)]
Labels = dict[LabelName, str]
