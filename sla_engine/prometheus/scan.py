"""Which hours of which series need their samples read: counts instead of samples.

Two queries over the same windows, side by side: how many samples each holds, and where the lowest
is under 1, or of an expression where none is. A window that holds as many samples as its length
allows, all good, needs no reading: a hole of more than two intervals would show in the count.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Isolation
from sla_engine.prometheus import promql
from sla_engine.prometheus.client import Client
from sla_engine.prometheus.error import AnswerError
from sla_engine.prometheus.extract import Ask, Labels, SeriesReader, Source, asks, each, key
from sla_engine.prometheus.series import Series

Numbers = NDArray[np.int64]


class Counts(NamedTuple):
    """One series: how many samples each window holds, and whether one of them is under 1."""

    labels: Mapping[str, str]
    samples: Numbers
    low: NDArray[np.bool_]


class Scan(NamedTuple):
    """Windows without holes between them, and the series of each service."""

    windows: tuple[Interval, ...]
    series: Mapping[str, tuple[Counts, ...]]


def scan(
    client: Client,
    sources: Iterable[Source],
    period: Interval,
    length: int,
    isolation: Isolation | None = None,
) -> Scan:
    """Count samples in windows of ``length`` ms; what is left of the period is a shorter one.

    Raises:
        PrometheusError: there is no answer.
    """
    sources = tuple(sources)
    whole = period.start + period.length // length * length
    rest = period.end - whole
    windows = [Interval(t, t + length) for t in range(period.start, whole, length)]
    windows += [Interval(whole, period.end)] if rest else []
    questions: list[tuple[Ask, SeriesReader]] = []
    parts = (Interval(period.start, whole), length), (Interval(whole, period.end), rest)
    for part, grain in parts:
        if part.length:
            for ask in asks(sources, part, grain):
                judged = _low if ask.sources[0].expression is None else _good
                questions += [(ask, _count), (ask, judged)]
    rows: dict[tuple[str, Labels], _Row] = {}
    cells: dict[SeriesReader, list[tuple[int, Series]]] = {_count: [], _low: [], _good: []}
    for answer, service, one in each(client, questions, isolation):
        series = _nameless(one)
        row = rows.setdefault((service, key(series)), _Row(len(rows), series.labels))
        cells[answer].append((row.number, series))
    # All at once: at a tick there are many series of few samples each.
    samples, low = (np.zeros((len(rows), len(windows)), kind) for kind in (np.int64, np.bool_))
    at, values = _placed(cells[_count], period.start, length)
    samples[at] = values.astype(np.int64)
    low[_placed(cells[_low], period.start, length)[0]] = True
    expressed = {source.service for source in sources if source.expression is not None}
    numbers = [row.number for (service, _), row in rows.items() if service in expressed]
    some = np.array(numbers, np.int64)
    low[some] = np.greater(samples[some], 0)
    low[_placed(cells[_good], period.start, length)[0]] = False
    found: dict[str, list[Counts]] = defaultdict(list)
    for (service, _), (number, labels) in rows.items():
        found[service].append(Counts(labels, samples[number], low[number]))
    return Scan(tuple(windows), {service: tuple(known) for service, known in found.items()})


def counted(
    client: Client,
    wanted: Mapping[Interval, Sequence[Source]],
    isolation: Isolation | None = None,
) -> dict[tuple[str, Interval], int]:
    """Return how many samples some services have in some periods, where they have any.

    One question for each period and batch of services. The periods of a service do not overlap.
    With ``isolation`` a service whose question has no answer is left out, and named there.

    Raises:
        PrometheusError: there is no answer.
    """
    questions: list[tuple[Ask, SeriesReader]] = []
    ending: dict[tuple[str, int], Interval] = {}
    for period, sources in wanted.items():
        ending |= {(source.service, period.end - 1): period for source in sources}
        batches = asks(sources, period, period.length)
        questions += [(a, _count if a.sources[0].is_selector else _evaluated) for a in batches]
    found: dict[tuple[str, Interval], int] = defaultdict(int)
    for _, service, series in each(client, questions, isolation):
        for time, value in zip(series.times.tolist(), series.values.tolist(), strict=True):
            found[service, ending[service, time]] += int(value)
    return dict(found)


def _evaluated(client: Client, ask: Ask) -> Iterable[Series]:
    """Count how often an expression that is no selector has a value."""
    query = promql.count_steps(ask.selector, ask.period.length - 1, ask.sources[0].step)
    return client.instant(query, ask.period.end - 1).series


class _Row(NamedTuple):
    number: int
    labels: Mapping[str, str]


def _placed(
    cells: Sequence[tuple[int, Series]], start: int, length: int
) -> tuple[tuple[Numbers, Numbers], NDArray[np.float64]]:
    """Return the rows and the windows of all samples, and their values."""
    many = [series.times.size for _, series in cells]
    rows = np.repeat(np.array([row for row, _ in cells], np.int64), many)
    times = np.concatenate([np.zeros(0, np.int64), *[series.times for _, series in cells]])
    values = np.concatenate([np.zeros(0), *[series.values for _, series in cells]])
    return (rows, (times - start) // length), values


def _nameless(series: Series) -> Series:
    """Drop the metric's name, which VictoriaMetrics keeps for minima but not for counts."""
    if "__name__" not in series.labels:
        return series
    labels = {name: value for name, value in series.labels.items() if name != "__name__"}
    return series._replace(labels=labels)


def _count(client: Client, ask: Ask) -> Iterable[Series]:
    return _by_window(client, ask, promql.count(ask.selector, _reach(client, ask)))


def _low(client: Client, ask: Ask) -> Iterable[Series]:
    return _by_window(client, ask, promql.low_bit(ask.selector, _reach(client, ask)))


def _good(client: Client, ask: Ask) -> Iterable[Series]:
    return _by_window(client, ask, promql.good(ask.selector, _reach(client, ask)))


def _reach(client: Client, ask: Ask) -> int:
    """Return the range that, at a window's last millisecond, holds exactly the window."""
    return ask.grain - 1 if client.closed_ranges else ask.grain


def _by_window(client: Client, ask: Ask, query: str) -> Iterable[Series]:
    start, end = ask.period
    found = client.range(query, start + ask.grain - 1, end - 1, ask.grain)
    if found.kind != "matrix":
        raise AnswerError(f"{client.url}: an answer of type {found.kind} instead of counts")
    for one in found.series:
        inside = (one.times >= start) & (one.times < end)
        if not (inside & np.isfinite(one.values)).all():
            raise AnswerError(f"{client.url}: counts that are none, or of a time not asked for")
    return found.series
