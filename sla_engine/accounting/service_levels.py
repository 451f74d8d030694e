"""The service levels that the engine exports and shows, from the ledger."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from service_catalogue import Catalogue, Service
from service_catalogue.past import is_constant
from sla_engine.accounting.contracts import contract_kinds, to_come, used_up
from sla_engine.accounting.event_words import budget_words, lost_words
from sla_engine.accounting.figures import as_of, facts_of, figures_in
from sla_engine.accounting.terms import hours_begin, longest_gap, objective, terms, told_after
from sla_engine.domain.availability import AccountingInput, Figures
from sla_engine.domain.contract_window import ROLLING, state_of
from sla_engine.domain.interval import Interval, Intervals
from sla_engine.domain.isolation import Fault, FaultReason, Isolation
from sla_engine.domain.period import containing, shifted
from sla_engine.domain.service_level import ServiceLevel, ServiceState, StatusRow
from sla_engine.ledger import Books, LedgerError
from sla_engine.maintenance.windows import planned, windows_in
from uptime_common import humanize
from uptime_common.failure import failure_words

_DAY = 86_400_000
_ROLLING = {"1d": _DAY, **ROLLING}
LAST_DAY = "1d"
OTHER_WINDOWS = ("7d", "14d", "28d", "30d", "90d", "month", "previous_month", "quarter", "year")
"""Windows that can be worked out of every service, beside its contract's and the last day."""
_AHEAD = 31 * _DAY  # how far maintenance windows are announced
_RECENT = 10 * 60_000
_NO_FIGURES: Mapping[str, Figures] = MappingProxyType({})


Levels = dict[str, dict[str, Figures]]
"""Figures by service id and name of window."""


def window_period(window: str, zone: tzinfo, now: int) -> Interval:
    """Return the period of a window's name at ``now`` (milliseconds UTC).

    ``7d`` and the like end now; ``month``, ``quarter`` and ``year`` are the current ones,
    ``previous_month`` the one before.
    """
    if window in _ROLLING:
        return Interval(now - _ROLLING[window], now)
    match window:
        case "month" | "quarter" | "year":
            period = containing(window, now, zone)
        case "previous_month":
            period = shifted(containing("month", now, zone), -1)
        case _:
            raise ValueError(f"{window!r} is no window")
    return Interval(period.start, period.end)


def window_figures(
    books: Books, now: int, services: Iterable[Service], others: Collection[str] = ()
) -> Levels:
    """Return the figures by service id and window.

    These are the contract's window, the one before it, and the last day; ``others`` are of
    `OTHER_WINDOWS`.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    chosen, zone = tuple(services), books.catalogue.timezone
    everyones = {name: window_period(name, zone, now) for name in (LAST_DAY, *others)}
    periods = {s.id: everyones | _contract_periods(books.catalogue, s, now) for s in chosen}
    every = [period for of in periods.values() for period in of.values()]
    if not every:
        return {}
    wide = Interval(min(p.start for p in every), max(p.end for p in every))
    facts, at = facts_of(books, wide, chosen), as_of(books.ledger, now)
    first = books.ledger.first_samples()
    return {
        service.id: {
            window: _foreseen(
                books.catalogue, service, facts[service.id], period, at, began=first.get(service.id)
            )
            if window == service.window
            else figures_in(service, facts[service.id], period, at)
            for window, period in periods[service.id].items()
        }
        for service in chosen
    }


def _contract_periods(catalogue: Catalogue, service: Service, now: int) -> dict[str, Interval]:
    """Return the contract's window at ``now`` and, where it is of the calendar, the one before."""
    held = contract_kinds(catalogue, service)[-1].window
    own = held.around(now)
    if held.length is not None:
        return {held.name: own}
    return {held.name: own, f"previous_{held.name}": held.around(own.start - 1)}


def _foreseen(
    catalogue: Catalogue,
    service: Service,
    facts: AccountingInput,
    period: Interval,
    at: int,
    *,
    began: int | None,
) -> Figures:
    """Return the figures of the contract's window, with when its budget is used up."""
    found, inside = figures_in(service, facts, period, at), facts.within(period)
    ahead = to_come(catalogue, service, inside.agreed, period, at, began=began)
    held = terms(service, period.start)
    return replace(found, exhausted=used_up(inside, held, found, at, ahead))


