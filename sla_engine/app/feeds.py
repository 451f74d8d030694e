"""What ``serve`` does about iCalendar feeds."""

import codecs
import threading
import time
from collections.abc import Callable
from typing import Final

import requests
import structlog
from sqlalchemy.exc import SQLAlchemyError

from service_catalogue.maintenance import Feed
from sla_engine.app.context import Context, now
from sla_engine.app.log_once import LogOnce
from sla_engine.ledger import LedgerError
from sla_engine.maintenance.ical_feeds import FeedError, pull
from sla_engine.metrics import EngineMetrics
from uptime_common import humanize

_TIMEOUT = 30
_PATIENCE = 60.0
_MOST_BYTES: Final = 10 * 1024 * 1024
_CHUNK = 64 * 1024
_NAMED = 20
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

log = structlog.get_logger("feeds")


class FeedReader:
    """Reads one feed again and again; a failure is told once, and what is known stays.

    ``fetch`` returns the bytes of a feed; ``patience`` is how long that may take (seconds).
    """

    def __init__(
        self,
        context: Context,
        feed: Feed,
        metrics: EngineMetrics,
        fetch: Callable[[Feed], bytes] | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self._context, self._feed, self._metrics = context, feed, metrics
        self._fetch, self._patience = fetch or read, patience
        self._log_once = LogOnce("feeds", "feed not read", feed=feed.id)
        self._skipped = LogOnce("feeds", "events of a feed skipped", feed=feed.id)
        self._reading: _Reading | None = None

    def __call__(self) -> None:
        """Bring the ledger's windows up to date with the feed."""
        self._metrics.feed_watched(self._feed.id, self._feed.refresh)
        with self._log_once.about(OSError, FeedError, LedgerError, SQLAlchemyError):
            text = decoded(self._bytes())
            at = now()
            done = pull(self._context.books, self._feed, text, at)
            self._metrics.feed_read(self._feed.id, at, skipped=len(done.skipped))
            with self._skipped.about(FeedError):
                if done.skipped:
                    raise FeedError(humanize.listed(done.skipped, _NAMED))
            if done.changed:
                log.info("feed read", feed=self._feed.id, changed=done.changed)

    def _bytes(self) -> bytes:
        """Return what the feed says; one that trickles or hangs is given up after a while."""
        if self._reading is None or not self._reading.is_alive():
            self._reading = _Reading(self._fetch, self._feed)
            self._reading.start()
            self._reading.join(self._patience)
        if self._reading.is_alive():
            raise FeedError(f"not read within {self._patience:g} s")
        return self._reading.result()


class _Reading(threading.Thread):
    """One reading, in a thread that may be left behind: a name server or a pipe may hang."""

    def __init__(self, fetch: Callable[[Feed], bytes], feed: Feed) -> None:
        super().__init__(name=f"feed {feed.id}", daemon=True)
        self._fetch, self._feed = fetch, feed
        self._body: bytes | Exception = b""

    def run(self) -> None:
        """Read."""
        try:
            self._body = self._fetch(self._feed)
        except Exception as error:  # noqa: BLE001 - it is raised where somebody hears it
            self._body = error

    def result(self) -> bytes:
        """Return what was read, or raise what went wrong."""
        if isinstance(self._body, ValueError):  # a redirect may lead to no address
            raise FeedError(str(self._body)) from self._body
        if isinstance(self._body, Exception):
            raise self._body
        return self._body


def read(feed: Feed) -> bytes:
    """Return the bytes of a feed, a file or by HTTP; redirects lead to HTTP and nowhere else.

    Raises:
        OSError: it cannot be had.
        FeedError: it is longer than 10 MiB, unpacked.
    """
    if feed.file is not None:
        with feed.file.open("rb") as file:
            return _bounded(file.read(_MOST_BYTES + 1))
    begun, body = time.monotonic(), b""
    with requests.get(str(feed.url), timeout=_TIMEOUT, stream=True) as response:
        response.raise_for_status()
        for chunk in response.iter_content(_CHUNK):
            body = _bounded(body + chunk)
            if time.monotonic() - begun > _PATIENCE:
                raise FeedError(f"not read within {_PATIENCE:g} s")
    return body


def _bounded(body: bytes) -> bytes:
    if len(body) > _MOST_BYTES:
        raise FeedError(f"longer than {_MOST_BYTES // 1024**2} MiB")
    return body


def decoded(body: bytes) -> str:
    """Return the text of a feed: UTF-8, or what its byte order mark says."""
    found = (name for mark, name in _BOMS.items() if body.startswith(mark))
    return body.decode(next(found, "utf-8"), errors="replace")
