"""Why the ledger says what it says of an outage."""

from collections.abc import Iterator, Sequence

import numpy as np

from service_catalogue import Catalogue, Service
from sla_engine.accounting.corrections import find_outage
from sla_engine.domain.interval import Interval, clip, total
from sla_engine.domain.maintenance import MaintenanceWindow
from sla_engine.domain.outage import Outage
from sla_engine.domain.period import rfc3339
from sla_engine.ledger import Books
from sla_engine.maintenance.windows import concerns, windows_in
from sla_engine.measurement.derive import cadence
from sla_engine.measurement.fetch import source
from sla_engine.prometheus import Client, PrometheusError, Series
from sla_engine.prometheus.extract import Ask, asks, raw
from uptime_common.duration import format_duration

_SHOWN = 3


def explain(books: Books, client: Client, identifier: str, now: int) -> Iterator[str]:
    """Yield the lines that make a record: samples, queries, windows, corrections.

    Where Prometheus has no answer the lines say so, and the rest stands.

    Raises:
        KeyError: there is no such outage, or its service is no longer in the catalogue.
    """
    outage = find_outage(books.ledger, identifier)
    service = books.catalogue.service(outage.service)
    lasted = outage.until(now)
    history = books.ledger.histories(lasted, [service.id])[service.id]
    unknown = clip(history.gaps, lasted)
    yield f"{outage.id}  {service.name} ({service.id})"
    yield f"  start  {rfc3339(outage.start)}  the first failed sample"
    if outage.end is None:
        yield "  end    open: no good sample so far"
    else:
        yield f"  end    {rfc3339(outage.end)}  the first good sample"
    length = format_duration(lasted.length)
    yield f"  length {length}, of which {format_duration(total(unknown))} unknown"
    for gap in unknown:
        yield f"  nothing known from {rfc3339(gap.start)} to {rfc3339(gap.end)}"
    yield from _samples(books.catalogue, client, service, outage, now)
    yield from _windows(
        windows_in(books.catalogue, books.ledger.windows.touching(lasted), lasted), service, now
    )
    yield from _corrections(outage)


def _samples(
    catalogue: Catalogue, client: Client, service: Service, outage: Outage, now: int
) -> Iterator[str]:
    if service.method == "components":
        need = service.need or "all"
        yield f"derived from: {need} of {', '.join(service.components)}"
        return
    if service.method == "events":
        assert service.sli is not None  # noqa: S101 - as its method says
        yield f"derived from: {service.sli.good} over {service.sli.total}, by the minute"
        return
    beat = cadence(catalogue, service)
    near = 2 * beat.max_gap
    edges = [("start", outage.start), *([("end", outage.end)] if outage.end else [])]
    for name, moment in edges:
        period = Interval(moment - near, min(moment + near, now))
        (ask,) = asks([source(catalogue, service)], period)
        yield f"samples around the {name}: {_query(ask)}"
        try:
            found = raw(client, [ask]).get(service.id, ())
        except PrometheusError as error:
            yield f"  not to be had: {error}"
            continue
        if not found:
            yield "  gone: older than what Prometheus keeps; the ledger stands alone"
        for series in found:
            yield from _around(series, moment)


def _query(ask: Ask) -> str:
    seconds = (ask.period.end - 1) / 1000
    return f"{ask.selector}[{ask.period.length}ms] at {seconds:.3f}"


def _around(series: Series, moment: int) -> Iterator[str]:
    labels = ", ".join(f'{k}="{v}"' for k, v in sorted(series.labels.items()) if k != "__name__")
    yield f"  {{{labels}}}"
    at = int(np.searchsorted(series.times, moment))
    for i in range(max(0, at - _SHOWN), min(len(series.times), at + _SHOWN)):
        mark = "  <" if series.times[i] == moment else ""
        yield f"    {rfc3339(int(series.times[i]))}  {series.values[i]:g}{mark}"


def _windows(windows: Sequence[MaintenanceWindow], service: Service, now: int) -> Iterator[str]:
    for window in windows:
        if concerns(window.scope, service):
            late = ", approved after it had begun" if window.retroactive else ""
            yield f"window {window.id} ({window.source}): {window.title}: {window.state(now)}{late}"
            for planned in window.planned():
                yield f"  plans {rfc3339(planned.start)} to {rfc3339(planned.end)}"


def _corrections(outage: Outage) -> Iterator[str]:
    for c in outage.corrections:
        change = f"{c.field}: {c.before or '-'} -> {c.after or '-'}"
        yield f"correction {rfc3339(c.time)} by {c.author}: {change} ({c.reason})"
