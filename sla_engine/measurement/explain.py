"""Why the ledger says what it says of an outage."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from service_catalogue import Catalogue, Service
from service_catalogue.past import at
from sla_engine.accounting.corrections import find_outage
from sla_engine.accounting.figures import facts_of
from sla_engine.accounting.terms import failing, quorums, terms
from sla_engine.domain.availability import share
from sla_engine.domain.events import MINUTE
from sla_engine.domain.history import History, timeline_of
from sla_engine.domain.interval import Interval, Intervals, clip, total
from sla_engine.domain.maintenance import MaintenanceWindow
from sla_engine.domain.outage import Outage
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import Books
from sla_engine.maintenance.windows import concerns, windows_in
from sla_engine.measurement.derive import cadence, has_cadence
from sla_engine.measurement.fetch import source
from sla_engine.measurement.request_counters import event_counters
from sla_engine.prometheus import Client, PrometheusError, Series, promql
from sla_engine.prometheus.extract import Ask, Source, asks, raw
from uptime_common.duration import format_duration
from uptime_common.failure import failure_words

_SHOWN = 3
_MOST_MINUTES = 60


def explain(books: Books, client: Client, identifier: str, now: int) -> Iterator[str]:
    """Yield the lines that make a record: class, terms, samples, queries, windows, corrections.

    Where Prometheus does not answer, or the service is no longer in the catalogue, the ledger
    stands alone and the lines say so.

    Raises:
        KeyError: there is no such outage.
    """
    outage = find_outage(books.ledger, identifier)
    service = books.catalogue.find(outage.service)
    lasted = outage.until(now)
    lasted = Interval(lasted.start, max(lasted.end, lasted.start + 1))
    history = books.ledger.histories(lasted, [outage.service]).get(outage.service, History())
    unknown = clip(history.gaps, lasted)
    name = service.name if service else "no longer in the catalogue"
    yield f"{outage.id}  {name} ({outage.service})"
    failed, good = "failed sample", "good sample"
    if service is not None and service.method == "events":
        failed, good = "minute in which too many events failed", "better minute"
    yield f"  start  {rfc3339(outage.start)}  the first {failed}"
    if outage.end is None:
        yield f"  end    open: no {good} so far"
    else:
        yield f"  end    {rfc3339(outage.end)}  the first {good}"
    yield from _seen(books, outage.service, lasted)
    length = format_duration(lasted.length)
    yield f"  length {length}, of which {format_duration(total(unknown))} unknown"
    for gap in unknown:
        yield f"  nothing known from {rfc3339(gap.start)} to {rfc3339(gap.end)}"
    if service is None:
        yield "terms, windows and queries stood in the catalogue's entry, which is gone"
        yield from _minutes(books, outage.service, lasted)
    else:
        yield from _class(books, service, outage, unknown, now)
        yield from _terms(books.catalogue, service, outage)
        yield from _evidence(books, client, service, outage, now)
        windows = windows_in(books.catalogue, books.ledger.windows.touching(lasted), lasted)
        yield from _windows(windows, service, now)
    yield from _corrections(outage)


def _seen(books: Books, service: str, lasted: Interval) -> Iterator[str]:
    """Yield why it began, as it was seen then."""
    why = books.ledger.reasons.of(service, lasted)
    if why is None:
        return
    yield f"  why    {failure_words(why)}"
    for one in why.failed:
        parts = (one.reason, one.phase and f"in phase {one.phase}", one.detail)
        said = ", ".join(part for part in parts if part) or "failed"
        yield f"    {one.target or one.kind}{f' at {one.location}' if one.location else ''}: {said}"


def _class(
    books: Books, service: Service, outage: Outage, unknown: Intervals, now: int
) -> Iterator[str]:
    """Yield what the outage is classed as, and how its time is split."""
    lasted = outage.until(now)
    facts = facts_of(books, lasted, [service], events=False)[service.id]
    part = share(outage, (lasted,), unknown, facts.planned, now)
    owed = share(outage, facts.agreed, unknown, facts.planned, now)
    said = ", by a correction" if outage.reclassified else ""
    yield f"class {part.kind}{said}: " + _split(part.planned, part.unplanned, part.unknown)
    yield "  in the agreed service time: " + _split(owed.planned, owed.unplanned, owed.unknown)


def _split(planned: int, unplanned: int, unknown: int) -> str:
    parts = (("planned", planned), ("unplanned", unplanned), ("unknown", unknown))
    return ", ".join(f"{format_duration(length)} {name}" for name, length in parts)


def _terms(catalogue: Catalogue, service: Service, outage: Outage) -> Iterator[str]:
    """Yield what was agreed when the outage began."""
    held, then = terms(service, outage.start), at(service, outage.start)
    goal = "none" if held.objective is None else f"{float(held.objective * 100):g} %"
    yield f"terms at its start: objective {goal} per {then.window}"
    yield f"  calendar {then.calendar or 'none: owed at any time'}, zone {catalogue.timezone}"
    accounting = held.accounting
    yield f"  maintenance {accounting.maintenance}, unknown {accounting.unknown}"
    if held.min_outage:
        yield f"  outages under {format_duration(held.min_outage)} are not counted"
    moment = Interval(outage.start, outage.start + 1)
    for _, quorum in quorums(service, moment) if service.method != "events" else ():
        yield f"  quorum: probes {quorum.probes}, locations {quorum.locations}"
    beat = cadence(catalogue, then)
    origin = "of the catalogue" if has_cadence(catalogue, then) else "unless measured otherwise"
    step, gap = format_duration(beat.step), format_duration(beat.max_gap)
    yield f"  cadence: a sample every {step} ({origin}), no hole up to {gap}"


def _evidence(
    books: Books, client: Client, service: Service, outage: Outage, now: int
) -> Iterator[str]:
    """Yield what it was derived from."""
    if service.method == "components":
        yield from _components(books, service, outage.until(now))
        return
    if service.method == "events":
        yield from _events(books, service, outage, now)
        return
    for name, moment, ask in _edges(books.catalogue, service, outage, now):
        yield f"samples around the {name}: {_asked(ask)}"
        yield from _samples(client, ask, service.id, moment)
        if service.method == "probes" and moment == outage.start:
            yield from _reasons(client, service.id, ask.period, moment)


def _edges(
    catalogue: Catalogue, service: Service, outage: Outage, now: int
) -> Iterator[tuple[str, int, Ask]]:
    """Yield the edges of an outage of a state: its name, the moment, what to ask around it."""
    near = 2 * cadence(catalogue, service).max_gap
    for name, moment in (("start", outage.start), ("end", outage.end)):
        period = Interval((moment or 0) - near, min((moment or 0) + near, now))
        if moment is not None and period.length > 0:
            (ask,) = asks([source(catalogue, service)], period)
            yield name, moment, ask


class Query(NamedTuple):
    """A query that shows what an outage was derived from.

    ``expression`` is what it is about and ``period`` when; ``instant`` shows the samples of just
    that time whenever it is asked.
    """

    title: str
    expression: str
    period: Interval
    instant: str


def queries(catalogue: Catalogue, service: Service, outage: Outage, now: int) -> Iterator[Query]:
    """Yield what to ask for the samples of an outage; nothing of components, which have none."""
    if service.method == "components":
        return
    if service.method == "events":
        asked = _around_events(outage, now)
        for selector in event_counters(service).selectors():
            yield Query("events", selector, asked, _query(selector, asked, MINUTE))
        return
    for name, _, ask in _edges(catalogue, service, outage, now):
        yield Query(f"around the {name}", ask.selector, ask.period, _asked(ask))


def _around_events(outage: Outage, now: int) -> Interval:
    return Interval(outage.start - MINUTE, min(outage.until(now).end + MINUTE, now))


def _samples(client: Client, ask: Ask, service: str, moment: int) -> Iterator[str]:
    try:
        found = raw(client, [ask]).get(service, ())
    except PrometheusError as error:
        yield f"  not to be had: {error}; the ledger stands alone"
        return
    if not found:
        yield "  gone: older than what Prometheus keeps; the ledger stands alone"
    for series in found:
        yield from _around(series, moment)


def _reasons(client: Client, service: str, period: Interval, moment: int) -> Iterator[str]:
    """Yield why probes failed when it began; nothing where nobody counted that."""
    ask = Ask((Source(service, promql.probe_failures(service)),), period)
    try:
        found = raw(client, [ask]).get(service, ())
    except PrometheusError:
        return  # said of the samples already
    for series in found:
        at = int(np.searchsorted(series.times, moment))
        failed = float(series.values[-1] - (series.values[at - 1] if at else 0))
        if failed > 0:
            name, target, place, why = (
                series.labels.get(label, "?") for label in ("probe", "target", "location", "reason")
            )
            where = f"{name} {target} at {place or 'no location'}"
            yield f"  {where}: {failed:g} attempts failed: {why}"


def _components(books: Books, service: Service, lasted: Interval) -> Iterator[str]:
    """Yield how each component stood, as the ledger has it."""
    yield f"derived from: {service.need or 'all'} of {', '.join(service.components)}"
    histories = books.ledger.histories(lasted, service.components)
    for name in service.components:
        yield f"  {name}"
        for piece in timeline_of(histories.get(name, History()), lasted):
            length = format_duration(piece.end - piece.start)
            yield f"    {rfc3339(piece.start)}  {piece.state.name.lower()} for {length}"


def _minutes(books: Books, service: str, lasted: Interval) -> Iterator[str]:
    """Yield the minutes of events of an outage, the first and last of very many."""
    wide = Interval(lasted.start - MINUTE, lasted.end + MINUTE)
    found = list(books.ledger.events(wide).get(service, ()))
    left_out = len(found) - _MOST_MINUTES
    for number, minute in enumerate(found):
        if left_out > 0 and _MOST_MINUTES // 2 <= number < len(found) - _MOST_MINUTES // 2:
            if number == _MOST_MINUTES // 2:
                yield f"  ... {left_out} minutes"
            continue
        failed = minute.total - minute.good
        mark = "" if lasted.start <= minute.start < lasted.end else "  around it"
        yield f"  {rfc3339(minute.start)}  {failed:g} of {minute.total:g} failed{mark}"


def _events(books: Books, service: Service, outage: Outage, now: int) -> Iterator[str]:
    counters = event_counters(service)
    part, all_ = (
        " plus ".join(one.added) + "".join(f" less {selector}" for selector in one.taken)
        for one in (counters.part, counters.total)
    )
    failed = "failed, " if counters.failed else ""
    yield f"derived from: {failed}{part} over {all_}, by the minute"
    bar = failing(service, outage.start)
    yield f"a minute of outage: {bar.share:.6g} of its events failed; {bar.least:g} in all, or more"
    yield from _minutes(books, service.id, outage.until(now))
    asked = _around_events(outage, now)
    for selector in counters.selectors():
        yield f"query: {_query(selector, asked, MINUTE)}"


def _asked(ask: Ask) -> str:
    source_ = ask.sources[0]
    return _query(ask.selector, ask.period, None if source_.is_selector else source_.step)


def _query(expression: str, period: Interval, step: int | None) -> str:
    """Return an instant query that shows the samples of a period whenever it is asked."""
    at = f"@ {(period.end - 1) / 1000:.3f}"
    if step is None:
        return f"{expression}[{period.length}ms] {at}"
    return f"({expression})[{period.length}ms:{step}ms] {at}"


def _around(series: Series, moment: int) -> Iterator[str]:
    labels = ", ".join(f'{k}="{v}"' for k, v in sorted(series.labels.items()) if k != "__name__")
    yield f"  {{{labels}}}"
    at = int(np.searchsorted(series.times, moment))
    for i in range(max(0, at - _SHOWN), min(len(series.times), at + _SHOWN)):
        mark = "  <" if series.times[i] == moment else ""
        yield f"    {rfc3339(int(series.times[i]))}  {series.values[i]:g}{mark}"


def _windows(windows: Sequence[MaintenanceWindow], service: Service, now: int) -> Iterator[str]:
    ours = [window for window in windows if concerns(window.scope, service)]
    if not ours:
        yield "no maintenance window of the service touches it"
    for window in ours:
        late = ", approved after it had begun" if window.retroactive else ""
        yield f"window {window.id} ({window.source}): {window.title}: {window.state(now)}{late}"
        for event in window.events:
            login = f" ({event.login})" if event.login else ""
            said = f"{event.kind} by {event.author}{login} {event.reason}"
            yield f"  {rfc3339(event.time)} {said}".rstrip()
        for planned in window.planned():
            yield f"  plans {rfc3339(planned.start)} to {rfc3339(planned.end)}"


def _corrections(outage: Outage) -> Iterator[str]:
    if not outage.corrections:
        yield "no corrections"
    for c in outage.corrections:
        change = f"{c.field}: {c.before or '-'} -> {c.after or '-'}"
        login = f" ({c.login})" if c.login else ""
        yield f"correction {rfc3339(c.time)} by {c.author}{login}: {change} ({c.reason})"
