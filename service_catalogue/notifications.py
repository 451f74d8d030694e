"""Who is told, where and when."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from service_catalogue.base import Frozen, Identifier, Language, Text, Zone

Severity = Literal["unplanned", "planned", "maintenance", "budget"]
Period = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
UserGroup = Annotated[str, Field(pattern=r"^S[A-Z0-9]{6,}$", examples=["S0123ABCD"])]


class Route(Frozen):
    """Notices that match go to this channel and mention these people.

    Several keys all hold, several values of a key are alternatives. Only unplanned outages and
    budget warnings mention anybody.
    """

    tiers: tuple[Text, ...] = ()
    owners: tuple[Text, ...] = ()
    severities: tuple[Severity, ...] = ()
    channel: Text
    mentions: tuple[Text, ...] = ()


class Slack(Frozen):
    """Slack by bot token or incoming webhook, from files or the environment.

    The variables SLACK_BOT_TOKEN, SLACK_WEBHOOK_URL and SLACK_APP_TOKEN stand in for the files;
    with neither of the first two, notices go to the console. An app-level token makes buttons and
    commands work (Socket Mode), for the members of the user groups (ids: S...).
    """

    bot_token_file: Path | None = None
    webhook_url_file: Path | None = None
    app_token_file: Path | None = None
    api_url: Text = "https://slack.com/api/"
    channel: Text = "#uptime"
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

    ``language`` is that of dates and numbers; words are English. ``apprise_file`` (one URL a line)
    and ``apprise_variable`` (the name of one in the environment) deliver the text report elsewhere;
    it goes to Slack as well where a channel is named.
    """

    id: Identifier
    period: Period
    cron: Text
    timezone: Zone | None = None
    channel: Text | None = None
    format: Text = "slack"  # the engine, which has the formats, judges the name
    services: tuple[Identifier, ...] = ()
    owners: tuple[Text, ...] = ()
    tiers: tuple[Text, ...] = ()
    language: Language = "en"
    apprise_file: Path | None = None
    apprise_variable: Text | None = None

    @property
    def elsewhere_only(self) -> bool:
        """Say whether Slack is left out."""
        return self.channel is None and bool(self.apprise_file or self.apprise_variable)
