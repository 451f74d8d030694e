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
    """Of these services."""
    tiers: tuple[Name, ...] = ()
    """Of services of these tiers."""
    labels: Labels = Field(default_factory=dict)
    """Of services with all of these labels."""

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
    """A maintenance window, one-off or recurring."""

    id: Identifier
    """Its name for ever: what it planned hangs on it."""
    title: Name
    """What is done; stands in messages and reports."""
    start: Moment
    """When it begins, or begins for the first time; without an offset, local time in
    ``timezone``."""
    end: Moment | None = None
    """When it ends; either this or ``duration``."""
    duration: PositiveMilliseconds | None = None
    """How long it lasts; either this or ``end``."""
    rrule: Rrule | None = None
    """How it recurs, as RFC 5545 has it."""
    timezone: Zone | None = None
    """Of its times; the organisation's without it."""
    requester: Name
    """Who asked for it."""
    approver: Name | None = None
    """Who approved it: without one it is a request, and nothing in it is planned."""

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
    """Its name, in logs and messages."""
    file: FilePath | None = None
    """An iCalendar file; either this or ``url``."""
    url: HttpUrl | None = None
    """Where an iCalendar file is fetched; either this or ``file``."""
    approver: Name | None = None
    """Who stands for its events; without one they are requests."""
    refresh: PositiveMilliseconds = 900_000
    """How often it is read again."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.file is None) == (self.url is None):
            raise ValueError("needs exactly one of file and url")
        return self


class Silences(Frozen):
    """Alertmanager silences that carry this matcher become maintenance requests."""

    url: HttpUrl
    """The Alertmanager that has them."""
    label: LabelName = "maintenance"
    """A silence with a matcher on this label becomes a maintenance request for the services that
    its other matchers mean."""
    push: bool = False
    """Also make a silence of every approved window, from a day before it starts."""


class Maintenance(Frozen):
    """Windows, feeds, silences and who may approve."""

    four_eyes: bool = False
    """Nobody approves what they requested themselves."""
    windows: tuple[WindowEntry, ...] = ()
    """Planned work that this file knows of."""
    feeds: tuple[Feed, ...] = ()
    """iCalendar files whose events are windows."""
    silences: Silences | None = None
    """Silences of Alertmanager that ask for maintenance."""
