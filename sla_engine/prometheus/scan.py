"""Which hours of which series need their samples read: counts instead of samples.

One query over windows says how many samples each holds, and whether all are good; of an expression
two do. A window that holds as many samples as its length allows, all good, needs no reading: a hole
of more than two intervals would show in the count.

Over many windows one query does for most services: how many good samples each holds. A sum that is
another than without a fault, for no reason but a fault now and then, needs the samples read anyway.
A sum is as without a fault, too, where a window holds as many samples too many as bad ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from sla_engine.domain.interval import Interval
from sla_engine.domain.isolation import Isolation
from sla_engine.prometheus import promql
from sla_engine.prometheus.client import Client
from sla_engine.prometheus.error import AnswerError
from sla_engine.prometheus.extract import Ask, Labels, SeriesReader, Source, asks, each, key, raw
from sla_engine.prometheus.series import Series

_MANY = 24
"""Over how many windows sums save more than it costs to count what they leave in doubt."""
_ALIKE = 6
"""How many windows with a fault, one after another, may be another cadence."""
_LOOKED_AT, _EVERY = 12, 24
"""In the last how many steps of every which window samples are looked for that are too many."""
_NO_STEPS: Mapping[str, int] = MappingProxyType({})

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Counts(NamedTuple):
    """One series: how many samples each window holds, and whether one of them is under 1.

    Where only ``good_counted``, of a low window nobody knows how many it holds: 1 or more.
    """

    labels: Mapping[str, str]
    samples: Numbers
    low: Flags
    good_counted: bool = False


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
    *,
    steps: Mapping[str, int] = _NO_STEPS,
) -> Scan:
    """Count samples in windows of ``length`` ms; what is left of the period is a shorter one.

    Args:
        client: the Prometheus to ask.
        sources: where the samples are.
        period: ms UTC.
        length: of a window (ms).
        isolation: names the services whose questions have no answer, which are left out.
        steps: how often (ms) the samples of some services come, of which over many windows only
            the good ones are counted where that will do.

    Raises:
        PrometheusError: there is no answer.
    """
    sources = tuple(sources)
    count, rest = divmod(period.length, length)
    windows = [Interval(t, t + length) for t in range(period.start, period.end - rest, length)]
    windows += [Interval(period.end - rest, period.end)] if rest else []
    found: dict[str, tuple[Counts, ...]] = {}
    if count >= _MANY and not rest:
        summed = [s for s in sources if s.expression is None and s.service in steps]
        summed = [s for s in summed if length % steps[s.service] == 0]
        found |= _summed(client, summed, windows, steps, isolation)
    faults = () if isolation is None else isolation.faults
    left = [s for s in sources if s.service not in found and s.service not in faults]
    return Scan(tuple(windows), found | _counted(client, left, windows, isolation))


def _counted(
    client: Client,
    sources: Sequence[Source],
    windows: Sequence[Interval],
    isolation: Isolation | None,
) -> dict[str, tuple[Counts, ...]]:
    """Return what the windows of each service hold."""
    start, length = windows[0].start, windows[0].length
    parts = [windows] if windows[-1].length == length else [windows[:-1], windows[-1:]]
    questions: list[tuple[Ask, SeriesReader]] = []
    for part in parts:
        if part:
            for ask in asks(sources, Interval(part[0].start, part[-1].end), part[0].length):
                ours = ask.sources[0].expression is None
                questions += [(ask, _both)] if ours else [(ask, _count), (ask, _good)]
    rows, cells = _read(client, questions, isolation)
    # All at once: at a tick there are many series of few samples each.
    samples, low = (np.zeros((len(rows), len(windows)), kind) for kind in (np.int64, np.bool_))
    at, values = _placed(cells[_count], start, length)
    samples[at] = values.astype(np.int64)
    at, values = _placed(cells[_both], start, length)
    both = values.astype(np.int64)
    samples[at], low[at] = both // 2, both % 2 == 0
    expressed = {source.service for source in sources if source.expression is not None}
    numbers = [row.number for (service, _), row in rows.items() if service in expressed]
    some = np.array(numbers, np.int64)
    low[some] = np.greater(samples[some], 0)
    low[_placed(cells[_good], start, length)[0]] = False
    return _by_service(
        (service, Counts(labels, samples[number], low[number]))
        for (service, _), (number, labels) in rows.items()
    )


def _summed(
    client: Client,
    sources: Sequence[Source],
    windows: Sequence[Interval],
    steps: Mapping[str, int],
    isolation: Isolation | None,
) -> dict[str, tuple[Counts, ...]]:
    """Return what the windows of each service hold, by one question; those in doubt are left out.

    In doubt are those whose samples may come otherwise: a sum is higher than without a fault, or
    one short of it, as by jitter; some low ones follow one another; more samples than there should
    be come where that is looked at; or they come at other moments at last than at first.
    """
    if not sources:
        return {}
    start, length = windows[0].start, windows[0].length
    questions: list[tuple[Ask, SeriesReader]]
    questions = [(ask, _sum) for ask in asks(sources, Interval(start, windows[-1].end), length)]
    for step, some in _by_step(sources, steps).items():
        for window in windows[::-_EVERY]:
            part = Interval(max(window.start, window.end - _LOOKED_AT * step), window.end)
            questions += [(ask, _dense) for ask in asks(some, part, part.length)]
    rows, cells = _read(client, questions, isolation)
    sums = np.zeros((len(rows), len(windows)))
    present = np.zeros(sums.shape, np.bool_)
    at, values = _placed(cells[_sum], start, length)
    sums[at], present[at] = values, True
    full = np.array([length // steps[service] for service, _ in rows])[:, np.newaxis]
    low = present & (sums != full)
    doubted = present & (~(sums <= full) | (sums == full - 1))
    doubted[_placed(cells[_dense], start, length)[0]] = True
    doubted[:, _ALIKE - 1 :] |= sliding_window_view(low, _ALIKE, axis=1).all(axis=2)
    doubtful = doubted.any(axis=1).tolist()
    doubts = {service for (service, _), row in rows.items() if doubtful[row.number]}
    ends = {
        one: _ends(windows, present[row.number], low[row.number], steps[one[0]] * 5 // 2)
        for one, row in rows.items()
        if one[0] not in doubts and present[row.number].any()
    }
    in_step = _in_step(client, sources, steps, ends, isolation)
    doubts |= {one[0] for one in rows if one not in in_step}
    samples = np.where(present, np.where(low, 1, sums), 0).astype(np.int64)
    return _by_service(
        (service, Counts(labels, samples[number], low[number], good_counted=True))
        for (service, _), (number, labels) in rows.items()
        if service not in doubts
    )


def _by_step(sources: Iterable[Source], steps: Mapping[str, int]) -> dict[int, list[Source]]:
    found: dict[int, list[Source]] = defaultdict(list)
    for source in sources:
        found[steps[source.service]].append(source)
    return dict(found)


def _ends(
    windows: Sequence[Interval], present: Flags, low: Flags, near: int
) -> tuple[Interval, Interval]:
    """Return where a series that has samples should have its first ones and its last ones.

    A window that is low is read anyway, so that it may be beside that.
    """
    first, last = np.flatnonzero(present)[[0, -1]].tolist()
    early, late = windows[first], windows[last]
    return (
        Interval(early.end - near, early.end)
        if low[first]
        else Interval(early.start, early.start + near),
        Interval(late.start, late.start + near)
        if low[last]
        else Interval(late.end - near, late.end),
    )


def _in_step(
    client: Client,
    sources: Sequence[Source],
    steps: Mapping[str, int],
    ends: Mapping[tuple[str, Labels], tuple[Interval, Interval]],
    isolation: Isolation | None,
) -> set[tuple[str, Labels]]:
    """Return the series whose samples come at the same moments of their steps at both ends.

    Where that changed there may be one too many. Of what has no sample at an end nobody knows.
    """
    known = {source.service: source for source in sources}
    wanted: dict[Interval, dict[str, Source]] = defaultdict(dict)
    for (service, _), parts in ends.items():
        for part in parts:
            wanted[part][service] = known[service]
    questions = [ask for part, some in wanted.items() for ask in asks(some.values(), part)]
    found: set[tuple[str, Labels]] = set()
    for service, series in raw(client, questions, isolation).items():
        for times, one in ((s.times, (service, key(_nameless(s)))) for s in series):
            early, late = ends.get(one, (Interval(0, 0), Interval(0, 0)))
            first = times[(times >= early.start) & (times < early.end)][:1]
            last = times[(times >= late.start) & (times < late.end)][-1:]
            step = steps[service]
            apart = np.abs((last - first + step // 2) % step - step // 2)
            if first.size and last.size and 8 * apart[0] <= step:
                found.add(one)
    return found


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


Rows = Mapping[tuple[str, Labels], _Row]
Cells = Mapping[SeriesReader, Sequence[tuple[int, Series]]]


def _read(
    client: Client,
    questions: Iterable[tuple[Ask, SeriesReader]],
    isolation: Isolation | None,
) -> tuple[Rows, Cells]:
    """Return the series of all services, numbered, and what each way of asking has of them."""
    rows: dict[tuple[str, Labels], _Row] = {}
    cells: dict[SeriesReader, list[tuple[int, Series]]] = defaultdict(list)
    for answer, service, found in each(client, questions, isolation):
        series = _nameless(found)
        one = service, key(series)
        row = rows.get(one)
        if row is None:
            row = rows[one] = _Row(len(rows), series.labels)
        cells[answer].append((row.number, series))
    return rows, cells


def _by_service(found: Iterable[tuple[str, Counts]]) -> dict[str, tuple[Counts, ...]]:
    series: dict[str, list[Counts]] = defaultdict(list)
    for service, counts in found:
        series[service].append(counts)
    return {service: tuple(known) for service, known in series.items()}


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


def _sum(client: Client, ask: Ask) -> Iterable[Series]:
    query = promql.total(ask.selector, _reach(client, ask))
    return _by_window(client, ask, query, finite=False)


def _dense(client: Client, ask: Ask) -> Iterable[Series]:
    """Read of which series more samples come than one in each step."""
    most = ask.period.length // ask.sources[0].step + 1
    return _by_window(client, ask, promql.count_over(ask.selector, _reach(client, ask), most))


def _both(client: Client, ask: Ask) -> Iterable[Series]:
    return _by_window(client, ask, promql.count_and_good(ask.selector, _reach(client, ask)))


def _good(client: Client, ask: Ask) -> Iterable[Series]:
    return _by_window(client, ask, promql.good(ask.selector, _reach(client, ask)))


def _reach(client: Client, ask: Ask) -> int:
    """Return the range that, at a window's last millisecond, holds exactly the window."""
    return ask.grain - 1 if client.closed_ranges else ask.grain


def _by_window(client: Client, ask: Ask, query: str, *, finite: bool = True) -> Iterable[Series]:
    start, end = ask.period
    found = client.range(query, start + ask.grain - 1, end - 1, ask.grain)
    if found.kind != "matrix":
        raise AnswerError(f"{client.url}: an answer of type {found.kind} instead of counts")
    if found.series:  # of all at once: at a tick there are many series of few samples each
        times = np.concatenate([one.times for one in found.series])
        values = np.concatenate([one.values for one in found.series])
        inside = (times >= start) & (times < end)
        if not (inside & (np.isfinite(values) | (not finite))).all():
            raise AnswerError(f"{client.url}: counts that are none, or of a time not asked for")
    return found.series
