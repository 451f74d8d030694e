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
    unit,
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
    """Of services of these tiers."""
    owners: tuple[Name, ...] = ()
    """Of services of these owners."""
    severities: tuple[Severity, ...] = ()
    """Only such notices; all without it."""
    channel: Name
    """Slack channel that they go to."""
    mentions: tuple[Name, ...] = ()
    """Whom to mention, for unplanned outages and budget warnings."""


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

    Several keys all hold, several values of a key are alternatives.
    """

    to: Annotated[
        tuple[Name, ...],
        BeforeValidator(_addresses, json_schema_input_type=Name | tuple[Name, ...]),
        Field(min_length=1),
    ]
    """One address or several: ``slack:#ops`` or ``#ops``, ``mail:ops@example.org``,
    ``webhook:NAME``, ``apprise:NAME``, ``console:``."""
    tiers: tuple[Name, ...] = ()
    """Of services of these tiers."""
    owners: tuple[Name, ...] = ()
    """Of services of these owners."""
    services: tuple[Identifier, ...] = ()
    """Of these services."""
    labels: Labels = Field(default_factory=dict)
    """Of services with all of these labels."""
    kinds: tuple[NoticeGroup, ...] = ()
    """Only such notices; all without it."""
    mentions: tuple[Name, ...] = ()
    """Whom to mention, for unplanned outages and budget warnings."""
    after: PositiveMilliseconds | None = None
    """An outage is told here when it lasted so long, with its true start."""
    unacknowledged: PositiveMilliseconds | None = None
    """Escalation: it is told here when it lasted so long and nobody took it on."""
    min_samples: MinSamples | None = None
    """An outage is told here when so many samples of it were bad."""
    hours: Identifier | None = None
    """A calendar outside of which nothing is told here until it begins again; ``service``: each
    service's own."""
    quiet: (
        Annotated[
            QuietHours,
            BeforeValidator(_quiet, json_schema_input_type=str),
            PlainSerializer(str, return_type=str, when_used="json"),
        ]
        | None
    ) = None
    """Hours of the organisation's zone in which nothing is told here until they are over."""
    language: Language | None = None
    """Of the words (``de``, ``es``, ``fr``), dates and numbers of what is told here; without it
    ``notifications.language``."""


class Webhook(Frozen):
    """Where notices go as JSON; with a secret each is signed (Standard Webhooks)."""

    url_file: FilePath
    """File of the URL that each notice is posted to."""
    secret_file: FilePath | None = None
    """File of the secret that signs each notice (Standard Webhooks)."""


class AppriseTargets(Frozen):
    """A file of apprise's URLs, one a line."""

    urls_file: FilePath
    """File of apprise's URLs, one a line."""


class Grafana(Frozen):
    """Where people see the dashboards; with a token, outages become annotations there."""

    url: HttpUrl
    """Where people see the dashboards; messages and pages link there."""
    token_file: FilePath | None = None
    """File of the token of a service account with the role Editor: outages become annotations."""


class Notifications(Frozen):
    """Who is told what, where and when; without a route that matches, ``slack.channel``."""

    routes: tuple[NotificationRoute, ...] = ()
    """All routes that match count; without one that does, ``slack.channel``."""
    language: Language = "en"
    """Of notices, where their route names none: words (``de``, ``es``, ``fr``), dates, numbers."""
    webhooks: dict[Identifier, Webhook] = Field(default_factory=dict)
    """Addresses of your own, by the name that ``webhook:NAME`` has."""
    apprise: dict[Identifier, AppriseTargets] = Field(default_factory=dict)
    """Lists of apprise's URLs, by the name that ``apprise:NAME`` has."""


class Slack(Frozen):
    """Slack by bot token or incoming webhook; with neither, notices go to the console."""

    bot_token_file: FilePath | None = None
    """File of a bot token (``xoxb-``): threads, edits, files. ``SLACK_BOT_TOKEN`` stands in for
    it."""
    webhook_url_file: FilePath | None = None
    """File of an incoming webhook's URL. ``SLACK_WEBHOOK_URL`` stands in for it."""
    app_token_file: FilePath | None = None
    """File of an app-level token (``xapp-``), for buttons and commands. ``SLACK_APP_TOKEN`` stands
    in for it."""
    api_url: Name = "https://slack.com/api/"
    """Where Slack's API is, such as behind a proxy."""
    channel: Name = "#uptime"
    """Where notices go that no route takes."""
    routes: tuple[Route, ...] = ()
    """Routes of Slack alone; ``notifications.routes`` can more."""
    user_groups: tuple[UserGroup, ...] = ()
    """Ids of the user groups whose members may press buttons."""
    flood_limit: int = Field(default=10, ge=1, json_schema_extra=unit("outages"))
    """More outages than this within ten minutes share one thread."""

    @model_validator(mode="after")
    def _somebody_may(self) -> Self:
        if self.app_token_file is not None and not self.user_groups:
            raise ValueError("app_token_file needs user_groups: who may press the buttons")
        return self


class Report(Frozen):
    """A scheduled report: which period, when, for whom.

    With ``to`` or apprise alone it does not go to Slack; it does where a channel is named, too.
    """

    id: Identifier
    """Its name for ever: what was sent hangs on it."""
    period: Period
    """Which period that is over it is about."""
    cron: Name
    """When it is sent, as a line of crontab has it."""
    timezone: Zone | None = None
    """Of the schedule and the period; the organisation's without it."""
    channel: Name | None = None
    """Slack channel that it goes to."""
    to: tuple[Name, ...] = ()
    """Addresses that it goes to: ``mail:board@example.org``, ``slack:#ops``."""
    format: Name = "slack"  # the engine, which has the formats, judges it
    """How it is printed."""
    services: tuple[Identifier, ...] = ()
    """Only these services."""
    owners: tuple[Name, ...] = ()
    """Only services of these owners."""
    tiers: tuple[Name, ...] = ()
    """Only services of these tiers."""
    agreement: Identifier | None = None
    """Only what this agreement is about; it goes to its recipients unless ``to`` names others."""
    language: Language | None = None
    """Of dates, numbers and (``de``, ``es``, ``fr``) words; without it that of its agreement, else
    ``en``."""
    paper: Paper = "A4"
    """Size of a PDF's pages."""
    apprise_file: FilePath | None = None
    """File of apprise's URLs, one a line, that get it as text."""
    apprise_variable: Name | None = None
    """Name of an environment variable that holds one of apprise's URLs."""

    @model_validator(mode="after")
    def _chosen_once(self) -> Self:
        if self.agreement is not None and (self.services or self.owners or self.tiers):
            raise ValueError("agreement has its own services: no services, owners or tiers")
        return self

    @property
    def elsewhere_only(self) -> bool:
        """Say whether Slack is left out."""
        return self.channel is None and bool(self.to or self.apprise_file or self.apprise_variable)
