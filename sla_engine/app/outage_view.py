"""The page of an outage: what the ledger knows of it, and who was told what and when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from typing import NamedTuple

from service_catalogue import Catalogue, Service
from sla_engine.accounting.corrections import find_outage
from sla_engine.accounting.event_words import failed_words
from sla_engine.accounting.figures import facts_of
from sla_engine.accounting.terms import longest_gap
from sla_engine.app.engine import Published
from sla_engine.domain.actor import shown
from sla_engine.domain.availability import Share, share
from sla_engine.domain.events import Weighed
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval, Intervals, clip
from sla_engine.domain.notice import outage_topic
from sla_engine.domain.outage import Correction, Outage, outage_id
from sla_engine.domain.period import parse_time
from sla_engine.domain.service_level import ServiceState
from sla_engine.ledger import Books, Outbox
from sla_engine.ledger.outbox import Told
from sla_engine.maintenance.windows import concerns, windows_in
from sla_engine.measurement.explain import Query, queries
from sla_engine.notices.links import Place, graph, links
from sla_engine.reports.links import service_path
from sla_engine.web.detail import WORDS, Cell, Code, Detail, Grid, Link
from uptime_common import humanize
from uptime_common.failure import Failures, failure_words

_ROOT = "../../../"
_SILENT = frozenset({"running"})
_STATES = {"pending": "waits", "sent": "told", "failed": "given up", "left_out": "not told: over"}


class Named(NamedTuple):
    """A service as an address names it: its id now, the one in the catalogue, all its ids."""

    id: str
    service: Service | None
    ids: tuple[str, ...]


def named(catalogue: Catalogue, name: str) -> Named:
    """Return the service of an id, also of one that it had before, or that left the catalogue."""
    heirs = (service for service in catalogue.services if name in service.formerly)
    service = catalogue.find(name) or next(heirs, None)
    if service is None:
        return Named(name, None, (name,))
    return Named(service.id, service, (service.id, *service.formerly))


def find(books: Books, who: Named, start: int, now: int) -> Outage | None:
    """Return the outage that an address means, though late samples may have moved its start.

    It is the one that lasted at that moment, or else the first that begins within two ``max_gap``.
    """
    gap = 75_000 if who.service is None else 2 * longest_gap(books.catalogue, who.service)
    near = Interval(start, max(now, start + gap) + 1)
    held = books.ledger.histories(near, [who.id]).get(who.id, History())
    for span in sorted(held.outages):
        if span.start <= start + gap and (span.end is None or span.end > start):
            return find_outage(books.ledger, outage_id(who.id, span.start))
    return None


def outage_page(published: Published, name: str, start: str, now: int) -> Detail | None:
    """Return the page of a service's outage by its start (RFC 3339); None where there was none.

    One that was told of and withdrawn since has a page that says so.
    """
    books = published.context.books
    try:
        moment = parse_time(start, UTC)
    except ValueError:
        return None
    who = named(books.catalogue, name)
    outage = find(books, who, moment, now)
    heard = _heard(published, who, {moment, *([outage.start] if outage else [])})
    if outage is None:
        return _withdrawn(books, who, moment, heard, now) if heard else None
    known = _known(published, who, outage, now)
    return _page(books, who, known, heard, now)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger knows of an outage; ``judged`` and ``owed`` are None without its terms.

    ``until`` is how far its data reach where nobody knows whether it goes on. ``events`` are those
    that came while it lasted, of a service that is judged by them.
    """

    outage: Outage
    lasted: Interval
    gaps: Intervals
    why: Failures | None
    judged: Share | None
    owed: Share | None
    until: int | None
    events: Weighed | None = None


