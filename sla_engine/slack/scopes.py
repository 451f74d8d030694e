"""What a bot token may do, as Slack says it."""

import ssl

from slack_sdk.errors import SlackClientError
from slack_sdk.web import WebClient

from sla_engine.slack.notifier import TIMEOUT_SECONDS, one_line, quiet

WANTED = frozenset({"chat:write", "channels:read", "channels:history", "files:write"})
"""The scopes that notices, threads and documents need; docs/slack.md says for what."""


class ScopesError(Exception):
    """Slack does not say; the message is one line without secrets."""


def granted(token: str, api_url: str) -> frozenset[str]:
    """Return the scopes of a bot token.

    Raises:
        ScopesError: it is not valid, or Slack does not answer.
    """
    client = WebClient(
        token, base_url=api_url, timeout=TIMEOUT_SECONDS, retry_handlers=[], logger=quiet()
    )
    try:
        headers = client.auth_test().headers
    except (SlackClientError, OSError, ssl.SSLError, ValueError) as error:
        raise ScopesError(f"slack: {one_line(error)}") from error
    told = {name.lower(): value for name, value in headers.items()}.get("x-oauth-scopes", "")
    text = ",".join(told) if isinstance(told, list) else str(told)
    return frozenset(scope.strip() for scope in text.split(",") if scope.strip())
