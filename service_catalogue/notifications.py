"""Who is told, where and when."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from service_catalogue.base import FilePath, Frozen, Identifier, Language, Name, Zone

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

    ``language`` is that of dates and numbers; words are English. ``apprise_file`` (one URL a line)
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
    language: Language = "en"
    paper: Paper = "A4"
    apprise_file: FilePath | None = None
    apprise_variable: Name | None = None

    @property
    def elsewhere_only(self) -> bool:
        """Say whether Slack is left out."""
        return self.channel is None and bool(self.to or self.apprise_file or self.apprise_variable)
