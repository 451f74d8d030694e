"""iCalendar feeds -> maintenance windows of the ledger.

What a feed says is written down once for each occurrence, so that a past window stays when the feed
forgets it; one that is still to come and is gone from the feed is cancelled, and asked for anew
when it comes back.
"""

import hashlib
import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

import recurring_ical_events  # type: ignore[import-untyped] # it ships no types
from icalendar import Calendar, Component
from icalendar import Event as Entry

from service_catalogue.computable import MOST_A_YEAR, flaws
from service_catalogue.maintenance import Feed
from service_catalogue.rule import parse_rule
from sla_engine.domain.actor import ENGINE
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.ledger import Books, Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.maintenance.ical_events import (
    EventError,
    NotCalendarError,
    as_calendar,
    events,
    home_zone,
)
from sla_engine.maintenance.windows import bare

BEHIND, AHEAD = 31 * 86_400_000, 92 * 86_400_000
"""How far around now a feed is unrolled (ms): what was written down stays."""


_LONGEST_REASON, _LONGEST_TITLE = 200, 80


class FeedError(ValueError):
    """A feed is not an iCalendar file."""


class Occurrences(NamedTuple):
    """What a feed says: windows by their ids, and each event that was left out with the reason.

    ``skipped_titles`` has the titles of those, None where one cannot be read.
    """

    found: dict[str, Request]
    skipped: tuple[str, ...]
    skipped_titles: frozenset[str]


def occurrences(feed: Feed, text: str, zone: tzinfo, now: int) -> Occurrences:
    """Return the occurrences of a feed's events around ``now`` (ms UTC).

    Events of a whole day and those without a zone are in their calendar's own zone, where it names
    one, else in ``zone``; cancelled ones are left out.
    An event that makes no sense is skipped, and the rest counts.

    Raises:
        FeedError: the text is no iCalendar.
    """
    try:
        groups = events(text)
    except NotCalendarError as error:
        raise FeedError(f"feed {feed.id}: not an iCalendar file: {error}") from error
    found: dict[str, Request] = {}
    skipped: list[str] = []
    titles: set[str] = set()
    for group in groups.values():
        try:
            found |= _of_group(feed, as_calendar(group), home_zone(group) or zone, now)
        except Exception as error:  # noqa: BLE001 - whatever two parsers raise, it is of this event
            why = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
            skipped.append(f"{group[0].title[:_LONGEST_TITLE]!r}: {why}")
            titles |= {_title(event.value("SUMMARY"), feed) for event in group}
    return Occurrences(found, tuple(skipped), frozenset(titles))


def _of_group(feed: Feed, calendar: str, zone: tzinfo, now: int) -> dict[str, Request]:
    if not calendar:
        return {}
    whole = Calendar.from_ical(calendar)
    for entry in whole.walk("VEVENT"):
        _check(entry, zone)
    near = Interval(now - BEHIND, now + AHEAD)
    found = recurring_ical_events.of(whole).between(_utc(near.start), _utc(near.end))
    if len(found) > MOST_A_YEAR:
        raise EventError(f"occurs more than {MOST_A_YEAR} times")
    scope = Scope(feed.services, feed.tiers, tuple(sorted(feed.labels.items())))
    requests = (_request(feed, entry, scope, zone) for entry in found)
    return {request.id: request for request in requests if request is not None}


def _check(entry: Component, zone: tzinfo) -> None:
    """Raise EventError where an event cannot be unrolled, or not in bounded time."""
    if entry.errors:
        raise EventError("; ".join(f"{name}: {why}" for name, why in entry.errors))
    if "DTSTART" not in entry:
        raise EventError("it has no DTSTART")
    start = datetime.fromtimestamp(_ms(entry.decoded("DTSTART"), zone) / 1000, zone)
    length = timedelta(milliseconds=_ms(_end(entry), zone) - _ms(entry.decoded("DTSTART"), zone))
    if length < timedelta():
        raise EventError("it ends before it starts")
    if not length and not _is_cancelled(entry):
        raise EventError("it takes no time: it has neither DTEND nor DURATION, or an empty one")
    local = start.replace(tzinfo=None)
    for name in ("RRULE", "EXRULE"):
        for rule in _listed(entry.get(name)):
            parsed = parse_rule(rule.to_ical().decode())
            for _, flaw in flaws(local, length, parsed, zone, None):
                raise EventError(f"{name} {flaw}" if flaw.startswith("occurs") else flaw)
    for _, flaw in flaws(local, length, None, zone, None):
        raise EventError(flaw)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _title(written: str, feed: Feed) -> str:
    plain = re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], written)
    return plain or feed.id


