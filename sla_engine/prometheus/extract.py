"""Samples of many services from few queries.

Prometheus 2 includes a range's left edge, Prometheus 3 and VictoriaMetrics exclude it: raw samples
of ``[start, end)`` are asked for at ``end`` - 1 ms over the whole length, which holds them on
either, and what lies before ``start`` is dropped here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sla_engine.domain.interval import Interval
from sla_engine.prometheus import promql
from sla_engine.prometheus.client import Client
from sla_engine.prometheus.error import LimitError
from sla_engine.prometheus.series import Answer, Series

_DAY = 86_400_000
_SMALLEST = 60_000
_BATCH = 100


class Source(NamedTuple):
    """Where a service's samples are; without an expression, in the exporter's ``service_up``.

    ``step`` (ms) is how often an expression that is no selector is evaluated.
    """

    service: str
    expression: str | None = None
    step: int = 15_000


Samples = Mapping[str, tuple[Series, ...]]
"""By service; a series of no sample is left out."""


class _Query(NamedTuple):
    sources: tuple[Source, ...]
    period: Interval


def raw(client: Client, sources: Sequence[Source], period: Interval) -> Samples:
    """Return every sample in a period (ms UTC, half-open).

    Raises:
        PrometheusError: there is no answer.
    """
    parts: dict[str, dict[tuple[tuple[str, str], ...], list[Series]]]
    parts = defaultdict(lambda: defaultdict(list))
    for window in _windows(period, _DAY):
        for batch in _batches(sources):
            for service, series in _ask(client, _Query(batch, window)):
                parts[service][tuple(sorted(series.labels.items()))].append(series)
    return {
        service: tuple(_joined(pieces) for pieces in found.values())
        for service, found in parts.items()
    }


def _windows(period: Interval, length: int) -> Iterator[Interval]:
    for start in range(period.start, period.end, length):
        yield Interval(start, min(start + length, period.end))


def _batches(sources: Iterable[Source]) -> Iterator[tuple[Source, ...]]:
    ours = [s for s in sources if s.expression is None]
    for i in range(0, len(ours), _BATCH):
        yield tuple(ours[i : i + _BATCH])
    yield from ((s,) for s in sources if s.expression is not None)


def _ask(client: Client, query: _Query) -> Iterator[tuple[str, Series]]:
    """Yield the series of a query with their services, smaller queries where it is too much."""
    try:
        answer = _answer(client, query)
    except LimitError:
        for half in _halves(query):
            yield from _ask(client, half)
        return
    single = query.sources[0].service if len(query.sources) == 1 else None
    for series in answer.series:
        inside = series.times >= query.period.start
        if inside.any():
            cut = Series(series.labels, series.times[inside], series.values[inside])
            yield single or series.labels["service"], cut


def _halves(query: _Query) -> tuple[_Query, _Query]:
    """Split by time, or, where that is short already, by services.

    Raises:
        LimitError: a minute of one service is still too much.
    """
    (sources, period), count = query, len(query.sources)
    if period.length > _SMALLEST:
        middle = period.start + period.length // 2
        return (
            _Query(sources, Interval(period.start, middle)),
            _Query(sources, Interval(middle, period.end)),
        )
    if count > 1:
        return _Query(sources[: count // 2], period), _Query(sources[count // 2 :], period)
    raise LimitError(f"a minute of service {sources[0].service} is over the server's limits")


def _answer(client: Client, query: _Query) -> Answer:
    (sources, period), first = query, query.sources[0]
    if first.expression is None:
        selector = promql.service_up(s.service for s in sources)
    elif promql.is_selector(first.expression):
        selector = first.expression
    else:
        start = -(-period.start // first.step) * first.step
        return client.range(first.expression, start, max(start, period.end - 1), first.step)
    return client.instant(promql.samples(selector, period.length), period.end - 1)


def _joined(pieces: Sequence[Series]) -> Series:
    if len(pieces) == 1:
        return pieces[0]
    times = np.concatenate([p.times for p in pieces])
    return Series(pieces[0].labels, times, np.concatenate([p.values for p in pieces]))
