"""The page of a service: how it is, its contract's window, its outages, what is planned."""

from collections.abc import Iterator
from datetime import tzinfo

from service_catalogue import Service
from service_catalogue.terms import Subject
from sla_engine.accounting.figures import as_of, facts_of
from sla_engine.accounting.service_levels import status_rows
from sla_engine.accounting.terms import failing, quorums, terms
from sla_engine.app.engine import Published
from sla_engine.app.outage_view import Named, named
from sla_engine.domain.availability import shares
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import Outage
from sla_engine.domain.service_level import ServiceLevel, StatusRow
from sla_engine.ledger import Books
from sla_engine.maintenance.windows import concerns, windows_in
from sla_engine.measurement.derive import cadence, has_cadence
from sla_engine.notices.links import Place, links
from sla_engine.reports.links import outage_path
from sla_engine.web.detail import WORDS, Cell, Detail, Grid, Link
from uptime_common import humanize
from uptime_common.failure import failure_words

_ROOT = "../"
_DAY = 86_400_000
_BACK, _AHEAD = 90 * _DAY, 90 * _DAY
_LISTED = 100
_HOUR = 3_600_000


def service_page(published: Published, name: str, now: int) -> Detail | None:
    """Return the page of a service, by its id now or before; None where nobody knows of it."""
    books = published.context.books
    who, zone = named(books.catalogue, name), books.catalogue.timezone
    outages = _outages(books, who, now)
    if who.service is None and not outages:
        return None
    level = next((one for one in published.levels if one.service == who.id), None)
    row = _row(published, level, now)
    return Detail(
        organization=books.catalogue.organization,
        title=who.id if who.service is None else who.service.name,
        state="unknown" if row is None else row.state,
        label="Not watched" if row is None else WORDS[row.state],
        summary=_summary(row),
        generated=humanize.moment(now, zone),
        root=_ROOT,
        facts=[one for one in _facts(who, level, row, zone) if one[1]],
        grids=_grids(books, who, outages, now),
        links=[] if who.service is None else _links(published, who.service, now),
    )


def _row(published: Published, level: ServiceLevel | None, now: int) -> StatusRow | None:
    if level is None:
        return None
    [row] = status_rows(published.context.books, [level], now, published.faults)
    return row


def _summary(row: StatusRow | None) -> str:
    if row is None:
        return "The engine watches no service of this id now."
    if row.problem:
        return f"It cannot be measured: {row.problem}."
    if row.since:
        return f"{'Known until' if row.state == 'unknown' else 'Since'} {row.since}."
    return ""


def _facts(
    who: Named, level: ServiceLevel | None, row: StatusRow | None, zone: tzinfo
) -> Iterator[tuple[str, Cell]]:
    yield "Service", who.id if len(who.ids) == 1 else f"{who.id}, before {', '.join(who.ids[1:])}"
    if who.service is not None:
        yield "Owner", f"{who.service.owner}, {who.service.tier} tier"
    if level is not None and level.known_until is not None:
        yield "State known until", humanize.moment(level.known_until, zone)
    if row is None or level is None:
        return
    yield "Why", row.why or ""
    yield "Objective", f"{humanize.agreed(row.objective)} per {row.window}"
    since = f", as of {row.as_of}{', stale' if row.stale else ''}" if row.as_of else ""
    yield "Availability", f"{humanize.percent(row.availability)} in this {row.window}{since}"
    yield "Lost", row.failed
    yield "Coverage", f"{humanize.share(row.coverage)} of it known"
    if row.has_budget:
        how = f", {row.window_state.replace('_', ' ')}" if row.window_state else ""
        left = f"{humanize.share(row.budget_remaining)}{f': {row.left}' if row.left else ''}"
        yield "Error budget left", f"{left}{how}"
    figures = level.windows.get(level.window)
    if figures is not None and figures.exhausted is not None:
        yield "Used up at this pace", humanize.moment(figures.exhausted, zone)


def _grids(books: Books, who: Named, outages: list[Outage], now: int) -> list[Grid]:
    zone = books.catalogue.timezone
    grids = [_listed(books, who, outages, now)]
    if who.service is not None:
        grids += [_planned(books, who.service, now), _terms(books, who.service, now, zone)]
    return grids


def _outages(books: Books, who: Named, now: int) -> list[Outage]:
    """Return the outages of the last 90 days, newest first."""
    period = Interval(now - _BACK, now + 1)
    if who.service is not None:
        found = facts_of(books, period, [who.service], events=False)[who.id].outages
    else:
        held = books.ledger.histories(period, [who.id]).get(who.id, History())
        found = [Outage(who.id, *span) for span in held.outages]
    return sorted(found, key=lambda one: -one.start)