def _known(published: Published, who: Named, outage: Outage, now: int) -> _Known:
    books, (start, end) = published.context.books, outage.until(now)
    lasted = Interval(start, max(end, start + 1))
    held = books.ledger.histories(lasted, [who.id]).get(who.id, History())
    gaps, judged, owed = clip(held.gaps, lasted), None, None
    if who.service is not None:
        facts = facts_of(books, lasted, [who.service], events=False)[who.id]
        judged = share(outage, (lasted,), gaps, facts.planned, now)
        owed = share(outage, facts.agreed, gaps, facts.planned, now)
    level = next((one for one in published.levels if one.service == who.id), None)
    stale = outage.end is None and level is not None and not level.is_current(now)
    until = level.known_until if stale and level is not None else None
    why = books.ledger.reasons.of(who.id, lasted)
    events = None
    if who.service is not None and who.service.method == "events":
        minutes = books.ledger.events(lasted, [who.id]).get(who.id, ())
        events = Weighed(sum(one.good for one in minutes), sum(one.total for one in minutes))
    return _Known(outage, lasted, gaps, why, judged, owed, until, events)


def _page(books: Books, who: Named, known: _Known, heard: Sequence[Told], now: int) -> Detail:
    catalogue, outage = books.catalogue, known.outage
    zone = catalogue.timezone
    state, label = _state(known)
    about = _name(who)
    return Detail(
        organization=catalogue.organization,
        title=f"Outage of {about}",
        state=state,
        label=label,
        summary=_summary(known, zone),
        generated=humanize.moment(now, zone),
        root=_ROOT,
        facts=[(name, value) for name, value in _facts(who, known, zone) if value],
        grids=[
            _split(known),
            _reasons(known.why),
            _windows(books, who.service, known, now),
            _corrections(outage, zone),
            _told(heard, zone),
            _queries(catalogue, who.service, outage, now),
        ],
        links=_links(catalogue, who, known),
        refresh=outage.end is None,
    )


def _name(who: Named) -> str:
    return who.id if who.service is None else who.service.name


def _state(known: _Known) -> tuple[ServiceState, str]:
    if known.outage.end is not None:
        return "up", "Over"
    if known.until is not None:
        return "unknown", WORDS["unknown"]
    planned = known.judged is not None and known.judged.kind == "planned"
    return ("maintenance", "Down for planned work") if planned else ("down", WORDS["down"])


def _summary(known: _Known, zone: tzinfo) -> str:
    outage = known.outage
    if outage.end is not None:
        return f"It lasted {humanize.duration(known.lasted.length)}."
    if known.until is not None:
        return f"Down when last seen; nothing is known since {humanize.moment(known.until, zone)}."
    return f"for {humanize.duration(known.lasted.length)} so far."


def _facts(who: Named, known: _Known, zone: tzinfo) -> Iterator[tuple[str, Cell]]:
    outage, ended = known.outage, known.outage.end
    yield "Service", Link(f"{_name(who)} ({who.id})", f"{_ROOT}{service_path(who.id)}")
    if who.service is not None:
        yield "Owner", f"{who.service.owner}, {who.service.tier} tier"
    yield "Began", humanize.moment(outage.start, zone)
    yield "Ended", "not yet" if ended is None else humanize.moment(ended, zone)
    yield "Lasted" if ended else "So far", humanize.duration(known.lasted.length)
    yield "Lost", failed_words(known.events) if known.events else ""
    if known.judged is not None:
        by_hand = ", by a correction" if outage.reclassified else ""
        yield "Class", f"{known.judged.kind}{by_hand}"
    yield "Why", failure_words(known.why) if known.why else ""
    yield "Cause", outage.cause or ""
    yield "Ticket", outage.ticket or ""
    yield "Taken on by", outage.owner or ""
    yield "Note", outage.note or ""
    yield "Outage", Code(outage.id)


def _split(known: _Known) -> Grid:
    """Return how its time is divided, whole and inside the agreed service time."""
    head = ("Time", "Planned", "Unplanned", "Unknown")
    rows = []
    for name, part in (("Whole", known.judged), ("In the agreed time", known.owed)):
        if part is not None:
            split = (part.planned, part.unplanned, part.unknown)
            rows.append((name, *map(humanize.duration, split)))
    return Grid("Class", head, rows, "The service is no longer in the catalogue.")


def _reasons(why: Failures | None) -> Grid:
    head = ("What failed", "Reason", "Phase", "Detail", "Location")
    rows = [
        (
            one.target or one.kind,
            *(text or humanize.NOTHING for text in (one.reason, one.phase, one.detail)),
            one.location or humanize.NOTHING,
        )
        for one in (why.failed if why else ())
    ]
    return Grid("Why it began", head, rows, "Nothing was seen of why it began.")


