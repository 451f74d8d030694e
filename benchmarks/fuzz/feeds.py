"""iCalendar feeds: the only outcomes of bytes are occurrences, each in bounds, and a FeedError."""

from datetime import UTC
from typing import Final

from service_catalogue.maintenance import Feed
from sla_engine.app.feeds import decoded
from sla_engine.maintenance.ical_feeds import FeedError, occurrences

SEEDS: Final = ("tests/maintenance/feeds/*.ics",)
NOW: Final = 1_790_000_000_000  # ms UTC; the same on every run
_FEED: Final = Feed.model_validate({"id": "ops", "url": "http://127.0.0.1:1", "tiers": ["gold"]})
_MOST = 100_000


def one_input(content: bytes) -> None:
    """Read one feed; an exception of another type is a finding, and so is what has no bounds."""
    try:
        told = occurrences(_FEED, decoded(content), UTC, NOW)
    except FeedError:
        return
    for request in told.found.values():
        if request.start >= request.end:
            raise AssertionError(request)
    if len(told.found) > _MOST or not all(line.strip() for line in told.skipped):
        raise AssertionError(told.skipped)
