"""What the running engine tells people: the outbox, its sender, and what metrics show of them."""

import os
from collections.abc import Iterator, Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sla_engine.app.context import Context, now
from sla_engine.app.errors import JobError
from sla_engine.app.notifiers import choose
from sla_engine.domain.availability import Figures
from sla_engine.domain.service_level import ServiceLevel
from sla_engine.ledger import NoticeRow, Outbox
from sla_engine.metrics import EngineMetrics
from sla_engine.notices.approvals import APPROVAL_KINDS, approval_composer, approval_notices
from sla_engine.notices.budgets import budget_composer, budget_notices
from sla_engine.notices.maintenance import maintenance_notices, work_composer
from sla_engine.notices.outages import correction_notices, running_notices
from sla_engine.notices.reports import composer, due_reports
from sla_engine.notices.sender import Compose, Sender
from sla_engine.notifiers import apprise_notifier
from sla_engine.reports import charts

log = structlog.get_logger("notify")


class Notifications:
    """Sends what is due; a failure is counted and told, and tried again later."""

    def __init__(self, context: Context, metrics: EngineMetrics) -> None:
        self._metrics = metrics
        self._outbox = Outbox(context.ledger.engine)
        try:
            name, notifier = choose(context.catalogue.slack, os.environ)
        except (OSError, ValueError) as error:
            raise JobError(f"slack: {error}") from error
        try:
            self._elsewhere = apprise_notifier(context.catalogue.reports, os.environ)
        except ValueError as error:
            raise JobError(f"reports: {error}") from error
        self.sender = Sender(
            context.catalogue,
            self._outbox,
            notifier,
            now,
            one_channel=name == "slack-webhook",
            elsewhere=self._elsewhere,
            composers=_composers(context),
        )
        plain = any(report.format == "slack" for report in context.catalogue.reports)
        if plain and (needed := charts.missing()):
            log.warning("reports come without a picture", needs=needed)
        self._context = context
        self._judged: dict[str, Figures] = {}
        self._budgets: tuple[NoticeRow, ...] = ()  # of the figures judged
        self._written: set[str] = set()  # the keys that the outbox need not be asked for again
        log.info("notices go out", by=name)

    def succeed(self, before: "Notifications") -> None:
        """Go on where another catalogue's left off; what Slack asked us to wait for still holds.

        Budgets are told of from the next levels on: those known are of the catalogue before.
        """
        self.sender.held_until = before.sender.held_until
        self.sender.figures = before.sender.figures

    def start(self) -> None:
        """Try again what was given up lately: what was wrong may have been mended."""
        if revived := self.sender.revive():
            log.info("trying again what was given up", notices=revived)

    def judge(self, levels: Sequence[ServiceLevel], at: int) -> None:
        """Take the levels of a tick: their figures are of the periods of that moment (ms UTC)."""
        own = {level.service: level.windows.get(level.window) for level in levels}
        known = {service: found for service, found in own.items() if found is not None}
        self.sender.figures = known
        # Figures that are still the same have brought their warning: a period's end makes new ones.
        fresh = {s: found for s, found in known.items() if found is not self._judged.get(s)}
        kept = [r for r in self._budgets if r.service in known and r.service not in fresh]
        self._budgets = (*kept, *budget_notices(self._context.catalogue, fresh, at))
        self._judged = known

    def foresee(self) -> None:
        """Write down what the last levels, the clock and people's decisions bring."""
        try:
            foreseen = (*self._foreseen(now()), *self._budgets)
            self._outbox.add(notice for notice in foreseen if notice.key not in self._written)
            self._written = {notice.key for notice in foreseen}
        except SQLAlchemyError as error:
            self._unusable(error)

    def send(self) -> None:
        """Deliver what is due."""
        try:
            tally = self.sender.run()
            oldest = self._outbox.oldest()
            self._metrics.outbox_pending.set(self._outbox.pending())
        except SQLAlchemyError as error:
            self._unusable(error)
            return
        self._metrics.notices_sent.inc(tally.sent)
        for reason in tally.reasons:
            self._metrics.notice_failures.labels(reason).inc()
        self._metrics.outbox_oldest.set(0 if oldest is None else oldest / 1000)

    def _unusable(self, error: SQLAlchemyError) -> None:
        self._metrics.ledger_errors.inc()
        log.error("cannot use the outbox", error=str(error))

    def _foreseen(self, at: int) -> Iterator[NoticeRow]:
        """Yield what neither a change of an outage nor one of the figures brings."""
        books = self._context.books
        yield from correction_notices(books, self._outbox, at)
        if self.sender.notifier.threads:  # elsewhere it would be a message each time
            yield from running_notices(books, self._outbox, at)
        yield from maintenance_notices(books, self._outbox, at)
        yield from approval_notices(books, self._outbox, at)
        yield from due_reports(books, self._outbox, at, self._elsewhere)


def _composers(context: Context) -> dict[str, Compose]:
    """Return what writes the letters of notices that are not outages'."""
    catalogue = context.catalogue
    work = work_composer(catalogue)
    stages = ("soon", "started", "ended", "overrun")
    return {
        "report": composer(context.books, now, context.client),
        "budget": budget_composer(catalogue),
        **{f"maintenance_{stage}": work for stage in stages},
        **dict.fromkeys(APPROVAL_KINDS, approval_composer(catalogue)),
    }
