"""Of many hours only the good samples are counted, and nothing is overlooked by that."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from sla_engine.accounting.terms import cadence_terms
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Timeline, cut
from sla_engine.measurement.derive import derive, paced
from sla_engine.measurement.fetch import timelines
from sla_engine.prometheus import Client, Series
from sla_engine.prometheus.extract import Source
from sla_engine.prometheus.scan import scan
from sla_engine.prometheus.series import QueryResult
from tests.catalogues import catalogue

HOUR, STEP = 3_600_000, 60_000
START = 1_790_812_800_000
HOURS = 40
WHOLE = Interval(START, START + HOURS * HOUR)
PERIOD = Interval(START + 2 * HOUR, WHOLE.end - 2 * HOUR)
FULL = HOUR // STEP
RANGE = re.compile(r'service=~"([^"]*)"\}\[(\d+)ms\]')
Times = NDArray[np.int64]
Values = NDArray[np.float64]
Series_ = tuple[Times, Values]


class Memory:
    """A Prometheus 3 whose samples are in memory; it counts what it was asked for."""

    url = "http://memory"
    closed_ranges = False

    def __init__(self, series: Mapping[str, Sequence[Series_]]) -> None:
        self._series = series
        self.asked: list[str] = []

    def side_by_side(
        self, ask: Callable[[object], object], questions: Sequence[object]
    ) -> Iterator[object]:
        return map(ask, questions)

    def instant(self, query: str, at: int, *, samples: bool = False) -> QueryResult:
        if not samples:
            return self.range(query, at, at, 1)._replace(kind="vector")
        found = []
        for labels, times, values, length in self._meant(query):
            inside = (times > at - length) & (times <= at)
            found.append(Series(labels, times[inside], values[inside]))
        return QueryResult(tuple(found), ())

    def range(self, query: str, start: int, end: int, step: int) -> QueryResult:
        self.asked.append(query)
        at = np.arange(start, end + 1, step)
        found = []
        for labels, times, values, length in self._meant(query):
            first = np.searchsorted(times, at - length, side="right")
            last = np.searchsorted(times, at, side="right")
            some = [values[a:b] for a, b in zip(first, last, strict=True)]
            shown = [self._value(query, part) if part.size else None for part in some]
            kept = [i for i, value in enumerate(shown) if value is not None]
            if kept:
                numbers = np.array([shown[i] for i in kept], np.float64)
                found.append(Series(labels, at[kept], numbers))
        return QueryResult(tuple(found), ())

    def _value(self, query: str, part: Values) -> float | None:
        if query.startswith("count_over_time"):
            _, _, most = query.partition(" > ")
            return float(part.size) if part.size > int(most or 0) else None
        if query.startswith("sum_over_time"):
            return float(part.sum())
        assert query.startswith("2 * count_over_time")
        return float(2 * part.size + (part.mean() >= 1))

    def _meant(self, query: str) -> Iterator[tuple[Mapping[str, str], Times, Values, int]]:
        found = RANGE.search(query)
        assert found is not None, query
        for service in found[1].split("|"):
            for number, (times, values) in enumerate(self._series[service]):
                yield {"service": service, "instance": str(number)}, times, values, int(found[2])


def regular(chance: np.random.Generator, step: int = STEP) -> Times:
    return np.arange(WHOLE.start + chance.integers(step), WHOLE.end, step, dtype=np.int64)


def failing(chance: np.random.Generator, times: Times, outages: int, longest: int) -> Values:
    up = np.ones(times.size)
    for _ in range(outages):
        start = chance.integers(times.size)
        up[start : start + chance.integers(1, longest + 1)] = 0
    return up


def steady(chance: np.random.Generator) -> Series_:
    times = regular(chance)
    return times, np.ones(times.size)


def fails(chance: np.random.Generator) -> Series_:
    times = regular(chance)
    return times, failing(chance, times, int(chance.integers(1, 12)), 40)


def fails_for_long(chance: np.random.Generator) -> Series_:
    times = regular(chance)
    return times, failing(chance, times, 2, 900)


def blinks(chance: np.random.Generator) -> Series_:
    times = regular(chance)
    return times, failing(chance, times, int(chance.integers(1, 5)), 1)


def is_lost(chance: np.random.Generator) -> Series_:
    times, up = fails(chance)
    kept = failing(chance, times, 4, 300) > 0
    return times[kept], up[kept]


def jitters(chance: np.random.Generator) -> Series_:
    """Its samples come about when the hours begin, early or late."""
    times = np.arange(WHOLE.start, WHOLE.end, STEP, dtype=np.int64)
    times = times + chance.integers(-STEP // 5, STEP // 5, times.size)
    return times, failing(chance, times, int(chance.integers(0, 12)), 3)


def is_late_once(chance: np.random.Generator) -> Series_:
    """One sample comes after its hour, which has a failure as has the next: its sum is full."""
    times = regular(chance) // STEP * STEP + STEP - 5_000
    up = np.ones(times.size)
    late = int(chance.integers(5, HOURS - 5)) * FULL - 1
    times[late] += 10_000
    up[late - 20 : late - 20 + chance.integers(2, 6)] = 0
    up[late + 30] = 0
    return times, up


def comes_faster(chance: np.random.Generator) -> Series_:
    """Half of its samples fail, all the time: those that do not are as many as there should be."""
    times = regular(chance, STEP // 2)
    return times, (np.arange(times.size) % 2).astype(np.float64)


def comes_faster_for_a_while(chance: np.random.Generator) -> Series_:
    """And half of the samples of one hour then fail, no more and no less."""
    usual = regular(chance)
    first = WHOLE.start + int(chance.integers(5, 10)) * HOUR
    part = Interval(first, first + 8 * HOUR)
    fast = np.arange(part.start + 5_000, part.end, STEP // 2, dtype=np.int64)
    outside = usual[(usual < part.start) | (usual >= part.end)]
    times = np.sort(np.concatenate([outside, fast]))
    up = np.ones(times.size)
    hour = np.flatnonzero((times >= first + 3 * HOUR) & (times < first + 4 * HOUR))
    up[hour[30 : 30 + FULL]] = 0
    return times, up


def comes_slower(chance: np.random.Generator) -> Series_:
    times = regular(chance, STEP * 2)
    return times, failing(chance, times, 3, 20)


def is_no_number_now_and_then(chance: np.random.Generator) -> Series_:
    times, up = fails(chance)
    up[chance.integers(times.size, size=2)] = np.nan
    return times, up


def comes_at_another_moment(chance: np.random.Generator) -> Series_:
    """As from a Prometheus that took over: one sample more in that hour, and one that failed."""
    moved = WHOLE.start + int(chance.integers(5, HOURS - 5)) * HOUR + 30 * STEP
    first, then = 5_000 + int(chance.integers(10_000)), 40_000 + int(chance.integers(15_000))
    times = np.concatenate(
        [
            np.arange(WHOLE.start + first, moved, STEP),
            np.arange(moved - STEP + then, WHOLE.end, STEP),
        ]
    )
    up = np.ones(times.size)
    up[np.searchsorted(times, moved) + chance.integers(20)] = 0
    return times, up


def fails_elsewhere_for_a_day(chance: np.random.Generator) -> Series_:
    """Whoever writes it a second time sees nothing but failures: the good ones are not fewer."""
    usual = regular(chance)
    first = WHOLE.start + int(chance.integers(5, 10)) * HOUR + int(chance.integers(HOUR))
    until = first + int(chance.integers(25 * HOUR, 28 * HOUR))
    second = usual[(usual > first) & (usual < until)] + int(chance.integers(1_000, 59_000))
    times = np.concatenate([usual, second])
    order = np.argsort(times)
    return times[order], np.append(np.ones(usual.size), np.zeros(second.size))[order]


KINDS = (
    steady,
    fails,
    fails_for_long,
    blinks,
    is_lost,
    jitters,
    is_late_once,
    comes_faster,
    comes_faster_for_a_while,
    comes_slower,
    is_no_number_now_and_then,
    comes_at_another_moment,
    fails_elsewhere_for_a_day,
)


class World(NamedTuple):
    """Services and what was derived of them, from few questions and from all samples."""

    found: Mapping[str, Timeline]
    expected: Mapping[str, Timeline]
    memory: Memory


def world(series: Mapping[str, Sequence[Series_]], *, summed: bool = True) -> World:
    book = catalogue(*series, prometheus={"scrape_interval": "60s"})
    memory = Memory(series)
    client = cast("Client", memory)
    found = timelines(book, client, book.services, PERIOD, WHOLE.end, summed=summed)
    expected = {}
    for service in book.services:
        kept = []
        for number, (times, values) in enumerate(series[service.id]):
            numbers = ~np.isnan(values)
            labels = {"service": service.id, "instance": str(number)}
            kept.append(Series(labels, times[numbers], values[numbers]))
        given = paced(kept, cadence_terms(book, service))
        expected[service.id] = cut(derive(service, given, WHOLE, WHOLE.end), PERIOD)
    return World(found, expected, memory)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_derived_is_what_all_samples_say(
    kind: Callable[[np.random.Generator], Series_],
) -> None:
    series = {f"s{i}": [kind(np.random.default_rng([1, i]))] for i in range(40)}
    drawn = world(series)
    assert drawn.found == drawn.expected


def test_so_it_is_of_several_series() -> None:
    chances = [np.random.default_rng([2, i]) for i in range(60)]
    series = {
        f"s{i}": [KINDS[chance.integers(len(KINDS))](chance) for _ in range(chance.integers(2, 4))]
        for i, chance in enumerate(chances)
    }
    drawn = world(series)
    assert drawn.found == drawn.expected


def test_a_few_faults_need_no_second_count() -> None:
    series = {f"s{i}": [steady(np.random.default_rng([3, i]))] for i in range(20)}
    _, up = series["s0"][0]
    up[1000:1010] = 0
    drawn = world(series)
    assert drawn.found == drawn.expected
    counted = [query for query in drawn.memory.asked if "[3599" in query or "[3600" in query]
    assert sum(query.startswith("sum_over_time") for query in counted) == 1
    assert not any("avg_over_time" in query for query in counted)


def test_a_period_derived_again_is_judged_by_how_many_samples_there_are() -> None:
    times, _ = steady(np.random.default_rng(5))
    more = times[10 * FULL : 10 * FULL + 10] + STEP // 2
    whole = np.sort(np.concatenate([times, more]))
    up = np.ones(whole.size)
    up[10 * FULL : 10 * FULL + 10] = 0
    drawn = world({"s": [(whole, up)]}, summed=False)
    assert drawn.found == drawn.expected
    assert not any(query.startswith("sum_over_time") for query in drawn.memory.asked)


def counts(*series: Series_, hours: int = HOURS) -> list[tuple[bool, list[int], list[bool]]]:
    memory = cast("Client", Memory({"s": series}))
    period = Interval(WHOLE.start, WHOLE.start + hours * HOUR)
    found = scan(memory, [Source("s")], period, HOUR, steps={"s": STEP})
    return [(c.good_counted, c.samples.tolist(), c.low.tolist()) for c in found.series["s"]]


def drawn_series() -> Series_:
    return steady(np.random.default_rng(4))


def test_of_an_hour_with_a_fault_nobody_knows_how_many_it_holds() -> None:
    times, up = drawn_series()
    up[3 * FULL : 3 * FULL + 5] = 0
    lost = np.ones(times.size, np.bool_)
    lost[6 * FULL : 7 * FULL] = False
    expected = [FULL] * HOURS
    expected[3], expected[6] = 1, 0
    low = [i == 3 for i in range(HOURS)]
    assert counts((times[lost], up[lost])) == [(True, expected, low)]


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda up: up.__setitem__(3 * FULL, 0), "one short"),
        (lambda up: up.__setitem__(3 * FULL, 2), "one more"),
        (lambda up: up.__setitem__(slice(3 * FULL, 9 * FULL, 2), 0), "six hours"),
        (lambda up: up.__setitem__(5 * FULL, np.nan), "no number"),
    ],
)
def test_where_there_may_be_another_reason_all_are_counted(
    spoil: Callable[[Values], None], what: str
) -> None:
    times, up = drawn_series()
    spoil(up)
    [(good_counted, samples, low)] = counts((times, up))
    assert not good_counted, what
    assert samples == [FULL] * HOURS
    failed = [not (up[i * FULL : (i + 1) * FULL] >= 1).all() for i in range(HOURS)]
    assert low == failed


def test_few_windows_are_counted_at_once() -> None:
    [(good_counted, samples, _)] = counts(drawn_series(), hours=23)
    assert not good_counted
    assert samples == [FULL] * 23
