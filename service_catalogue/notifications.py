"""Who is told, where and when."""

import re
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from service_catalogue.base import (
    FilePath,
    Frozen,
    Identifier,
    Labels,
    Language,
    MinSamples,
    Name,
    PositiveMilliseconds,
    Zone,
)
from service_catalogue.prometheus import HttpUrl
from uptime_common.shown import shown

Severity = Literal["unplanned", "planned", "maintenance", "budget"]
Period = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
Paper = Literal["A4", "letter"]
UserGroup = Annotated[str, Field(pattern=r"^S[A-Z0-9]{6,}$", examples=["S0123ABCD"])]


class Route(Frozen):
    """Notices that match go to this channel and mention these people.

    Several keys all hold, several values of a key are alternatives. Only unplanned outages and
    budget warnings mention anybody.
    """

    tiers: tuple[Name, ...] = ()
    owners: tuple[Name, ...] = ()
    severities: tuple[Severity, ...] = ()
    channel: Name
    mentions: tuple[Name, ...] = ()


NoticeGroup = Literal["outage", "planned", "maintenance", "budget"]
SCHEMES = ("slack", "mail", "webhook", "apprise", "console")
"""What addresses of routes may begin with; a bare ``#ops`` is Slack's."""
SERVICE_HOURS = "service"
"""Stands for the hours that each service has of its own, in a route's ``hours``."""
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class QuietHours(NamedTuple):
    """From minute ``start`` of the day to minute ``end``, which may be on the next day."""

    start: int
    end: int

    def __str__(self) -> str:
        parts = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in self)
        return "-".join(parts)


def _quiet(value: Any) -> QuietHours:
    found = _QUIET.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{shown(value)} is not hours such as 22:00-07:00")
    first, second, third, fourth = map(int, found.groups())
    quiet = QuietHours(first * 60 + second, third * 60 + fourth)
    if quiet.start == quiet.end:
        raise ValueError(f"{shown(value)} is the whole day: nothing would ever be told")
    return quiet


def _addresses(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class NotificationRoute(Frozen):
    """Notices that match are told at these addresses; all routes that match count.

    Several keys all hold, several values of a key are alternatives. An outage is told only when it
    lasted ``after`` and ``min_samples`` were bad, with ``unacknowledged`` only when nobody took it
    on by then; in ``quiet`` hours (of the organisation's zone), and outside ``hours`` (a calendar,
    or ``service``: each service's own), nothing is told until they are over.
    """

    to: Annotated[
        tuple[Name, ...],
        BeforeValidator(_addresses, json_schema_input_type=Name | tuple[Name, ...]),
        Field(min_length=1),
    ]
    tiers: tuple[Name, ...] = ()
    owners: tuple[Name, ...] = ()
    services: tuple[Identifier, ...] = ()
    labels: Labels = Field(default_factory=dict)
    kinds: tuple[NoticeGroup, ...] = ()
    mentions: tuple[Name, ...] = ()
    after: PositiveMilliseconds | None = None
    unacknowledged: PositiveMilliseconds | None = None
    min_samples: MinSamples | None = None
    hours: Identifier | None = None
    quiet: (
        Annotated[
            QuietHours,
            BeforeValidator(_quiet, json_schema_input_type=str),
            PlainSerializer(str, return_type=str, when_used="json"),
        ]
        | None
    ) = None


class Webhook(Frozen):
    """Where notices go as JSON; with a secret each is signed (Standard Webhooks)."""

    url_file: FilePath
    secret_file: FilePath | None = None


class AppriseTargets(Frozen):
    """A file of apprise's URLs, one a line."""

    urls_file: FilePath


class Grafana(Frozen):
    """Where people see the dashboards; with a token, outages become annotations there.

    The file holds the token of a service account that may read and write the organisation's
    annotations (the role Editor).
    """

    url: HttpUrl
    token_file: FilePath | None = None


class Notifications(Frozen):
    """Who is told what, where and when; without a route that matches, ``slack.channel``."""

    routes: tuple[NotificationRoute, ...] = ()
    webhooks: dict[Identifier, Webhook] = Field(default_factory=dict)
    apprise: dict[Identifier, AppriseTargets] = Field(default_factory=dict)


class Slack(Frozen):
    """Slack by bot token or incoming webhook, from files or the environment.

    The variables SLACK_BOT_TOKEN, SLACK_WEBHOOK_URL and SLACK_APP_TOKEN stand in for the files;
    with neither of the first two, notices go to the console. An app-level token makes buttons and
    commands work (Socket Mode), for the members of the user groups (ids: S...).
    """

    bot_token_file: FilePath | None = None
    webhook_url_file: FilePath | None = None
    app_token_file: FilePath | None = None
    api_url: Name = "https://slack.com/api/"
    channel: Name = "#uptime"
    routes: tuple[Route, ...] = ()
    user_groups: tuple[UserGroup, ...] = ()
    flood_limit: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _somebody_may(self) -> Self:
        if self.app_token_file is not None and not self.user_groups:
            raise ValueError("app_token_file needs user_groups: who may press the buttons")
        return self


class Report(Frozen):
    """A scheduled report: which period, when (cron, in a zone), for whom.

    ``to`` are addresses: ``mail:board@example.org``, ``slack:#ops``; ``channel`` is one of Slack.
    Of an ``agreement`` it is about that alone, and goes to its recipients unless it names others.

    ``language`` is that of dates, numbers and (de, es, fr) words. ``apprise_file`` (one URL a line)
    and ``apprise_variable`` (the name of one in the environment) deliver the text report elsewhere;
    it goes to Slack as well where a channel is named.
    """

    id: Identifier
    period: Period
    cron: Name
    timezone: Zone | None = None
    channel: Name | None = None
    to: tuple[Name, ...] = ()
    format: Name = "slack"  # the engine, which has the formats, judges it
    services: tuple[Identifier, ...] = ()
    owners: tuple[Name, ...] = ()
    tiers: tuple[Name, ...] = ()
    agreement: Identifier | None = None
    language: Language = "en"
    paper: Paper = "A4"
    apprise_file: FilePath | None = None
    apprise_variable: Name | None = None

    @model_validator(mode="after")
    def _chosen_once(self) -> Self:
        if self.agreement is not None and (self.services or self.owners or self.tiers):
            raise ValueError("agreement has its own services: no services, owners or tiers")
        return self

    @property
    def elsewhere_only(self) -> bool:
        """Say whether Slack is left out."""
        return self.channel is None and bool(self.to or self.apprise_file or self.apprise_variable)