class Entry(NamedTuple):
    """What the catalogue says of a service at any time; times in ms."""

    max_gap: int
    told_after: int | None
    info: tuple[tuple[str, str], ...]
    objective: float | None
    """None where another one may hold at another time, too."""


def entries(catalogue: Catalogue) -> dict[str, Entry]:
    """Return what the catalogue says of each service, by id."""
    services = catalogue.services
    agreed = _agreed(catalogue, services)
    return {
        one.id: Entry(
            longest_gap(catalogue, one),
            told_after(catalogue, one) or None,
            _info(one, agreed.get(one.id, ())),
            _owed(one, 0) if is_constant(one) else None,
        )
        for one in services
    }


def service_levels(
    books: Books,
    now: int,
    figures: Mapping[str, Mapping[str, Figures]],
    until: Mapping[str, int] | None = None,
    isolation: Isolation | None = None,
    *,
    reached: Mapping[str, "Reach"] | None = None,
    known: Mapping[str, Entry] | None = None,
) -> list[ServiceLevel]:
    """Return what is exported of every service at ``now``, around figures worked out before.

    ``until`` is how far the data of those figures reach, by service id (ms UTC), ``reached`` what
    `reach` returned for ``now``, ``known`` what `entries` returned. Of one whose level cannot be
    worked out nothing but its name is left; ``isolation`` has why.
    """
    work = partial(
        _levels,
        books,
        now,
        figures,
        until or {},
        reached=reach(books, now) if reached is None else reached,
        known=entries(books.catalogue) if known is None else known,
    )
    if isolation is None:
        return work(books.catalogue.services)
    parts = isolation.divided(books.catalogue.services, lambda service: service.id, work)
    found = {level.service: level for level in chain(*parts)}
    return [
        found.get(service.id) or ServiceLevel(service.id, None, False, None)
        for service in books.catalogue.services
    ]


def account_fault(error: Exception) -> FaultReason:
    """Judge what went wrong while figures were worked out: raise what is the ledger's fault."""
    if isinstance(error, SQLAlchemyError | LedgerError | OSError | MemoryError):
        raise error
    return "accounting"


def _levels(
    books: Books,
    now: int,
    figures: Mapping[str, Mapping[str, Figures]],
    until: Mapping[str, int],
    services: Sequence[Service],
    *,
    reached: Mapping[str, "Reach"],
    known: Mapping[str, Entry],
) -> list[ServiceLevel]:
    opened = books.ledger.open_outages()
    span = Interval(now, now + _AHEAD)
    windows = windows_in(books.catalogue, books.ledger.windows.touching(span), span)
    ahead: Mapping[str, Intervals] = {}
    if windows:
        histories = books.ledger.histories(span)
        ahead = {s.id: planned(books.catalogue, s, windows, histories, span) for s in services}
    hours = {
        of: hours_begin(books.catalogue, *of, span)
        for of in {(service.calendar, service.timezone) for service in services}
    }
    spans = {
        terms: _calendar_window(books.catalogue, service, now)
        for terms, service in {_terms_of_window(s): s for s in services}.items()
    }
    currency = books.catalogue.currency
    found = []
    for service in services:
        name, entry, reach_of = service.id, known[service.id], reached.get(service.id)
        under_way, next_start = _maintenance(ahead[name], now) if ahead else (None, None)
        found.append(
            ServiceLevel(
                service=name,
                objective=_owed(service, now) if entry.objective is None else entry.objective,
                maintenance_active=under_way is not None,
                open_since=opened[name].start if name in opened else None,
                windows=figures.get(name, _NO_FIGURES),
                next_maintenance=next_start,
                cost_per_hour=service.cost_per_hour,
                currency=currency,
                window=service.window,
                locations=service.quorum.locations,
                depends_on=service.depends_on,
                known_until=None if reach_of is None else reach_of.until,
                figures_until=until.get(name),
                has_gap=reach_of is None or reach_of.has_gap,
                max_gap=entry.max_gap,
                maintenance_until=under_way,
                hours_begin=hours.get((service.calendar, service.timezone)),
                info=entry.info,
                period=spans[_terms_of_window(service)],
                told_after=entry.told_after,
            )
        )
    return found


def _owed(service: Service, at: int) -> float | None:
    """Return the objective of a service at a moment (ms UTC)."""
    owed = objective(service, at)
    return None if owed is None else float(owed)