def _request(feed: Feed, entry: Entry, scope: Scope, zone: tzinfo) -> Request | None:
    if _is_cancelled(entry):
        return None
    start = _ms(entry.decoded("DTSTART"), zone)
    end = _ms(_end(entry), zone)
    if end <= start:
        return None
    seed = f"{feed.id}\n{entry.get('UID', '')}\n{start}\n{end}"
    identifier = "F-" + hashlib.sha256(seed.encode()).hexdigest()[:10]
    title = str(entry.get("SUMMARY", feed.id))
    return Request(identifier, f"feed:{feed.id}", title, scope, start, end, str(zone))


def _is_cancelled(entry: Component) -> bool:
    return str(entry.get("STATUS", "")).upper() == "CANCELLED"


def _end(entry: Component) -> date:
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


class Pulled(NamedTuple):
    """How many windows changed, and the events that were left out with the reason."""

    changed: int
    skipped: tuple[str, ...]


def pull(books: Books, feed: Feed, text: str, now: int) -> Pulled:
    """Write down what is new in a feed and cancel what is gone from it.

    Its windows are approved by the feed's ``approver``; without one they wait for somebody's.
    The same start, end and title is the same occurrence, whatever its UID. What a feed says of an
    event that was skipped is not known, so that nothing that has its title is cancelled.

    Raises:
        FeedError: the text is no iCalendar; nothing changes.
    """
    told = occurrences(feed, text, books.catalogue.timezone, now)
    known = _known(books.ledger, feed)
    by_age = sorted(known.values(), key=lambda one: one.taken_back(feed), reverse=True)
    same = {_what(before.request): before for before in by_age}  # one that holds outdoes others
    changed = 0
    new: set[Occurrence] = set()
    for identifier, request in told.found.items():
        before = same.get(_what(request)) or known.get(identifier)
        if before is None:
            if _what(request) not in new:
                changed += _write_down(books.ledger, feed, request, now)
            new.add(_what(request))
        elif before.taken_back(feed) and now < request.end and _what(request) not in new:
            changed += _write_down(books.ledger, feed, request._replace(id=before.next_id), now)
            new.add(_what(request))
    there = {_what(request) for request in told.found.values()}
    for identifier, (request, happened) in known.items():
        gone = identifier not in told.found and _what(request) not in there
        if request.title in told.skipped_titles or not gone:
            continue
        ahead = now < request.end and request.start < now + AHEAD
        if ahead and _Known(request, happened).last.kind in ("requested", "approved"):
            event = WindowEvent(now, "cancelled", _author(feed), "no longer in the feed", ENGINE)
            books.ledger.windows.append(request.id, event)
            changed += 1
    return Pulled(changed, told.skipped)


Occurrence = tuple[int, int, str]


def _what(request: Request) -> Occurrence:
    return request.start, request.end, request.title


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

    @property
    def last(self) -> WindowEvent:
        """Return what holds of it now."""
        return bare(self.request, self.events).holding[-1]

    def taken_back(self, feed: Feed) -> bool:
        """Say whether the feed itself cancelled it, and no person did."""
        last = self.last
        return last.kind == "cancelled" and last.author == _author(feed)


def _known(ledger: Ledger, feed: Feed) -> dict[str, _Known]:
    """Return the last turn of each occurrence of a feed, by the id of the first."""
    found: dict[str, _Known] = {}
    for request, happened in ledger.windows.of_source(f"feed:{feed.id}"):
        one, first = _Known(request, happened), request.id.partition(".")[0]
        if first not in found or found[first].turn < one.turn:
            found[first] = one
    return found


def _author(feed: Feed) -> str:
    return f"feed {feed.id}"


def _write_down(ledger: Ledger, feed: Feed, request: Request, now: int) -> bool:
    added = ledger.windows.add(request, WindowEvent(now, "requested", _author(feed), "", ENGINE))
    if added and feed.approver is not None:
        ledger.windows.append(request.id, WindowEvent(now, "approved", feed.approver, "", ENGINE))
    return added
