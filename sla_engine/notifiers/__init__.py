"""Where notices go: chosen by what the catalogue and the environment give."""

from collections.abc import Callable, Mapping
from pathlib import Path

from catalogue.delivery import Slack
from sla_engine.notifiers.console import Console
from sla_engine.notifiers.outcome import (
    Delivered,
    Failed,
    File,
    Found,
    Missing,
    Notifier,
    Outcome,
    Retry,
)
from sla_engine.notifiers.slack import SlackBot, SlackWebhook

Secrets = Mapping[str, str]

NOTIFIERS: dict[str, Callable[[Slack, Secrets], Notifier]] = {
    "slack": lambda slack, secrets: SlackBot(secrets["slack"], slack.api_url),
    "slack-webhook": lambda _, secrets: SlackWebhook(secrets["slack-webhook"]),
    "console": lambda _slack, _secrets: Console(),
}

__all__ = [
    "NOTIFIERS",
    "Delivered",
    "Failed",
    "File",
    "Found",
    "Missing",
    "Notifier",
    "Outcome",
    "Retry",
    "choose",
]


def choose(slack: Slack, environment: Mapping[str, str]) -> tuple[str, Notifier]:
    """Return the first notifier that is configured, with its name; the console needs nothing.

    Raises:
        OSError: a file of a secret cannot be read.
        ValueError: it is empty.
    """
    secrets = {
        "slack": _secret(slack.bot_token_file, environment.get("SLACK_BOT_TOKEN")),
        "slack-webhook": _secret(slack.webhook_url_file, environment.get("SLACK_WEBHOOK_URL")),
        "console": "none needed",
    }
    given = {name: secret for name, secret in secrets.items() if secret}
    name = next(name for name in NOTIFIERS if name in given)
    return name, NOTIFIERS[name](slack, given)


def _secret(file: Path | None, variable: str | None) -> str | None:
    if file is None:
        return variable or None
    secret = file.read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError(f"{file} is empty; it should hold a Slack secret")
    return secret
