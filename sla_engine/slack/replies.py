"""What answers people in Slack: forms, words for one person alone, who is in a user group."""

from collections.abc import Callable
from typing import TypeVar

from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError

from sla_engine.domain.notice import Message
from sla_engine.slack import blocks
from sla_engine.slack.modals import View
from sla_engine.slack.notifier import BROKEN, one_line, quiet

_TIMEOUT_SECONDS = 5
_OK = 200
T = TypeVar("T")


class SlackError(Exception):
    """Slack did not do what it was asked for; the message is one line."""


class SlackReplies:
    """Slack's Web API with a bot token, for whoever waits for an answer: no retries."""

    def __init__(self, token: str, api_url: str, timeout: int = _TIMEOUT_SECONDS) -> None:
        self._timeout = timeout
        self._client = WebClient(
            token, base_url=api_url, timeout=timeout, retry_handlers=[], logger=quiet()
        )

    def members(self, group: str) -> frozenset[str]:
        """Return the ids of a user group's members.

        Raises:
            SlackError: it cannot be read.
        """
        answer = _tried(lambda: self._client.usergroups_users_list(usergroup=group))
        return frozenset(answer["users"])

    def open(self, trigger: str, view: View) -> None:
        """Show a form to whom a trigger is of.

        Raises:
            SlackError: the trigger is over three seconds old, or the form is refused.
        """
        _tried(lambda: self._client.views_open(trigger_id=trigger, view=view))

    def say(self, url: str, message: Message) -> None:
        """Tell one person something, by the URL that came with what they did.

        Raises:
            SlackError: it is not taken.
        """
        client = WebhookClient(url, timeout=self._timeout, retry_handlers=[], logger=quiet())
        plain = not (message.fields or message.lines)
        answer = _tried(
            lambda: client.send(
                text=blocks.fallback(message),
                blocks=None if plain else blocks.render(message),
                response_type="ephemeral",
                replace_original=False,
            )
        )
        if answer.status_code != _OK:
            raise SlackError(f"slack: {answer.body.strip()} (HTTP {answer.status_code})")


def _tried(call: Callable[[], T]) -> T:
    try:
        return call()
    except BROKEN as error:
        raise SlackError(said(error)) from error


def said(error: Exception) -> str:
    """Return why Slack did not do it: its own word, or what broke on the way."""
    word = error.response.get("error") if isinstance(error, SlackApiError) else None
    return f"slack: {word or one_line(error)}"
