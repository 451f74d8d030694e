"""What the running engine hears from Slack, while it leads."""

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sla_engine.app.context import Context, now
from sla_engine.app.errors import JobError
from sla_engine.domain.interaction import Heard, Press, read
from sla_engine.domain.notice import Message
from sla_engine.jobs.act import Answer, Room, barred, respond
from sla_engine.jobs.membership import Membership
from sla_engine.ledger import LedgerError
from sla_engine.metrics import EngineMetrics, ServiceLevel
from sla_engine.notifiers import SocketTokens, socket_tokens
from sla_engine.notifiers.slack_desk import SlackDesk, SlackError
from sla_engine.notifiers.slack_socket import SlackSocket

log = structlog.get_logger("slack")

_RETRY = 30_000
"""How long to wait before a connection is asked for again (ms): Slack allows few a minute."""


def listener(
    context: Context, metrics: EngineMetrics, levels: Callable[[], Sequence[ServiceLevel]]
) -> "Listener | None":
    """Return what hears Slack where Socket Mode is set up.

    Raises:
        JobError: it is set up by halves.
    """
    try:
        tokens = socket_tokens(context.catalogue.slack, os.environ)
    except (OSError, ValueError) as error:
        raise JobError(f"slack: {error}") from error
    return None if tokens is None else Listener(context, metrics, levels, tokens)


class Listener:
    """Hears Slack, has done what may be done, and answers."""

    def __init__(
        self,
        context: Context,
        metrics: EngineMetrics,
        levels: Callable[[], Sequence[ServiceLevel]],
        tokens: SocketTokens,
        clock: Callable[[], int] = now,
    ) -> None:
        slack = context.catalogue.slack
        self._context, self._metrics, self._levels = context, metrics, levels
        self._app_token, self._clock = tokens.app, clock
        self._desk = SlackDesk(tokens.bot, slack.api_url)
        self._membership = Membership(slack.user_groups, self._desk.members, clock)
        self._socket: SlackSocket | None = None
        self._state, self._not_before = "", 0
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
            self._tell("connected" if connected else "no connection; it is tried again")

    def close(self) -> None:
        """Hear no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket, self._state = None, ""

    def _connect(self) -> None:
        socket = SlackSocket(self._app_token, self._context.catalogue.slack.api_url, self.hear)
        try:
            socket.connect()
        except SlackError as error:
            socket.close()
            self._not_before = self._clock() + _RETRY
            self._tell(f"cannot connect: {error}")
        else:
            self._socket = socket

    def _tell(self, state: str) -> None:
        """Log a state once."""
        if state != self._state:
            self._state = state
            (log.info if state == "connected" else log.error)(f"socket mode: {state}")

    def hear(self, kind: str, payload: Any) -> None:
        """Do what an envelope asks for, and answer whoever sent it."""
        try:
            heard = read(kind, payload)
        except ValueError as error:
            self._count("unreadable")
            log.warning("cannot be read", error=str(error))
            return
        try:
            answer = barred(heard, self._membership) or self._respond(heard)
        except (SQLAlchemyError, LedgerError) as error:
            self._metrics.ledger_errors.inc()
            log.error("cannot use the ledger", error=str(error))  # noqa: TRY400 - one line says it
            answer = self._failed()
        except Exception:
            log.exception("cannot do what was asked for", author=heard.person.author)
            answer = self._failed()
        else:
            self._count("refused" if answer.refused else "done")
        self._deliver(heard, answer)

    def _respond(self, heard: Heard) -> Answer:
        """One at a time: what is decided on is still so when it is written."""
        context = self._context
        with self._acting:
            room = Room(context.catalogue, context.ledger, self._levels(), self._clock())
            return respond(room, heard)

    def _failed(self) -> Answer:
        self._count("failed")
        return Answer(Message("That failed; the engine's log says why. Try again.", "warning"))

    def _deliver(self, heard: Heard, answer: Answer) -> None:
        told = answer.told
        try:
            if isinstance(told, Message):
                self._desk.say(heard.url, told)
            elif isinstance(heard, Press):
                self._show(heard, told)
        except SlackError as error:
            log.warning("cannot answer", author=heard.person.author, error=str(error))

    def _show(self, press: Press, view: dict[str, Any]) -> None:
        try:
            self._desk.open(press.trigger, view)
        except SlackError as error:
            text = f"The form did not open: {error}. Press again."
            self._desk.say(press.url, Message(text, "warning"))

    def _count(self, result: str) -> None:
        self._metrics.slack_requests.labels(result).inc()
