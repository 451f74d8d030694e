"""The types that the catalogue's models are made of."""

import re
import unicodedata
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import CoreSchema

from service_catalogue.meanings import meanings, plain
from uptime_common.duration import format_duration, parse_duration
from uptime_common.shown import shown

_NO_ID = re.compile(r"[^a-z0-9_.]+")
_ID = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,62}[a-z0-9])?")
_LONGEST_MS = 100 * 365 * 86_400_000
_COMMA = re.compile(r"[0-9]+,[0-9]+")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")

LONGEST_NAME = 1000
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\$\{\w+\}|<no value>|<%.*?%>")
# Line ends, what steers terminals, and what turns the direction of the text around it.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_NO_PLACES = ("localtime", "Factory", "posixrules")
"""Files beside the zones: what the machine is set to, and what says that nobody set anything."""
_CURRENCY = re.compile(r"[A-Z]{3}")
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2})[:.](\d\d))?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_ZONES = timedelta(hours=16)  # more than any zone ever was off


class Frozen(BaseModel):
    """A value that is valid and never changes; unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, allow_inf_nan=False
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema, in which every key says what it means."""
        found = handler(schema)
        whole = handler.resolve_ref_schema(found)
        if cls.__doc__:
            whole["description"] = plain(cls.__doc__)
        said = meanings(cls)
        for name, field in cls.model_fields.items():
            key = field.alias or name
            whole["properties"][key] = _explained(whole["properties"][key], said.get(name))
        return found


def _explained(schema: dict[str, Any], meaning: str | None) -> dict[str, Any]:
    """Return a key's schema with its meaning, and a duration as people write it as its default."""
    told = schema if meaning is None else {**schema, "description": meaning}
    if told.get("unit") == "duration" and isinstance(told.get("default"), int):
        return {**told, "default": format_duration(told["default"])}
    return told


