"""What ``serve`` does about iCalendar feeds."""

import requests
import structlog
from sqlalchemy.exc import SQLAlchemyError

from service_catalogue.maintenance import Feed
from sla_engine.app.context import Context, now
from sla_engine.app.log_once import LogOnce
from sla_engine.ledger import LedgerError
from sla_engine.maintenance.ical_feeds import FeedError, pull

_TIMEOUT = 30

log = structlog.get_logger("feeds")


class FeedReader:
    """Reads one feed again and again; a failure is told once, and what is known stays."""

    def __init__(self, context: Context, feed: Feed) -> None:
        self._context = context
        self._feed = feed
        self._log_once = LogOnce("feeds", "feed not read", feed=feed.id)

    def __call__(self) -> None:
        """Bring the ledger's windows up to date with the feed."""
        with self._log_once.about(OSError, FeedError, LedgerError, SQLAlchemyError):
            text = _read(self._feed)
            changed = pull(self._context.books, self._feed, text, now())
            if changed:
                log.info("feed read", feed=self._feed.id, changed=changed)


def _read(feed: Feed) -> str:
    if feed.file is not None:
        return feed.file.read_text(encoding="utf-8")
    response = requests.get(str(feed.url), timeout=_TIMEOUT)
    response.raise_for_status()
    return response.content.decode("utf-8", errors="replace")