def _maintenance(windows: Intervals, now: int) -> tuple[int | None, int | None]:
    """Return when the maintenance that is under way ends, and when the next one begins."""
    under_way = next((w.end for w in windows if w.start == now), None)
    return under_way, next((w.start for w in windows if w.start > now), None)


def _terms_of_window(service: Service) -> tuple[object, ...]:
    return service.window, service.timezone, service.window_from


def _calendar_window(catalogue: Catalogue, service: Service, now: int) -> Interval | None:
    """Return the contract's window at ``now`` (ms UTC); None of one that rolls."""
    held = contract_kinds(catalogue, service)[-1].window
    return held.around(now) if held.length is None else None


def _agreed(catalogue: Catalogue, services: Sequence[Service]) -> dict[str, list[str]]:
    """Return the agreements of those services that are part of any, by id."""
    found: dict[str, list[str]] = {}
    for agreement in catalogue.agreements:
        named = frozenset(agreement.services)
        for service in services:
            if (not named or service.id in named) and agreement.covers(service):
                found.setdefault(service.id, []).append(agreement.id)
    return found


def _info(service: Service, agreements: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the labels that tell about a service; its own cannot replace ours.

    ``agreement`` and ``labels`` hold several, with commas between, for pickers of one of them.
    """
    ours = {"name": service.name, "owner": service.owner, "tier": service.tier}
    pairs = ",".join(f"{name}={value}" for name, value in service.labels.items())
    ours |= {"method": service.method, "agreement": ",".join(agreements), "labels": pairs}
    found = {**service.labels, **ours}
    return tuple((name, value) for name, value in found.items() if name != "service" and value)


class Reach(NamedTuple):
    """How far the data of a service reach (ms UTC), and whether a gap follows there."""

    until: int
    has_gap: bool


def reach(books: Books, now: int) -> dict[str, Reach]:
    """Return how far the data of each service reach, by its id; nothing of what has none.

    Time of which nobody knows anything is not reached, and neither is what is yet to come.
    """
    recent = books.ledger.last_gaps(Interval(now - _RECENT, now))
    found = {}
    for service, end in books.ledger.covered_until().items():
        gap = recent.get(service)
        if gap is not None and gap.end >= end:
            found[service] = Reach(min(gap.start, now), has_gap=True)
        else:
            found[service] = Reach(min(end, now), has_gap=False)
    return found


def status_rows(
    books: Books,
    levels: Iterable[ServiceLevel],
    now: int,
    faults: Mapping[str, Fault] = MappingProxyType({}),
) -> list[StatusRow]:
    """Return the rows of the status page; each service is judged over its own window.

    One that cannot be measured is unknown, and says why.
    """
    judged = list(levels)
    down = {one.service: one.open_since for one in judged if one.open_since is not None}
    why = {}
    if down:
        seen = books.ledger.reasons.within(Interval(min(down.values()), now + 1), list(down))
        for name, found in seen.items():
            if first := found.inside(Interval(down.get(name, now), now + 1)):
                why[name] = failure_words(first)
    return [
        _row(books.catalogue, level, now, faults.get(level.service), why.get(level.service))
        for level in judged
    ]


def _row(
    catalogue: Catalogue, level: ServiceLevel, now: int, fault: Fault | None, why: str | None
) -> StatusRow:
    service = catalogue.service(level.service)
    state: ServiceState = "unknown" if fault else level.state(now)
    figures = level.windows.get(service.window)
    since = {"unknown": level.known_until, "up": None}.get(state, level.open_since)
    zone, reached = catalogue.timezone, level.figures_until
    return StatusRow(
        id=service.id,
        name=service.name,
        owner=service.owner,
        tier=service.tier,
        state=state,
        since=None if since is None else humanize.moment(since, zone),
        objective=level.objective,
        availability=figures.availability if figures else None,
        budget_remaining=figures.budget_remaining if figures else None,
        coverage=figures.coverage if figures else None,
        window=service.window,
        window_state=state_of(figures, figures.exhausted) if figures else None,
        as_of=None if reached is None or figures is None else humanize.moment(reached, zone),
        stale=figures is not None and level.is_stale(now),
        problem=None if fault is None else f"{fault.reason}: {fault.text}",
        why=why if state == "down" else None,
        failed=lost_words(figures) if figures else "",
        left=budget_words(figures) if figures else "",
    )