def _duration(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a duration; write it as 15s, 5m, 1h30m or 7d")  # noqa: TRY004 - pydantic reads ValueError
    return parse_duration(value)


def _positive_duration(value: Any) -> int:
    milliseconds = _duration(value)
    if milliseconds == 0:
        raise ValueError("must be longer than 0s")
    if milliseconds > _LONGEST_MS:
        raise ValueError(f"{shown(value)} is longer than 100 years")
    return milliseconds


def _zone(value: Any) -> tzinfo:
    try:
        return ZoneInfo("" if value in _NO_PLACES else value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        near = _zone_of(value) if isinstance(value, str) else None
        hint = f"; did you mean {near}?" if near else ""
        message = f"{shown(value)} is not an IANA time zone such as Europe/Berlin or UTC{hint}"
        raise ValueError(message) from error


def _zone_of(city: str) -> str | None:
    """Return the zone that is named after a city, where there is one."""
    wanted = f"/{city.strip().replace(' ', '_').lower()}"
    found = [zone for zone in available_timezones() if zone.lower().endswith(wanted)]
    return min(found, key=len) if found else None


def _objective(value: Any) -> float:
    text = str(value) if isinstance(value, str | int | float) else ""
    text = text.removesuffix("%").strip()
    try:
        percent = float(text)
    except ValueError:
        hint = "; decimals follow a point" if _COMMA.fullmatch(text) else ""
        raise ValueError(f"{shown(value)} is not a percentage such as 99.9{hint}") from None
    if 0 < percent <= 1:
        raise ValueError(f"{shown(value)} looks like a ratio; write the percentage, such as 99.9")
    if not 0 < percent < 100:  # noqa: PLR2004 - percent
        raise ValueError(f"{shown(value)} is not between 0 and 100, both excluded")
    return percent


def printable(value: str) -> str:
    """Return text of one line, refused with characters that break lines or steer what shows it."""
    if strange := _CONTROL.search(value):
        raise ValueError(f"holds the control character U+{ord(strange[0]):04X}")
    return value


def _name(value: str) -> str:
    if all(unicodedata.category(sign)[0] in "CZ" for sign in value):
        raise ValueError("is blank")
    if len(value) > LONGEST_NAME:
        raise ValueError(f"is longer than {LONGEST_NAME} characters")
    if template := _TEMPLATE.search(value):
        raise ValueError(f"{shown(template[0])} looks like a template that was not rendered")
    return printable(value.strip())


def _file(value: Path) -> Path:
    printable(str(value))
    return value


def _header(value: str) -> str:
    try:
        printable(value.replace("\t", " ")).encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("holds a character that no HTTP header can carry") from None
    return value


def _header_name(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        raise ValueError(f"{shown(value)} is not the name of an HTTP header")
    if value.lower() in _FRAMING:
        raise ValueError(f"{value} follows from the body that is sent: leave it out")
    return value


def _written_date(value: Any) -> Any:
    """Refuse what pydantic would read as seconds since 1970, and dates in another order."""
    if isinstance(value, str):
        if german := _GERMAN.match(value.strip()):
            day, month, year, hour, minute = german.groups()
            time = "" if hour is None else f"T{hour:0>2}:{minute}"
            written = f"{year}-{month:0>2}-{day:0>2}{time}"
            raise ValueError(f"{shown(value)} is not a date; write {written}")
        if not _ISO.match(value.strip()):
            raise ValueError(f"{shown(value)} is not a time such as 2026-10-04T02:00")
    elif not isinstance(value, date):
        raise ValueError(f"{shown(value)} is not a time such as 2026-10-04T02:00")  # noqa: TRY004 - pydantic reads ValueError
    return value


def _countable(value: datetime) -> datetime:
    """Refuse the first and last day of all: in some zone they lie outside of time."""
    bare = value.replace(tzinfo=None)
    if not datetime.min + _ZONES <= bare <= datetime.max - _ZONES:  # noqa: DTZ901 - bounds
        raise ValueError(f"{bare.date()} is outside of what can be counted")
    return value


def _identifier(value: Any) -> str:
    if isinstance(value, bool):
        raise ValueError("must be text, and YAML reads yes or no here; quote it")  # noqa: TRY004 - pydantic reads ValueError
    if not isinstance(value, str) or not _ID.fullmatch(value):
        hint = "1 to 64 of a-z 0-9 _ . -, beginning and ending with a letter or digit"
        near = _NO_ID.sub("-", value.lower()).strip("-._") if isinstance(value, str) else ""
        meant = f"; did you mean {near!r}?" if near and _ID.fullmatch(near) else ""
        raise ValueError(f"{shown(value)} is not an identifier ({hint}){meant}")
    return value


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value):
        raise ValueError(f"{shown(value)} is not three capital letters such as EUR")
    return value


def _label(value: Any) -> str:
    if not isinstance(value, str) or not _LABEL.fullmatch(value) or value.startswith("__"):
        raise ValueError(f"{shown(value)} is not a Prometheus label name")
    return value


def _language(value: Any) -> str:
    """Keep the name of a language that Babel knows; Babel is asked only where it is not English."""
    if value == "en":
        return "en"
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a language such as en, de, fr-CH")  # noqa: TRY004 - pydantic reads ValueError
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - it costs every start 30 ms

    try:
        Locale.parse(value.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        message = f"{shown(value)} is not a language such as en, de, fr-CH"
        raise ValueError(message) from error
    return value


_DURATION_SCHEMA = {
    "type": "string",
    "pattern": "^([0-9]+(y|w|d|h|m|s|ms))+$",
    "examples": ["15s"],
    "unit": "duration",
}


def _written_duration(milliseconds: int) -> str:
    return f"{milliseconds}ms"


PositiveMilliseconds = Annotated[
    int,
    BeforeValidator(_positive_duration),
    PlainSerializer(_written_duration, return_type=str, when_used="json"),
    WithJsonSchema(_DURATION_SCHEMA),
]
Zone = Annotated[
    tzinfo,
    BeforeValidator(_zone),
    PlainSerializer(str, return_type=str, when_used="json"),
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
    WithJsonSchema({"type": ["number", "string"], "examples": [99.9], "unit": "percent"}),
]
Currency = Annotated[
    str,
    AfterValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]


def unit(name: str) -> dict[str, Any]:
    """Return what a field's JSON Schema says of the unit of its number."""
    return {"unit": name}


MinSamples = Annotated[int, Field(ge=2, le=1000, json_schema_extra=unit("samples"))]
"""How many samples must be bad before anybody is told."""
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
Name = Annotated[
    str,
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}),
]
LabelValue = Annotated[str, Field(max_length=1024), AfterValidator(printable)]
Labels = dict[LabelName, LabelValue]
FilePath = Annotated[Path, AfterValidator(_file)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
Headers = dict[HeaderName, Annotated[str, AfterValidator(_header)]]
Moment = Annotated[datetime, BeforeValidator(_written_date), AfterValidator(_countable)]
AwareMoment = Annotated[AwareDatetime, BeforeValidator(_written_date), AfterValidator(_countable)]
Date = Annotated[date, BeforeValidator(_written_date)]
