"""A catalogue together with what the ledger knows of its past: what held, and since when."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError

from service_catalogue import Catalogue, Service
from service_catalogue.agreement import Agreement
from service_catalogue.calendar import Calendar
from service_catalogue.maintenance import WindowEntry
from service_catalogue.model import WindowVersion
from service_catalogue.past import Version, pieces_of
from service_catalogue.service import FOREVER, Piece
from service_catalogue.terms import (
    Value,
    agreement_value,
    same_service,
    service_of,
    service_value,
    terms_of,
)
from sla_engine.ledger.terms import SEEN, UPGRADE, Term, changes

_T = TypeVar("_T")
_Owed = TypeVar("_Owed", Service | None, Agreement)
log = structlog.get_logger("terms")


class Dated(NamedTuple):
    """A value with the moment at which it was seen (ms UTC); None where it left."""

    seen: int
    value: Value | None
    origin: str


Known = Mapping[tuple[str, str], Sequence[Dated]]


def every_term(
    catalogue: Catalogue, rows: Sequence[Term], now: int, policy: str
) -> tuple[Term, ...]:
    """Return the ledger's rows with what the catalogue says anew, first seen ``now`` (ms UTC)."""
    if not rows:
        return ()
    last, digest = rows[-1].id, catalogue.digest
    found = changes(rows, terms_of(catalogue, policy))
    new = [
        Term(last + number, subject, now, before, after, digest, SEEN)
        for number, (subject, before, after) in enumerate(found, 1)
    ]
    return (*rows, *new)


def in_force(catalogue: Catalogue, rows: Sequence[Term]) -> Catalogue:
    """Return a catalogue that knows its past from terms, oldest first.

    Without rows nothing is known but the catalogue.
    """
    if not rows:
        return catalogue
    known: dict[tuple[str, str], list[Dated]] = defaultdict(list)
    for row in rows:
        known[row.subject].append(Dated(row.time, row.after, row.origin))
    zones = [Dated(d.seen, d.value, d.origin) for d in known["settings", ""] if d.value]
    calendars = _calendars(known, zones)
    former: dict[str, Calendar] = {}
    # What other rows said of its past may stand in the catalogue: these rows alone count.
    ours = {s.id: s.with_past(()) if s.past else s for s in catalogue.services}
    joined = {old for service in catalogue.services for old in service.formerly}
    services: list[Service] = []
    left: list[Service] = []
    for (kind, name), _ in tuple(known.items()):
        if kind != "service" or name in joined:
            continue
        current = ours.get(name)
        versions = _with_former(known, name, current, zones)
        if not versions:
            continue
        pieces = _with_calendars(pieces_of(versions), calendars, former)
        last = current or next((v.service for v in reversed(versions) if v.service), None)
        if current is not None and pieces == (Piece(FOREVER, current),):
            continue  # nothing else ever held
        if last is not None:
            (services if current else left).append(last.with_past(pieces))
    made = {service.id: service for service in services}
    departed = tuple(_departed(catalogue, known))
    agreements = {
        one.id: _by_calendar(_agreed(known, one), calendars, former)
        for one in (*catalogue.agreements, *(gone for _, gone in departed))
    }
    return catalogue.of_time(
        services=tuple(made.get(name, service) for name, service in ours.items()),
        left=tuple(left),
        calendars=former,
        windows=tuple(_windows(known, zones)),
        agreements=agreements,
        departed=departed,
        away=dict(
            _all_away(known, (*catalogue.agreements, *(gone for _, gone in departed)), departed)
        ),
        zones=tuple((d.seen, ZoneInfo(_zone(zones, d.seen))) for d in zones)
        if _moved(zones)
        else (),
        currencies=_currencies(zones, catalogue.currency),
    )


def _currencies(settings: Sequence[Dated], now: str) -> tuple[tuple[int, str], ...]:
    """Return the organisation's currencies, each with when it was seen (ms UTC), if it changed."""
    known = tuple((d.seen, str(d.value.get("currency", now))) for d in settings if d.value)
    return known if len({one for _, one in known}) > 1 else ()


def versions_of(catalogue: Catalogue, rows: Sequence[Term], name: str) -> list[Version]:
    """Return the versions of a service from terms, oldest first, those of former ids with them."""
    known: dict[tuple[str, str], list[Dated]] = defaultdict(list)
    for row in rows:
        known[row.subject].append(Dated(row.time, row.after, row.origin))
    found = catalogue.find(name)
    current = None if any(one is found for one in catalogue.left) else found
    return _with_former(known, name, current, ()) if known.get(("service", name)) else []


