"""What the running engine tells people: the outbox, its sender, and what metrics show of them."""

import os

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sla_engine.app.context import Context, now
from sla_engine.app.errors import JobError
from sla_engine.jobs.notify import Sender
from sla_engine.jobs.reporting import composer, due_reports, problems
from sla_engine.ledger import Outbox
from sla_engine.metrics import EngineMetrics
from sla_engine.notifiers import choose

log = structlog.get_logger("notify")


class Messenger:
    """Sends what is due; a failure is counted and told, and tried again later."""

    def __init__(self, context: Context, metrics: EngineMetrics) -> None:
        self._metrics = metrics
        self._outbox = Outbox(context.ledger.engine)
        try:
            name, notifier = choose(context.catalogue.slack, os.environ)
        except (OSError, ValueError) as error:
            raise JobError(f"slack: {error}") from error
        self._sender = Sender(
            context.catalogue,
            self._outbox,
            notifier,
            now,
            one_channel=name == "slack-webhook",
            composers={"report": composer(context.catalogue, context.ledger, now)},
        )
        self._context = context
        for problem in problems(context.catalogue):
            raise JobError(problem)
        log.info("notices go out", by=name)

    def start(self) -> None:
        """Try again what was given up lately: what was wrong may have been mended."""
        if revived := self._sender.revive():
            log.info("trying again what was given up", notices=revived)

    def send(self) -> None:
        """Deliver what is due."""
        context = self._context
        try:
            self._outbox.add(due_reports(context.catalogue, context.ledger, self._outbox, now()))
            tally = self._sender.run()
            oldest = self._outbox.oldest()
            self._metrics.outbox_pending.set(self._outbox.pending())
        except SQLAlchemyError as error:
            self._metrics.ledger_errors.inc()
            log.error("cannot use the outbox", error=str(error))  # noqa: TRY400 - one line says it
            return
        self._metrics.notices_sent.inc(tally.sent)
        for reason in tally.reasons:
            self._metrics.notice_failures.labels(reason).inc()
        self._metrics.outbox_oldest.set(0 if oldest is None else oldest / 1000)
