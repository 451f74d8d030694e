"""Why outages begin: asked once, when they do, in a bounded number of questions."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import structlog

from service_catalogue import Service
from sla_engine.domain.events import MINUTE
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan, outages
from sla_engine.domain.timeline import State
from sla_engine.ledger import Books, Derived
from sla_engine.ledger.reasons import OutageStart
from sla_engine.measurement.derive import cadence
from sla_engine.prometheus import Client, PrometheusError, QueryError, Series, promql
from uptime_common.failure import Failure, Failures, plain_target

log = structlog.get_logger("reasons")

_SPAN = 300_000
"""The longest time (ms) that one question looks at; what began later is left without a reason."""
_MOST_SERVICES = 500
_MOST_EXPRESSIONS = 20
_MOST_SERIES = 12
_HIDDEN = ("__name__",)

New = dict[OutageStart, OutageSpan]


def reasons(
    books: Books, client: Client, derived: Sequence[Derived], now: int
) -> dict[OutageStart, Failures]:
    """Return why the outages began that the ledger does not know yet.

    One question is asked for all that are probed, one for each expression (of 20 at most) as it was
    at the start. What cannot be had is left out: a reason is no verdict.
    """
    new = _new(books, derived)
    if not new:
        return {}
    by_method: dict[str, New] = {}
    for outage, span in new.items():
        service = books.catalogue.find(outage.service)
        if service is not None:
            by_method.setdefault(service.method, {})[outage] = span
    lines = {item.service: item for item in derived}
    found = dict(_of_events(by_method.get("events", {}), lines))
    found |= dict(_of_components(books, by_method.get("components", {}), lines))
    try:
        found |= _of_probes(books, client, by_method.get("probes", {}), now)
        for outage, why in _of_expressions(books, client, by_method.get("promql", {})):
            found[outage] = why
    except PrometheusError as error:
        log.warning("why outages began could not be asked for", error=str(error))
    return found


def _new(books: Books, derived: Iterable[Derived]) -> New:
    down = {d.service: spans for d in derived if (spans := outages(d.timeline))}
    if not down:
        return {}
    first = min(span.start for spans in down.values() for span in spans)
    until = max(d.timeline[-1].end for d in derived if d.timeline)
    known = books.ledger.histories(Interval(first, until), down)
    return {
        OutageStart(service, span.start): span
        for service, spans in down.items()
        for span in spans
        if service not in known or not _overlaps(span, known[service].outages)
    }


def _overlaps(span: OutageSpan, others: Iterable[OutageSpan]) -> bool:
    return any(
        (other.end is None or span.start < other.end)
        and (span.end is None or other.start < span.end)
        for other in others
    )


def _of_probes(books: Books, client: Client, new: New, now: int) -> dict[OutageStart, Failures]:
    """Return what the exporters say of the probes that failed then."""
    if not new:
        return {}
    step = max(cadence(books.catalogue, books.catalogue.service(o.service)).step for o in new)
    start = max(min(o.start for o in new), now - _SPAN) - step
    asked = sorted({o.service for o in new if o.start > start})[:_MOST_SERVICES]
    if not asked:
        return {}
    query = promql.samples(promql.probe_results(asked), now - start)
    answer = client.instant(query, now, samples=True)
    by_service: dict[str, list[Series]] = {}
    for series in answer.series:
        by_service.setdefault(series.labels.get("service", ""), []).append(series)
    found = {}
    for outage, span in new.items():
        if outage.service in by_service:
            around = Interval(outage.start - step, now + 1 if span.end is None else span.end)
            found[outage] = _probed(by_service[outage.service], around)
    return found


def _probed(found: Iterable[Series], lasted: Interval) -> Failures:
    failed: dict[tuple[str, str, str], Failure] = {}
    locations = set()
    for series in found:
        name, labels = series.labels.get("__name__"), series.labels
        inside = (series.times >= lasted.start) & (series.times < lasted.end)
        values = series.values[inside]
        place, target = labels.get("location", ""), plain_target(labels.get("target", ""))
        key = labels.get("probe", ""), target, place
        locations.add(place)
        if name == promql.FAILURE_INFO and values.size:
            words = (labels.get(label, "") for label in ("phase", "reason", "detail"))
            failed[key] = Failure("probe", target, place, *words)
        elif name == promql.PROBE_SUCCESS and (values == 0).any():
            failed.setdefault(key, Failure("probe", target, place))
    kept = islice(sorted(failed.values()), _MOST_SERIES)
    return Failures(tuple(kept), len(locations))


def _of_expressions(
    books: Books, client: Client, new: New
) -> Iterator[tuple[OutageStart, Failures]]:
    """Yield the values at the edge of what PromQL judges."""
    for outage in islice(sorted(new), _MOST_EXPRESSIONS):
        expression = _expression(books.catalogue.service(outage.service))
        if expression is None:
            continue
        try:
            answer = client.instant(promql.bracketed(expression), outage.start)
        except QueryError as error:  # one expression's own; a server that is away ends the asking
            log.warning(
                "why an outage began is not known", service=outage.service, error=str(error)
            )
            continue
        failed = [
            Failure("series", _labels(series.labels), detail=f"{series.values[-1]:g}")
            for series in answer.series
            if series.values.size and series.values[-1] == 0
        ]
        yield outage, Failures(tuple(sorted(failed)[:_MOST_SERIES]))


def _expression(service: Service) -> str | None:
    return service.sli.promql if service.sli else None


def _labels(labels: Mapping[str, str]) -> str:
    """Return a series' labels; of an address in them only what holds no secret."""
    shown = (f'{k}="{plain_target(v)}"' for k, v in sorted(labels.items()) if k not in _HIDDEN)
    return labels.get("__name__", "") + ("{" + ", ".join(shown) + "}" if len(labels) else "")


def _of_events(
    new: Collection[OutageStart], lines: Mapping[str, Derived]
) -> Iterator[tuple[OutageStart, Failures]]:
    for outage in new:
        first = next(
            (m for m in lines[outage.service].events or () if m.start >= outage.start - MINUTE + 1),
            None,
        )
        if first is not None:
            counted = f"{first.total - first.good:g}/{first.total:g}"
            yield outage, Failures((Failure("events", "", detail=counted),))


def _of_components(
    books: Books, new: Collection[OutageStart], lines: Mapping[str, Derived]
) -> Iterator[tuple[OutageStart, Failures]]:
    for outage in new:
        down = [
            Failure("component", part)
            for part in books.catalogue.service(outage.service).components
            if part in lines and _down_at(lines[part], outage.start)
        ]
        yield outage, Failures(tuple(down))


def _down_at(item: Derived, moment: int) -> bool:
    return any(s.start <= moment < s.end and s.state is State.DOWN for s in item.timeline)