def _windows(books: Books, service: Service | None, known: _Known, now: int) -> Grid:
    head = ("Work", "When", "State", "Asked for by", "Approved by", "From")
    zone, rows = books.catalogue.timezone, []
    if service is not None:
        requests = books.ledger.windows.touching(known.lasted)
        for window in windows_in(books.catalogue, requests, known.lasted):
            if concerns(window.scope, service):
                late = ", afterwards" if window.retroactive else ""
                when = [humanize.stretch(one.start, one.end, zone) for one in window.occurrences]
                by = shown(window.approval.author) if window.approval else "nobody"
                state = f"{window.state(now)}{late}"
                rows.append((window.title, humanize.listed(when, 3), state,
                             shown(window.requester), by, window.source))  # fmt: skip
    return Grid("Maintenance windows", head, rows, "No window of the service touches it.")


def _corrections(outage: Outage, zone: tzinfo) -> Grid:
    rows = [
        (
            humanize.moment(one.time, zone),
            shown(one.author),
            _change(one),
            one.reason,
        )
        for one in outage.corrections
    ]
    return Grid("Corrections", ("When", "Who", "What", "Why"), rows, "Nobody corrected anything.")


def _change(one: Correction) -> str:
    """Return what a correction did."""
    after = one.after or "nothing"
    return f"{one.field}: {f'{one.before} to {after}' if one.before else after}"


def _heard(published: Published, who: Named, starts: set[int]) -> list[Told]:
    """Return what was told of an outage, under every id and start that it had."""
    outbox = Outbox(published.context.ledger.engine)
    topics = {outage_topic(outage_id(name, start)) for name in who.ids for start in starts}
    found: list[Told] = []
    while True:
        found = outbox.heard(topics)
        before = {str(one.notice.facts.get("previous_id") or "") for one in found} - {""}
        more = {outage_topic(name) for name in before} - topics
        if not more:
            return found
        topics |= more


def _told(heard: Sequence[Told], zone: tzinfo) -> Grid:
    rows = []
    for one in heard:
        if one.notice.kind not in _SILENT:
            state = _STATES.get(one.state, one.state)
            at = one.notice.time if one.at is None else one.at
            error = f": {one.error}" if one.error and one.state != "sent" else ""
            rows.append((humanize.moment(at, zone), one.notice.kind.replace("_", " "),
                         one.address or "no address yet", f"{state}{error}"))  # fmt: skip
    return Grid("Who was told", ("When", "What", "Where", "State"), rows, "Nobody was told of it.")


def _queries(catalogue: Catalogue, service: Service | None, outage: Outage, now: int) -> Grid:
    found = () if service is None else queries(catalogue, service, outage, now)
    rows = [(one.title, Code(one.instant, _graph(catalogue, one))) for one in found]
    title, empty = "Queries that show its samples", "It has no samples of its own."
    return Grid(title, ("Samples", "PromQL"), rows, empty)


def _graph(catalogue: Catalogue, query: Query) -> str:
    return next((url for _, url in graph(catalogue, query.expression, query.period)), "")


def _links(catalogue: Catalogue, who: Named, known: _Known) -> list[Link]:
    """Return where else to look: not at this page itself."""
    still = known.outage.end is None
    place = Place(who.id, known.outage.start)
    found = links(catalogue, [place], known.lasted, silence=still)
    return [Link(*one) for one in found if one[0] not in {"Outage", "Service", "Status"}]


def _withdrawn(books: Books, who: Named, start: int, heard: Sequence[Told], now: int) -> Detail:
    """Return the page of an outage that was told of and that no samples show any more."""
    catalogue = books.catalogue
    moment = partial(humanize.moment, zone=catalogue.timezone)
    return Detail(
        organization=catalogue.organization,
        title=f"Outage of {_name(who)}",
        state="unknown",
        label="Withdrawn",
        summary=f"It was told of as begun on {moment(start)}; the samples no longer show it.",
        generated=moment(now),
        root=_ROOT,
        facts=[("Service", Link(f"{_name(who)} ({who.id})", f"{_ROOT}{service_path(who.id)}"))],
        grids=[_told(heard, catalogue.timezone)],
        links=[],
        refresh=False,
    )
