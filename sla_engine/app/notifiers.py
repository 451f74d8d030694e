"""The registry of notifiers: made from what the catalogue and the environment give."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from service_catalogue import Catalogue
from service_catalogue.notifications import Slack
from sla_engine.app.errors import JobError
from sla_engine.notifiers import Console, Notifier, apprise_notifier
from sla_engine.slack.notifier import SlackBot, SlackWebhook

Secrets = Mapping[str, str]
APP = "slack-app"


class SocketTokens(NamedTuple):
    """What Socket Mode needs: an app-level token to listen, a bot token to answer."""

    app: str
    bot: str


SLACK_WAYS: dict[str, Callable[[Slack, Secrets], Notifier]] = {
    "slack": lambda slack, secrets: SlackBot(
        secrets["slack"], slack.api_url, buttons=APP in secrets
    ),
    "slack-webhook": lambda _, secrets: SlackWebhook(secrets["slack-webhook"]),
    "console": lambda _slack, _secrets: Console(),
}


def make_notifiers(catalogue: Catalogue, environment: Mapping[str, str]) -> dict[str, Notifier]:
    """Return the notifiers by the scheme of the addresses that they serve.

    Raises:
        JobError: one is not configured as it must be.
    """
    return {scheme: make(catalogue, environment) for scheme, make in NOTIFIERS.items()}


def report_addresses(
    catalogue: Catalogue, notifiers: Mapping[str, Notifier]
) -> dict[str, tuple[str, ...]]:
    """Return where scheduled reports go besides the channels they name, by report."""
    return {
        report.id: tuple(a for one in notifiers.values() for a in one.addresses(report.id))
        for report in catalogue.reports
    }


def choose(slack: Slack, environment: Mapping[str, str]) -> Notifier:
    """Return the first way to Slack that is configured; the console needs nothing.

    Raises:
        OSError: a file of a secret cannot be read.
        ValueError: it is empty.
    """
    given = secrets(slack, environment)
    name = next(name for name in SLACK_WAYS if name in given)
    return SLACK_WAYS[name](slack, given)


def _to_slack(catalogue: Catalogue, environment: Mapping[str, str]) -> Notifier:
    try:
        return choose(catalogue.slack, environment)
    except (OSError, ValueError) as error:
        raise JobError(f"slack: {error}") from error


def _by_apprise(catalogue: Catalogue, environment: Mapping[str, str]) -> Notifier:
    try:
        return apprise_notifier(catalogue.reports, environment)
    except ValueError as error:
        raise JobError(f"reports: {error}") from error


def _on_the_console(_catalogue: Catalogue, _environment: Mapping[str, str]) -> Notifier:
    return Console()


NOTIFIERS: dict[str, Callable[[Catalogue, Mapping[str, str]], Notifier]] = {
    "slack": _to_slack,
    "apprise": _by_apprise,
    "console": _on_the_console,
}
"""By the scheme of an address: ``slack:#ops``, or a bare ``#ops``; ``apprise:X``; ``console:``."""


def socket_tokens(slack: Slack, environment: Mapping[str, str]) -> SocketTokens | None:
    """Return the tokens of Socket Mode, None where it is not set up.

    Raises:
        OSError: a file of a secret cannot be read.
        ValueError: it is empty, or Socket Mode lacks the bot token or the user groups.
    """
    given = secrets(slack, environment)
    if APP not in given:
        return None
    if "slack" not in given:
        raise ValueError("an app-level token goes with a bot token (slack.bot_token_file)")
    if not slack.user_groups:
        raise ValueError("an app-level token goes with slack.user_groups: who may press buttons")
    return SocketTokens(given[APP], given["slack"])


def secrets(slack: Slack, environment: Mapping[str, str]) -> Secrets:
    """Return the secrets that are given, the console's included: it needs none."""
    found = {
        "slack": _secret(slack.bot_token_file, environment.get("SLACK_BOT_TOKEN")),
        "slack-webhook": _secret(slack.webhook_url_file, environment.get("SLACK_WEBHOOK_URL")),
        APP: _secret(slack.app_token_file, environment.get("SLACK_APP_TOKEN")),
        "console": "none needed",
    }
    return {name: secret for name, secret in found.items() if secret}


def _secret(file: Path | None, variable: str | None) -> str | None:
    if file is None:
        return variable or None
    secret = file.read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError(f"{file} is empty; it should hold a Slack secret")
    return secret
