"""iCalendar feeds -> maintenance windows of the ledger.

What a feed says is written down once for each occurrence, so that a past window stays when the feed
forgets it; one that is still to come and is gone from the feed is cancelled, and asked for anew
when it comes back.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

import recurring_ical_events  # type: ignore[import-untyped] # it ships no types
from icalendar import Calendar
from icalendar import Event as Entry

from service_catalogue.maintenance import Feed
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.ledger import Books, Ledger
from sla_engine.ledger.maintenance import Request

BEHIND, AHEAD = 31 * 86_400_000, 92 * 86_400_000
"""How far around now a feed is unrolled (ms): what was written down stays."""


class FeedError(ValueError):
    """A feed is not an iCalendar file."""


def occurrences(feed: Feed, text: str, zone: tzinfo, now: int) -> dict[str, Request]:
    """Return the occurrences of a feed's events around ``now`` (ms UTC) by their ids.

    Events of a whole day and those without a zone are in ``zone``; cancelled ones are left out.

    Raises:
        FeedError: the text is no iCalendar.
    """
    near = Interval(now - BEHIND, now + AHEAD)
    try:
        query = recurring_ical_events.of(Calendar.from_ical(text))
        found = query.between(_utc(near.start), _utc(near.end))
    except (ValueError, KeyError, IndexError) as error:
        raise FeedError(f"feed {feed.id}: not an iCalendar file: {error}") from error
    scope = Scope(feed.services, feed.tiers, tuple(sorted(feed.labels.items())))
    requests = (_request(feed, entry, scope, zone) for entry in found)
    return {request.id: request for request in requests if request is not None}


def _request(feed: Feed, entry: Entry, scope: Scope, zone: tzinfo) -> Request | None:
    if str(entry.get("STATUS", "")).upper() == "CANCELLED":
        return None
    start = _ms(entry.decoded("DTSTART"), zone)
    end = _ms(_end(entry), zone)
    if end <= start:
        return None
    seed = f"{feed.id}\n{entry.get('UID', '')}\n{start}\n{end}"
    identifier = "F-" + hashlib.sha256(seed.encode()).hexdigest()[:10]
    title = str(entry.get("SUMMARY", feed.id))
    return Request(identifier, f"feed:{feed.id}", title, scope, start, end, str(zone))


def _end(entry: Entry) -> date:
    """Return when an event ends: by DTEND, DURATION, or after its day (RFC 5545, 3.6.1)."""
    if "DTEND" in entry:
        end: date = entry.decoded("DTEND")
        return end
    start: date = entry.decoded("DTSTART")
    if "DURATION" in entry:
        length: timedelta = entry.decoded("DURATION")
        return start + length
    return start if isinstance(start, datetime) else start + timedelta(days=1)


def _ms(moment: date, zone: tzinfo) -> int:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    return milliseconds(moment, zone)


def _utc(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / 1000, UTC)


def pull(books: Books, feed: Feed, text: str, now: int) -> int:
    """Write down what is new in a feed and cancel what is gone from it; return how many changed.

    Its windows are approved by the feed's ``approver``; without one they wait for somebody's.

    Raises:
        FeedError: the text is no iCalendar; nothing changes.
    """
    told = occurrences(feed, text, books.catalogue.timezone, now)
    known = _known(books.ledger, feed)
    changed = 0
    for identifier, request in told.items():
        before = known.get(identifier)
        if before is None:
            changed += _write_down(books.ledger, feed, request, now)
        elif before.taken_back(feed) and now < request.end:
            changed += _write_down(books.ledger, feed, request._replace(id=before.next_id), now)
    for identifier, (request, events) in known.items():
        gone = identifier not in told and now < request.end and request.start < now + AHEAD
        if gone and events[-1].kind in ("requested", "approved"):
            event = WindowEvent(now, "cancelled", _author(feed), "no longer in the feed")
            books.ledger.windows.append(request.id, event)
            changed += 1
    return changed


class _Known(NamedTuple):
    """What the ledger has of an occurrence; ids of one that came back are ``F-1.2``, ``F-1.3``."""

    request: Request
    events: tuple[WindowEvent, ...]

    @property
    def turn(self) -> int:
        """Return how many times it came."""
        return int(self.request.id.partition(".")[2] or 1)

    @property
    def next_id(self) -> str:
        """Return the id for the next time: what was cancelled stays cancelled."""
        return f"{self.request.id.partition('.')[0]}.{self.turn + 1}"

    def taken_back(self, feed: Feed) -> bool:
        """Say whether the feed itself cancelled it, and no person did."""
        last = self.events[-1]
        return last.kind == "cancelled" and last.author == _author(feed)


def _known(ledger: Ledger, feed: Feed) -> dict[str, _Known]:
    """Return the last turn of each occurrence of a feed, by the id of the first."""
    found: dict[str, _Known] = {}
    for request, events in ledger.windows.of_source(f"feed:{feed.id}"):
        one, first = _Known(request, events), request.id.partition(".")[0]
        if first not in found or found[first].turn < one.turn:
            found[first] = one
    return found


def _author(feed: Feed) -> str:
    return f"feed {feed.id}"


def _write_down(ledger: Ledger, feed: Feed, request: Request, now: int) -> bool:
    added = ledger.windows.add(request, WindowEvent(now, "requested", _author(feed)))
    if added and feed.approver is not None:
        ledger.windows.append(request.id, WindowEvent(now, "approved", feed.approver))
    return added