def _listed(books: Books, who: Named, outages: list[Outage], now: int) -> Grid:
    zone, kinds = books.catalogue.timezone, {}
    if who.service is not None and outages:
        wide = Interval(outages[-1].start, now + 1)
        facts = facts_of(books, wide, [who.service], events=False)[who.id]
        judged = shares(facts, as_of(books.ledger, now))
        kinds = {one.outage.start: one.kind for one in judged if one.down or one.unknown}
    first = min((one.start for one in outages), default=now)
    why = books.ledger.reasons.within(Interval(first, now + 1), [who.id]).get(who.id)
    rows = []
    for one in outages[:_LISTED]:
        lasted = one.until(now)
        seen = why.inside(Interval(one.start, lasted.end + 1)) if why else None
        cause = one.cause or (failure_words(seen) if seen else humanize.NOTHING)
        rows.append((
            Link(humanize.moment(one.start, zone), f"{_ROOT}{outage_path(who.id, one.start)}"),
            "not yet" if one.end is None else humanize.moment(one.end, zone),
            humanize.duration(lasted.length),
            kinds.get(one.start, "not owed"),
            f"{cause}{f' ({one.ticket})' if one.ticket else ''}",
        ))  # fmt: skip
    more = len(outages) - len(rows)
    head = ("Began", "Ended", "Lasted", "Class", "Why")
    note = f"and {more} older" if more else ""
    return Grid("Outages of the last 90 days", head, rows, "There were none.", note)


def _planned(books: Books, service: Service, now: int) -> Grid:
    """Return the work of the next 90 days, what is under way first."""
    zone, span = books.catalogue.timezone, Interval(now, now + _AHEAD)
    rows = []
    for window in windows_in(books.catalogue, books.ledger.windows.touching(span), span):
        if concerns(window.scope, service):
            state = window.state(now)
            for one in window.occurrences:
                underway = state == "active" and not one.start <= now < one.end
                rows.append((one.start, (
                    humanize.stretch(one.start, one.end, zone),
                    window.title,
                    "approved" if underway else state,
                )))  # fmt: skip
    rows.sort()
    more = len(rows) - _LISTED // 5
    return Grid(
        "Planned work of the next 90 days",
        ("When", "Work", "State"),
        [row for _, row in rows[: _LISTED // 5]],
        "None is planned.",
        f"and {more} more" if more > 0 else "",
    )


def _terms(books: Books, service: Service, now: int, zone: tzinfo) -> Grid:
    """Return what is agreed now, and since when the ledger knows."""
    rows = [(name, value) for name, value in _agreed(books, service, now) if value]
    seen = books.ledger.terms.newest(Subject("service", service.id))
    note = f"In the ledger since {humanize.moment(seen.time, zone)}." if seen else ""
    return Grid("Terms in force", (), rows, "", note)


def _agreed(books: Books, service: Service, now: int) -> Iterator[tuple[str, str]]:
    catalogue, held = books.catalogue, terms(service, now)
    goal = None if held.objective is None else float(held.objective)
    yield "Objective", f"{humanize.agreed(goal)} per {service.window}"
    yield "Hours", service.calendar or "at any time"
    yield "Zone", str(service.timezone or catalogue.timezone)
    yield "Planned downtime", _POLICIES[held.accounting.maintenance]
    yield "Unknown time", _POLICIES[held.accounting.unknown]
    if held.min_outage:
        yield "Too short to count", f"under {humanize.duration(held.min_outage)}"
    if service.after:
        yield "Told", f"when it lasted {humanize.duration(service.after)}"
    yield "Judged by", _method(service)
    if service.method == "probes":
        for _, quorum in quorums(service, Interval(now, now + 1)):
            yield "Quorum", f"probes {quorum.probes}, locations {quorum.locations}"
    if service.method == "components":
        yield "Made of", f"{service.need or 'all'} of {', '.join(service.components)}"
    if service.method == "events":
        bar = failing(service, now)
        yield "A minute of outage", f"{humanize.agreed(bar.share)} of its events failed"
        yield "An outage", f"{bar.least:g} failed in all, or more"
    beat = cadence(catalogue, service)
    origin = "" if has_cadence(catalogue, service) else ", unless measured otherwise"
    step, gap = humanize.duration(beat.step), humanize.duration(beat.max_gap)
    yield "Cadence", f"a sample every {step}{origin}; no hole up to {gap}"
    for credit in service.credits:
        yield "Credit", f"{credit.credit:g} % below {credit.below:g} %"
    if service.cost_per_hour is not None:
        yield "Cost of an hour down", f"{service.cost_per_hour:,.2f} {catalogue.currency}"


def _method(service: Service) -> str:
    sliced = service.sli.timeslice if service.sli else None
    if sliced is None:
        return service.method
    length = humanize.duration(sliced.length)
    if sliced.target is None:
        return f"slices of {length}, each by its share of good events"
    return f"slices of {length}: good with {humanize.agreed(float(sliced.target))} of events good"


_POLICIES = {
    "exclude": "left out",
    "count_up": "counted as up",
    "count_down": "counted as down",
}


def _links(published: Published, service: Service, now: int) -> list[Link]:
    catalogue = published.context.catalogue
    around = Interval(now - _HOUR, now)
    found = links(catalogue, [Place(service.id)], around, silence=False)
    report = Link("Report of this month", f"{_ROOT}report?period=this-month&services={service.id}")
    return [report, *(Link(*one) for one in found if one[0] not in {"Service", "Status"})]
