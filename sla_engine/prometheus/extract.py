"""Samples of many services from few queries, in smaller ones where a server wants that.

Prometheus 2 includes a range's left edge, Prometheus 3 and VictoriaMetrics exclude it: raw samples
of ``[start, end)`` are asked for at ``end`` - 1 ms over the whole length, which holds them on
either, and what lies before ``start`` is dropped here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Isolation
from sla_engine.prometheus import promql
from sla_engine.prometheus.client import Client
from sla_engine.prometheus.defaults import with_default
from sla_engine.prometheus.error import AnswerError, LimitError
from sla_engine.prometheus.series import Series

_SMALLEST = 60_000
_BATCH, _LARGE_BATCH, _FEW_GRAINS = 250, 1_000, 24
"""How many services share a question, and one over no more than so many grains."""
_LONGEST = 15_000
"""How long a selector may be: VictoriaMetrics takes queries of 16 KiB."""
_LOOKBACK = 300_000
"""How long a sample counts in an expression (ms): one ledger needs one answer of every server."""

Labels = tuple[tuple[str, str], ...]


class Source(NamedTuple):
    """Where a service's samples are; without an expression, in the exporter's ``service_up``.

    ``step`` (ms) is how often an expression that is no selector is evaluated.
    """

    service: str
    expression: str | None = None
    step: int = 15_000

    @property
    def is_selector(self) -> bool:
        """Say whether the raw samples can be asked for."""
        return self.expression is None or promql.is_selector(self.expression)


class Ask(NamedTuple):
    """One question: some services, over a period (ms UTC), not to be split finer than ``grain``."""

    sources: tuple[Source, ...]
    period: Interval
    grain: int = _SMALLEST

    @property
    def selector(self) -> str:
        """Return the PromQL of the series."""
        expression = self.sources[0].expression
        if expression is None:
            return promql.service_up(s.service for s in self.sources)
        return with_default(expression)

    def halves(self, error: LimitError) -> tuple["Ask", "Ask"]:
        """Split by time, on a multiple of the grain, or, where that is short already, by services.

        Raises:
            LimitError: the shortest time of one service is still too much.
        """
        (sources, period, grain), count = self, len(self.sources)
        if period.length > grain:
            middle = period.start + max(1, period.length // 2 // grain) * grain
            left, right = Interval(period.start, middle), Interval(middle, period.end)
            return self._replace(period=left), self._replace(period=right)
        if count > 1:
            left_half, right_half = sources[: count // 2], sources[count // 2 :]
            return self._replace(sources=left_half), self._replace(sources=right_half)
        seconds = period.length / 1000
        message = f"{seconds:g} s of service {sources[0].service} are over the server's limits"
        raise LimitError(f"{message}: {error}") from error


Samples = Mapping[str, tuple[Series, ...]]
"""By service; a series without a sample is left out."""

SeriesReader = Callable[[Client, Ask], Iterable[Series]]


def asks(sources: Iterable[Source], period: Interval, grain: int = _SMALLEST) -> Iterator[Ask]:
    """Yield the questions for services over a period: many of the exporter's share one."""
    sources = tuple(sources)
    ours = [s for s in sources if s.expression is None]
    batch = _LARGE_BATCH if period.length <= _FEW_GRAINS * grain else _BATCH
    longest = max((len(s.service) + 1 for s in ours), default=1)
    batch = max(1, min(batch, _LONGEST // longest))
    for i in range(0, len(ours), batch):
        yield Ask(tuple(ours[i : i + batch]), period, grain)
    yield from (Ask((s,), period, grain) for s in sources if s.expression is not None)


def each(
    client: Client,
    questions: Iterable[tuple[Ask, SeriesReader]],
    isolation: Isolation | None = None,
) -> Iterator[tuple[SeriesReader, str, Series]]:
    """Yield the series of all questions in their order, with the way asked and the service.

    A few questions are asked at once. With ``isolation`` a service whose question has no answer
    is left out, and a question that many share is asked again in parts until only that one fails.

    Raises:
        PrometheusError: there is no answer.
    """

    def ask(question: tuple[Ask, SeriesReader]) -> list[tuple[str, Series]]:
        whole, answer = question
        if isolation is None:
            return list(_whole(client, whole, answer))

        def part(sources: Sequence[Source]) -> list[tuple[str, Series]]:
            return list(_whole(client, whole._replace(sources=tuple(sources)), answer))

        parts = isolation.divided(whole.sources, lambda source: source.service, part)
        return [one for found in parts for one in found]

    questions = tuple(questions)
    for (_, answer), found in zip(questions, client.side_by_side(ask, questions), strict=True):
        for service, series in found:
            yield answer, service, series


def _whole(client: Client, ask: Ask, answer: SeriesReader) -> Iterator[tuple[str, Series]]:
    """Yield an answer, by smaller questions where one is too much."""
    try:
        found = tuple(answer(client, ask))
    except LimitError as error:
        for half in ask.halves(error):
            yield from _whole(client, half, answer)
        return
    if ask.sources[0].expression is not None:
        yield from ((ask.sources[0].service, series) for series in found)
        return
    asked = {source.service for source in ask.sources}
    for series in found:
        service = series.labels.get("service")
        if service not in asked:
            raise AnswerError(f"{client.url}: an answer about service {service!r}, not asked for")
        yield service, series


def raw(client: Client, questions: Iterable[Ask], isolation: Isolation | None = None) -> Samples:
    """Return every sample of the questions, those of one service and series joined.

    A sample that two questions share counts once; NaN is no sample.

    Raises:
        PrometheusError: there is no answer.
    """
    found = each(client, [(ask, _samples) for ask in questions], isolation)
    return _by_service((service, series) for _, service, series in found)


def merged(known: Samples, new: Samples) -> Samples:
    """Return the samples of two answers; one that both share counts once."""
    shared = [service for service in new if service in known]
    pairs = ((service, one) for service in shared for part in (known, new) for one in part[service])
    return {**known, **new, **_by_service(pairs)}


def _by_service(found: Iterable[tuple[str, Series]]) -> Samples:
    parts: dict[str, dict[Labels, list[Series]]] = defaultdict(lambda: defaultdict(list))
    for service, series in found:
        parts[service][key(series)].append(series)
    return {
        service: tuple(_joined(pieces) for pieces in named.values())
        for service, named in parts.items()
    }


def key(series: Series) -> Labels:
    """Return what tells a service's series apart."""
    return tuple(sorted(series.labels.items()))


def _samples(client: Client, ask: Ask) -> Iterator[Series]:
    source, period = ask.sources[0], ask.period
    if source.is_selector:
        start, end = period.start - 1, period.end - 1
        answer = client.instant(promql.samples(ask.selector, period.length), end, samples=True)
    else:
        start = -(-period.start // source.step) * source.step
        end = max(start, period.end - 1)
        answer = client.range(ask.selector, start, end, source.step, lookback=_LOOKBACK)
    if answer.kind != "matrix":
        raise AnswerError(f"{client.url}: an answer of type {answer.kind} instead of samples")
    for series in answer.series:
        times = series.times
        if (np.diff(times) <= 0).any() or (times < start).any() or (times > end).any():
            raise AnswerError(f"{client.url}: samples out of order, or of a time not asked for")
        inside = (series.times >= period.start) & (series.times < period.end)
        inside &= ~np.isnan(series.values)
        if inside.any():
            yield Series(series.labels, series.times[inside], series.values[inside])


def _joined(pieces: Sequence[Series]) -> Series:
    if len(pieces) == 1:
        return pieces[0]
    times = np.concatenate([p.times for p in pieces])
    values = np.concatenate([p.values for p in pieces])
    if (np.diff(times) <= 0).any():
        times, first = np.unique(times, return_index=True)
        values = values[first]
    return Series(pieces[0].labels, times, values)