def _with_former(
    known: Known, name: str, current: Service | None, zones: Sequence[Dated]
) -> list[Version]:
    """Return the versions of a service, and those of former ids where it was not there itself."""
    dated = known["service", name]
    own = list(_versions(dated, _same(current, dated), zones))
    former: list[Version] = []
    for old in current.formerly if current else ():
        there = [d for d in known.get(("service", old), ()) if d.value is not None]
        former += _versions(there, None, zones)
    ends = [*(one.seen for one in own[1:]), FOREVER]
    alive = [(one.seen, end) for one, end in zip(own, ends, strict=False) if one.service]
    away = [f for f in former if not any(seen <= f.seen < end for seen, end in alive)]
    return sorted((*own, *away), key=lambda version: version.seen)


def _same(service: Service | None, dated: Sequence[Dated]) -> Service | None:
    """Return the catalogue's service where the last row is of it."""
    if service is None or dated[-1].value is None:
        return None
    return service if same_service(dated[-1].value, service_value(service)) else None


def _read(value: Value, make: Callable[[Value], _T], name: str) -> _T | None:
    """Return what a value says; None, and a line in the log, where another version wrote it."""
    try:
        return make(value)
    except ValidationError as error:
        log.warning("a former term cannot be read", term=name, error=str(error).splitlines()[0])
        return None


def _versions(
    dated: Iterable[Dated], current: Service | None, zones: Sequence[Dated]
) -> Iterator[Version]:
    """Yield the versions of a service; the last one is the catalogue's own."""
    items = list(dated)
    for number, (seen, value, _) in enumerate(items):
        if value is None:
            yield Version(seen, None)
        elif number == len(items) - 1 and current is not None:
            yield Version(seen, current)
        elif service := _read(value, service_of, str(value.get("id"))):
            yield Version(seen, _in_zone(service, zones, seen))


def _in_zone(service: Service, zones: Sequence[Dated], seen: int) -> Service:
    """Return a service whose days are of the zone that was the organisation's then."""
    zone = ZoneInfo(_zone(zones, seen))
    days = {name: getattr(service, name) for name in ("since", "until")}
    bare = {name: day for name, day in days.items() if day is not None and day.tzinfo is None}
    if not bare:
        return service
    return service.model_copy(update={n: day.replace(tzinfo=zone) for n, day in bare.items()})


def _zone(zones: Sequence[Dated], moment: int) -> str:
    held = [d for d in zones if d.seen <= moment] or zones[:1]
    value = held[-1].value if held else None
    return "UTC" if value is None else str(value["timezone"])


def _moved(zones: Sequence[Dated]) -> bool:
    """Say whether the organisation's zone ever changed."""
    return len({_zone(zones, d.seen) for d in zones}) > 1


Calendars = Mapping[str, Sequence[tuple[int, Calendar]]]


def _calendars(known: Known, zones: Sequence[Dated]) -> Calendars:
    """Return every calendar as it was, with its zone where that changed, by name."""
    moved = _moved(zones)
    found: dict[str, list[tuple[int, Calendar]]] = {}
    for (kind, name), dated in known.items():
        if kind != "calendar":
            continue
        items = [(d.seen, _read(d.value, Calendar.model_validate, name)) for d in dated if d.value]
        held = [(seen, one) for seen, one in items if one is not None]
        moments = sorted({seen for seen, _ in held} | ({d.seen for d in zones} if moved else set()))
        found[name] = [
            (moment, _local(_held(held, moment), _zone(zones, moment) if moved else None))
            for moment in moments
            if held
        ]
    return found


def _held(items: Sequence[tuple[int, _T]], moment: int) -> _T:
    return ([one for seen, one in items if seen <= moment] or [items[0][1]])[-1]


def _local(calendar: Calendar, zone: str | None) -> Calendar:
    if zone is None or calendar.timezone is not None:
        return calendar
    return calendar.model_copy(update={"timezone": ZoneInfo(zone)})


