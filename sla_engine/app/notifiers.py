"""Which notifier there is: chosen by what the catalogue and the environment give."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from service_catalogue.notifications import Slack
from sla_engine.notifiers import Console, Notifier
from sla_engine.slack.notifier import SlackBot, SlackWebhook

Secrets = Mapping[str, str]
APP = "slack-app"


class SocketTokens(NamedTuple):
    """What Socket Mode needs: an app-level token to listen, a bot token to answer."""

    app: str
    bot: str


NOTIFIERS: dict[str, Callable[[Slack, Secrets], Notifier]] = {
    "slack": lambda slack, secrets: SlackBot(
        secrets["slack"], slack.api_url, buttons=APP in secrets
    ),
    "slack-webhook": lambda _, secrets: SlackWebhook(secrets["slack-webhook"]),
    "console": lambda _slack, _secrets: Console(),
}


def choose(slack: Slack, environment: Mapping[str, str]) -> tuple[str, Notifier]:
    """Return the first notifier that is configured, with its name; the console needs nothing.

    Raises:
        OSError: a file of a secret cannot be read.
        ValueError: it is empty.
    """
    given = _secrets(slack, environment)
    name = next(name for name in NOTIFIERS if name in given)
    return name, NOTIFIERS[name](slack, given)


def socket_tokens(slack: Slack, environment: Mapping[str, str]) -> SocketTokens | None:
    """Return the tokens of Socket Mode, None where it is not set up.

    Raises:
        OSError: a file of a secret cannot be read.
        ValueError: it is empty, or Socket Mode lacks the bot token or the user groups.
    """
    given = _secrets(slack, environment)
    if APP not in given:
        return None
    if "slack" not in given:
        raise ValueError("an app-level token goes with a bot token (slack.bot_token_file)")
    if not slack.user_groups:
        raise ValueError("an app-level token goes with slack.user_groups: who may press buttons")
    return SocketTokens(given[APP], given["slack"])


def _secrets(slack: Slack, environment: Mapping[str, str]) -> Secrets:
    """Return the secrets that are given, the console's included: it needs none."""
    secrets = {
        "slack": _secret(slack.bot_token_file, environment.get("SLACK_BOT_TOKEN")),
        "slack-webhook": _secret(slack.webhook_url_file, environment.get("SLACK_WEBHOOK_URL")),
        APP: _secret(slack.app_token_file, environment.get("SLACK_APP_TOKEN")),
        "console": "none needed",
    }
    return {name: secret for name, secret in secrets.items() if secret}


def _secret(file: Path | None, variable: str | None) -> str | None:
    if file is None:
        return variable or None
    secret = file.read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError(f"{file} is empty; it should hold a Slack secret")
    return secret
