"""What the running engine tells people: the outbox, its sender, and what metrics show of them."""

import os
import threading
import time
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sla_engine.app.context import Context, now
from sla_engine.app.notifiers import make_notifiers, report_addresses
from sla_engine.domain.isolation import one_line
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.ledger import Decided, LedgerError, Outbox, snapshot
from sla_engine.metrics import EngineMetrics
from sla_engine.notices.budgets import BudgetWatch
from sla_engine.notices.kinds import Situation
from sla_engine.notices.registry import due_notices
from sla_engine.notices.sender import Sender
from sla_engine.reports import charts

log = structlog.get_logger("notify")

_WAIT_SECONDS = 1.0


class Notifications:
    """Sends what is due; a failure is counted and told, and tried again later.

    Each notifier has a thread of its own while something is due by it, so that none waits for
    another. `send` and `foresee` are called by one thread at a time.

    Raises:
        JobError: a notifier is not configured as it must be.
    """

    def __init__(self, context: Context, metrics: EngineMetrics) -> None:
        self._metrics = metrics
        self._outbox = Outbox(context.ledger.engine)
        notifiers = make_notifiers(context.catalogue, os.environ)
        self._addresses = report_addresses(context.catalogue, notifiers)
        self.sender = Sender(
            context.books, self._outbox, notifiers, now, context.client, signer=context.signer
        )
        plain = any(report.format == "slack" for report in context.catalogue.reports)
        if plain and (needed := charts.missing()):
            log.warning("reports come without a picture", needs=needed)
        self._context = context
        self._budgets = BudgetWatch(context.catalogue)
        self._decided = Decided()
        self._said = ""  # of what went wrong with a kind of notices
        self._written: set[str] = set()  # the keys that the outbox need not be asked for again
        self._lanes: dict[str, threading.Thread] = {}
        for notifier in notifiers.values():
            metrics.notices_sent.labels(notifier.name)
        log.info("notices go out", by={scheme: one.name for scheme, one in notifiers.items()})

    def succeed(self, before: "Notifications") -> None:
        """Go on where another catalogue's left off, when it has sent what it is sending.

        What a notifier asked us to wait for still holds. Budgets are told of from the next levels
        on: those known are of the catalogue before.
        """
        self.sender.held_until = before.sender.held_until
        self.sender.figures = before.sender.figures

    def know(self, context: Context) -> None:
        """Take the same catalogue with what the ledger has learned of it."""
        self._context = context
        self.sender.know(context.books)

    def start(self) -> None:
        """Try again what was given up lately: what was wrong may have been mended."""
        if revived := self.sender.revive():
            log.info("trying again what was given up", notices=revived)

    def judge(self, levels: Sequence[ServiceLevel], at: int) -> None:
        """Take the levels of a tick: their figures are of the periods of that moment (ms UTC)."""
        own = {level.service: level.windows.get(level.window) for level in levels}
        known = {service: found for service, found in own.items() if found is not None}
        self.sender.figures = known
        self._budgets.judge(known, at)

    def foresee(self) -> None:
        """Write down what the last levels, the clock and people's decisions bring."""
        try:
            with snapshot(self._context.ledger, self._decided) as ledger:
                situation = Situation(
                    self._context.books._replace(ledger=ledger),
                    Outbox(ledger.engine),
                    now(),
                    threads=self.sender.threads,
                    addresses=self._addresses,
                    budgets=self._budgets.notices,
                )
                foreseen = tuple(due_notices(situation, self._not_foreseen))
            self._outbox.add(notice for notice in foreseen if notice.key not in self._written)
            self._written = {notice.key for notice in foreseen}
        except (SQLAlchemyError, LedgerError) as error:
            self._unusable(error)

    def send(self) -> None:
        """Let every notifier deliver what is due, and wait a moment for those that are quick."""
        try:
            for scheme in self.sender.address() - self._busy():
                lane = threading.Thread(target=self._deliver, args=(scheme,), daemon=True)
                self._lanes[scheme] = lane
                lane.start()
            self.idle(_WAIT_SECONDS)
            oldest = self._outbox.oldest()
            self._metrics.outbox_pending.set(self._outbox.pending())
        except (SQLAlchemyError, LedgerError) as error:
            self._unusable(error)
            return
        self._metrics.outbox_oldest.set(0 if oldest is None else oldest / 1000)

    def idle(self, seconds: float | None = None) -> bool:
        """Say whether no notifier delivers, after waiting for those that do (None: to the end)."""
        deadline = None if seconds is None else time.monotonic() + seconds
        for lane in tuple(self._lanes.values()):
            lane.join(None if deadline is None else max(0, deadline - time.monotonic()))
        return not self._busy()

    def _busy(self) -> set[str]:
        return {scheme for scheme, lane in tuple(self._lanes.items()) if lane.is_alive()}

    def _deliver(self, scheme: str) -> None:
        try:
            tally = self.sender.deliver(scheme)
        except (SQLAlchemyError, LedgerError) as error:
            self._unusable(error)
            return
        for name, count in tally.delivered.items():
            self._metrics.notices_sent.labels(name).inc(count)
        for name, reason in tally.failures:
            self._metrics.notice_failures.labels(name, reason).inc()

    def _not_foreseen(self, error: Exception) -> None:
        """Raise what is the ledger's fault; another is one kind's own and keeps back no other."""
        if isinstance(error, SQLAlchemyError | LedgerError | OSError):
            raise error
        self._metrics.notice_failures.labels("engine", "internal").inc()
        if (said := f"{type(error).__name__}: {one_line(error)}") != self._said:
            log.error("notices not foreseen", error=said, exc_info=error)
        self._said = said

    def _unusable(self, error: Exception) -> None:
        self._metrics.ledger_errors.inc()
        log.error("cannot use the outbox", error=str(error))