def _with_calendars(
    pieces: Iterable[Piece], calendars: Calendars, former: dict[str, Calendar]
) -> tuple[Piece, ...]:
    """Return pieces cut where their calendar changed; the former ones go into ``former``."""
    found: list[Piece] = []
    start = -FOREVER
    for until, service in pieces:
        name = None if service is None else service.calendar
        versions = [] if name is None else calendars.get(name, ())
        cuts = [seen for seen, _ in versions[1:] if start < seen < until]
        found += [
            Piece(cut, _of_calendar(service, versions, cut - 1, former)) for cut in (*cuts, until)
        ]
        start = until
    return tuple(found)


def _of_calendar(
    owed: _Owed, versions: Sequence[tuple[int, Calendar]], moment: int, former: dict[str, Calendar]
) -> _Owed:
    if owed is None or not versions:
        return owed
    held = _held(versions, moment)
    if len(versions) == 1:
        former[owed.calendar or ""] = held
        return owed
    name = f"{owed.calendar}@{versions.index(next(v for v in versions if v[1] is held))}"
    former[name] = held
    return owed.model_copy(update={"calendar": name})


def _agreed(known: Known, agreement: Agreement) -> tuple[tuple[int, Agreement], ...]:
    """Return the terms that an agreement had, each with when it was seen.

    The last are today's, where the last row is of them.
    """
    dated = [d for d in known.get(("agreement", agreement.id), ()) if d.value is not None]
    if not dated:
        return ((0, agreement),)
    read = [(d.seen, _read(d.value or {}, Agreement.model_validate, agreement.id)) for d in dated]
    if dated[-1].value == agreement_value(agreement):
        read[-1] = (dated[-1].seen, agreement)
    return tuple((seen, one) for seen, one in read if one is not None) or ((0, agreement),)


def _all_away(
    known: Known, agreements: Iterable[Agreement], departed: Iterable[tuple[int, Agreement]]
) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    """Yield from when to when agreements were not there (ms UTC), by id.

    One that took the place of another of the same customer was not there before: else two would
    owe for the same time.
    """
    left = {(seen, one.customer) for seen, one in departed}
    for one in agreements:
        dated = known.get(("agreement", one.id), ())
        ends = [*(d.seen for d in dated[1:]), FOREVER]
        spans = zip(dated, ends, strict=False)
        gone = tuple((row.seen, end) for row, end in spans if row.value is None)
        if dated and (dated[0].seen, one.customer) in left:
            gone = ((-FOREVER, dated[0].seen), *gone)
        if gone:
            yield one.id, gone


def _by_calendar(
    dated: Sequence[tuple[int, Agreement]], calendars: Calendars, former: dict[str, Calendar]
) -> tuple[tuple[int, Agreement], ...]:
    """Return an agreement's terms also where its calendar changed, which ``former`` takes."""
    found: list[tuple[int, Agreement]] = []
    for (seen, one), (until, _) in pairwise((*dated, (FOREVER, dated[-1][1]))):
        versions = calendars.get(one.calendar or "", ())
        cuts = [seen, *(at for at, _ in versions[1:] if seen < at < until)]
        found += [(at, _of_calendar(one, versions, at, former)) for at in cuts]
    return tuple(found)


def _departed(catalogue: Catalogue, known: Known) -> Iterator[tuple[int, Agreement]]:
    """Yield the agreements that are not in the catalogue any more, with when that was seen."""
    there = {one.id for one in catalogue.agreements}
    for (kind, name), dated in known.items():
        if kind != "agreement" or name in there or dated[-1].value is not None:
            continue
        last = next((d.value for d in reversed(dated) if d.value is not None), None)
        one = None if last is None else _read(last, Agreement.model_validate, name)
        if one is not None:
            yield dated[-1].seen, one


def _windows(known: Known, zones: Sequence[Dated]) -> Iterator[WindowVersion]:
    """Yield the catalogue's windows, as they are and as they were, oldest version first."""
    moved = _moved(zones)
    for (kind, name), dated in known.items():
        if kind != "window":
            continue
        for number, (seen, value, origin) in enumerate(dated):
            entry = None if value is None else _read(value, WindowEntry.model_validate, name)
            until = dated[number + 1].seen if number + 1 < len(dated) else None
            if entry is not None and moved and entry.timezone is None:
                entry = entry.model_copy(update={"timezone": ZoneInfo(_zone(zones, seen))})
            if entry is not None:
                yield WindowVersion(entry, None if origin == UPGRADE else seen, until)
