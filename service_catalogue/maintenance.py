"""Planned work that the catalogue knows of."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from service_catalogue.base import (
    FilePath,
    Frozen,
    Identifier,
    LabelName,
    Labels,
    Moment,
    Name,
    PositiveMilliseconds,
    Zone,
)
from service_catalogue.prometheus import HttpUrl
from service_catalogue.rule import RuleError, parse_rule
from uptime_common.shown import shown


class Scope(Frozen):
    """Which services are meant; several keys all hold, several values of a key are alternatives."""

    services: tuple[Identifier, ...] = ()
    tiers: tuple[Name, ...] = ()
    labels: Labels = Field(default_factory=dict)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not (self.services or self.tiers or self.labels):
            raise ValueError("needs services, tiers or labels; an empty scope would mean nothing")
        return self


def _rrule(value: Any) -> str:
    try:
        if not isinstance(value, str):
            raise RuleError("it is no text")  # noqa: TRY301 - told as the others are
        parse_rule(value)
    except RuleError as error:
        message = f"{shown(value)} is not an RFC 5545 recurrence rule: {error}"
        raise ValueError(message) from error
    return value


Rrule = Annotated[
    str,
    BeforeValidator(_rrule),
    WithJsonSchema({"type": "string", "examples": ["FREQ=WEEKLY;BYDAY=SU"]}),
]


class WindowEntry(Scope):
    """A maintenance window, one-off or recurring by an RFC 5545 RRULE.

    ``start`` without an offset is local time in ``timezone`` (the organisation's by default).
    It is approved, and so planned, when it has an approver.
    """

    id: Identifier
    title: Name
    start: Moment
    end: Moment | None = None
    duration: PositiveMilliseconds | None = None
    rrule: Rrule | None = None
    timezone: Zone | None = None
    requester: Name
    approver: Name | None = None

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.end is None) == (self.duration is None):
            raise ValueError("needs exactly one of end and duration")
        if self.end is not None and (self.end.tzinfo is None) != (self.start.tzinfo is None):
            raise ValueError("start and end both need an offset, or neither")
        if self.end is not None and self.end <= self.start:
            raise ValueError("end is not after start")
        return self


class Feed(Scope):
    """An iCalendar feed, a file or a URL, whose events are approved maintenance windows."""

    id: Identifier
    file: FilePath | None = None
    url: HttpUrl | None = None
    approver: Name | None = None
    refresh: PositiveMilliseconds = 900_000

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.url is None):
            raise ValueError("needs exactly one of file and url")
        return self


class Silences(Frozen):
    """Alertmanager silences that carry this matcher become maintenance requests."""

    url: HttpUrl
    label: LabelName = "maintenance"
    push: bool = False


class Maintenance(Frozen):
    """Windows, feeds, silences and who may approve."""

    four_eyes: bool = False
    windows: tuple[WindowEntry, ...] = ()
    feeds: tuple[Feed, ...] = ()
    silences: Silences | None = None
