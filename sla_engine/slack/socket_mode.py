"""Slack's Socket Mode: what people do comes in over a websocket that we opened.

slack-sdk's built-in client, not its aiohttp one: the engine's jobs are threads, and a connection
that is lost is opened again at a new address, where the other tries a used-up one for ever.
"""

from collections import deque
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode import SocketModeClient

from sla_engine.slack.notifier import BROKEN, TIMEOUT_SECONDS, one_line, quiet
from sla_engine.slack.replies import SlackError, said

log = structlog.get_logger("slack")

_REMEMBERED = 1_000
_AGAIN_SECONDS = 0.05


class SlackSocket:
    """Hears Slack until it is closed; ``hear(kind, payload)`` runs in a thread of its own.

    An envelope is acknowledged before it is handled, as Slack waits three seconds; one that comes
    twice is handled once.
    """

    def __init__(self, app_token: str, api_url: str, hear: Callable[[str, Any], None]) -> None:
        web = WebClient(base_url=api_url, timeout=TIMEOUT_SECONDS, logger=quiet())
        self._client = SocketModeClient(app_token, web_client=web, logger=quiet())
        self._client.message_listeners.append(self._received)
        self._hear = hear
        self._handled: deque[str] = deque(maxlen=_REMEMBERED)
        self._one_at_a_time = Lock()

    def connect(self) -> None:
        """Open the websocket; from then on a lost one is opened again without our doing.

        Raises:
            SlackError: Slack gave no address for it.
        """
        try:
            self._client.connect()
        except BROKEN as error:
            raise SlackError(said(error)) from error

    @property
    def connected(self) -> bool:
        """Say whether the websocket is open."""
        return self._client.is_connected()

    def close(self) -> None:
        """Hear no more; what is being done is finished first."""
        closing = Thread(target=self._client.close, daemon=True)
        closing.start()
        # A session that begins meanwhile forgets that it is to end; close() would wait for ever.
        while closing.is_alive():
            self._client.current_session_state.terminated = True
            closing.join(_AGAIN_SECONDS)

    def _received(self, _client: object, envelope: dict[str, Any], _raw: str | None) -> None:
        identifier = envelope.get("envelope_id")
        if not isinstance(identifier, str):
            return  # Slack's greeting
        try:
            self._client.send_socket_mode_response({"envelope_id": identifier})
        except SlackClientNotConnectedError as error:
            log.warning("cannot acknowledge; Slack will say it again", error=one_line(error))
            return
        if self._is_new(identifier):
            self._hear(str(envelope.get("type")), envelope.get("payload"))

    def _is_new(self, identifier: str) -> bool:
        with self._one_at_a_time:
            new = identifier not in self._handled
            self._handled.append(identifier)
        return new
