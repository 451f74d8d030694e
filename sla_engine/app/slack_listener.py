"""What the running engine hears from Slack, while it leads."""

import os
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service_catalogue import Catalogue
from sla_engine.app.context import now
from sla_engine.app.engine import Engine, Published
from sla_engine.app.errors import JobError
from sla_engine.app.notifiers import SocketTokens, socket_tokens
from sla_engine.domain.notice import Message
from sla_engine.ledger import LedgerError
from sla_engine.metrics import EngineMetrics
from sla_engine.slack.payloads import ButtonPress, Interaction, read
from sla_engine.slack.replies import SlackError, SlackReplies
from sla_engine.slack.socket_mode import SlackSocket
from sla_engine.slack_app.actions import ActionContext, ActionResult, denied, respond
from sla_engine.slack_app.permissions import Permissions

log = structlog.get_logger("slack")

_RETRY = 30_000
"""How long to wait before a connection is asked for again (ms): Slack allows few a minute."""


class SocketModeSetup(NamedTuple):
    """What a connection hangs on: another catalogue that says the same keeps it."""

    tokens: SocketTokens
    api_url: str
    user_groups: tuple[str, ...]


def setup_of(catalogue: Catalogue) -> SocketModeSetup | None:
    """Return how Socket Mode is set up, None where it is not.

    Raises:
        JobError: it is set up by halves.
    """
    slack = catalogue.slack
    try:
        tokens = socket_tokens(slack, os.environ)
    except (OSError, ValueError) as error:
        raise JobError(f"slack: {error}") from error
    return None if tokens is None else SocketModeSetup(tokens, slack.api_url, slack.user_groups)


class SlackListener:
    """Hears Slack by the catalogue in force, where that sets Socket Mode up.

    Raises:
        JobError: it does so by halves.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._setup: SocketModeSetup | None = None
        self._listener: SlackConnection | None = None
        self._changing = threading.Lock()
        self.follow(setup_of(engine.context.catalogue))

    def keep(self) -> None:
        """Be connected while the engine leads; to be called now and then."""
        with self._changing:
            if self._listener is not None:
                self._listener.keep(leads=self._engine.leading)

    def follow(self, setup: SocketModeSetup | None) -> None:
        """Go on as another catalogue says."""
        with self._changing:
            if setup == self._setup:
                return
            if self._listener is not None:
                self._listener.close()
            self._setup, engine = setup, self._engine
            self._listener = (
                None
                if setup is None
                else SlackConnection(lambda: engine.published, engine.metrics, setup)
            )
            engine.metrics.slack_connected.set(float("nan") if setup is None else 0)


class SlackConnection:
    """Takes what Slack sends, does what may be done, and answers."""

    def __init__(
        self,
        published: Callable[[], Published],
        metrics: EngineMetrics,
        setup: SocketModeSetup,
        clock: Callable[[], int] = now,
    ) -> None:
        self._published, self._metrics, self._clock = published, metrics, clock
        self._app_token, self._api_url = setup.tokens.app, setup.api_url
        self._replies = SlackReplies(setup.tokens.bot, setup.api_url)
        self._permissions = Permissions(setup.user_groups, self._replies.members, clock)
        self._socket: SlackSocket | None = None
        self._trouble: str | None = None
        self._not_before = 0
        self._acting = threading.Lock()

    def keep(self, *, leads: bool) -> None:
        """Be connected while this engine leads, and only then; to be called now and then."""
        if not leads:
            self.close()
        elif self._socket is None and self._clock() >= self._not_before:
            self._connect()
        connected = self._socket is not None and self._socket.connected
        self._metrics.slack_connected.set(connected)
        if self._socket is not None:
            self._tell("" if connected else "no connection")

    def close(self) -> None:
        """Listen no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket, self._trouble = None, None

    def _connect(self) -> None:
        socket = SlackSocket(self._app_token, self._api_url, self.hear)
        try:
            socket.connect()
        except SlackError as error:
            socket.close()
            self._not_before = self._clock() + _RETRY
            self._tell(str(error))
        else:
            self._socket = socket

    def _tell(self, trouble: str) -> None:
        """Log once what keeps us from hearing, and once that nothing does."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            log.error("does not hear Slack; tries again", reason=trouble)
        else:
            log.info("hears Slack")

    def hear(self, kind: str, payload: Any) -> None:
        """Do what an envelope asks for, and answer whoever sent it."""
        try:
            interaction = read(kind, payload)
        except ValueError as error:
            self._count("unreadable")
            log.warning("cannot be read", error=str(error))
            return
        try:
            answer = denied(interaction, self._permissions) or self._respond(interaction)
        except (SQLAlchemyError, LedgerError) as error:
            self._metrics.ledger_errors.inc()
            log.error("cannot use the ledger", error=str(error))  # noqa: TRY400 - one line says it
            answer = self._failed()
        except Exception:
            log.exception("cannot do what was asked for", author=interaction.actor.author)
            answer = self._failed()
        else:
            self._count("refused" if answer.refused else "done")
        self._deliver(interaction, answer)

    def _respond(self, interaction: Interaction) -> ActionResult:
        """One at a time: what is decided on is still so when it is written."""
        with self._acting:
            context, levels, _ = self._published()
            action_context = ActionContext(context.catalogue, context.ledger, levels, self._clock())
            return respond(action_context, interaction)

    def _failed(self) -> ActionResult:
        self._count("failed")
        return ActionResult(
            Message("That failed; the engine's log says why. Try again.", "warning")
        )

    def _deliver(self, interaction: Interaction, answer: ActionResult) -> None:
        told = answer.told
        try:
            if isinstance(told, Message):
                self._replies.say(interaction.url, told)
            elif isinstance(interaction, ButtonPress):
                self._show(interaction, told)
        except SlackError as error:
            log.warning("cannot answer", author=interaction.actor.author, error=str(error))

    def _show(self, press: ButtonPress, view: dict[str, Any]) -> None:
        try:
            self._replies.open(press.trigger, view)
        except SlackError as error:
            text = f"The form did not open: {error}. Press again."
            self._replies.say(press.url, Message(text, "warning"))

    def _count(self, result: str) -> None:
        self._metrics.slack_requests.labels(result).inc()
