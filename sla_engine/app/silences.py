"""What ``serve`` does about Alertmanager's silences."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from sla_engine.alertmanager import AlertmanagerError, Client
from sla_engine.app.context import now
from sla_engine.app.engine import Engine
from sla_engine.app.log_once import LogOnce
from sla_engine.ledger import Books, LedgerError
from sla_engine.maintenance.silences import pull, push

EVERY_SECONDS = 30
_FEED = "Alertmanager's silences"
"""Their name among feeds, which no feed of the catalogue can have."""

log = structlog.get_logger("silences")


class SilenceKeeper:
    """Exchanges silences and maintenance windows; a failure is told once, not at every run."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log_once = LogOnce("silences", "silences not exchanged")

    def __call__(self) -> None:
        """Bring both sides up to date."""
        with self._log_once.about(AlertmanagerError, LedgerError, SQLAlchemyError):
            self._exchange()

    def _exchange(self) -> None:
        context, at = self._engine.context, now()
        catalogue, ledger = context.catalogue, context.ledger
        settings = catalogue.maintenance.silences
        if settings is None:
            return
        metrics = self._engine.metrics
        metrics.feed_watched(_FEED, EVERY_SECONDS * 1000)
        with Client(settings.url) as client:
            if pulled := pull(Books(catalogue, ledger), client, at):
                log.info("silences written down as requests", count=pulled)
            if settings.push:
                done = push(Books(catalogue, ledger), client, at)
                if any(done):
                    log.info("silences pushed", posted=len(done.post), expired=len(done.expire))
        metrics.feed_read(_FEED, at, skipped=0)
