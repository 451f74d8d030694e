"""Which hours of which series need a closer look: counts instead of samples.

Two queries over the same windows, side by side: how many samples each holds, and where the lowest
is under 1. A window that holds as many samples as its length allows, all good, needs no look:
a hole of more than two intervals would show in the count.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sla_engine.domain.interval import Interval
from sla_engine.prometheus import promql
from sla_engine.prometheus.client import Client
from sla_engine.prometheus.extract import Answer, Ask, Labels, Source, asks, each, key
from sla_engine.prometheus.series import Series


class Counts(NamedTuple):
    """One series: how many samples each window holds, and whether one of them is under 1."""

    labels: Mapping[str, str]
    samples: NDArray[np.int64]
    low: NDArray[np.bool_]


class Scan(NamedTuple):
    """Windows without holes between them, and the series of each service."""

    windows: tuple[Interval, ...]
    series: Mapping[str, tuple[Counts, ...]]


def scan(client: Client, sources: Iterable[Source], period: Interval, length: int) -> Scan:
    """Count samples in windows of ``length`` ms; what is left of the period is a shorter one.

    Raises:
        PrometheusError: there is no answer.
    """
    sources = tuple(sources)
    whole = period.start + period.length // length * length
    rest = period.end - whole
    windows = [Interval(t, t + length) for t in range(period.start, whole, length)]
    windows += [Interval(whole, period.end)] if rest else []
    questions: list[tuple[Ask, Answer]] = []
    parts = (Interval(period.start, whole), length), (Interval(whole, period.end), rest)
    for part, grain in parts:
        if part.length:
            for ask in asks(sources, part, grain):
                questions += [(ask, _count), (ask, _low)]
    found: dict[str, dict[Labels, Counts]] = {}
    for answer, service, one in each(client, questions):
        series = _nameless(one)
        known = found.setdefault(service, {})
        counts = known.setdefault(key(series), _nothing(series, len(windows)))
        at = (series.times - period.start) // length
        if answer is _count:
            counts.samples[at] = series.values.astype(np.int64)
        else:
            counts.low[at] = True
    return Scan(tuple(windows), {s: tuple(known.values()) for s, known in found.items()})


def _nameless(series: Series) -> Series:
    """Drop the metric's name, which VictoriaMetrics keeps for minima but not for counts."""
    if "__name__" not in series.labels:
        return series
    labels = {name: value for name, value in series.labels.items() if name != "__name__"}
    return series._replace(labels=labels)


def _nothing(series: Series, windows: int) -> Counts:
    return Counts(series.labels, np.zeros(windows, np.int64), np.zeros(windows, np.bool_))


def _count(client: Client, ask: Ask) -> Iterable[Series]:
    return _by_window(client, ask, promql.count(ask.selector, _reach(client, ask)))


def _low(client: Client, ask: Ask) -> Iterable[Series]:
    return _by_window(client, ask, promql.low(ask.selector, _reach(client, ask)))


def _reach(client: Client, ask: Ask) -> int:
    """Return the range that, at a window's last millisecond, holds exactly the window."""
    return ask.grain - 1 if client.closed_ranges else ask.grain


def _by_window(client: Client, ask: Ask, query: str) -> Iterable[Series]:
    start, end = ask.period
    return client.range(query, start + ask.grain - 1, end - 1, ask.grain).series
