"""Samples on the very edges of what is asked for, as Prometheus 2 and 3 count them."""

import re
from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

from sla_engine.domain.interval import Interval
from sla_engine.prometheus import Client, LimitError
from sla_engine.prometheus.error import AnswerError
from sla_engine.prometheus.extract import Ask, Source, asks, merged, raw
from sla_engine.prometheus.scan import scan
from sla_engine.prometheus.series import QueryResult, Series

MINUTE = 60_000
HOUR = 60 * MINUTE
START = 7 * HOUR
RANGE = re.compile(r"\[(\d+)ms\]")
# On, just before and just after each edge of two windows of ten seconds and the rest of three.
TIMES = tuple(START + edge + by for edge in (0, 10_000, 20_000, 23_000) for by in (-1, 0, 1))


class Server:
    """Answers as Prometheus does about one series: 1 but for what is in ``bad``.

    A range ``[N ms]`` at T holds what is in (T - N, T], and in Prometheus 2 T - N as well. What
    is asked for is kept in ``queries``; ``most`` samples a query are too many.
    """

    side_by_side = staticmethod(map)
    url = "http://memory"

    def __init__(
        self, *, closed: bool, bad: Sequence[int] = (), most: int = 10**9, label: str = "shop"
    ) -> None:
        self.closed_ranges = closed
        self.bad, self.most, self.label = bad, most, label
        self.queries: list[tuple[str, int, int]] = []

    def instant(self, query: str, at: int, *, samples: bool = False) -> QueryResult:
        assert samples
        self.queries.append((query, at, at))
        times = self._held(query, at)
        if len(times) > self.most:
            raise LimitError("too many samples")
        return self._answer(times, [float(t not in self.bad) for t in times])

    def range(
        self, query: str, start: int, end: int, step: int, *, lookback: int | None = None
    ) -> QueryResult:
        self.queries.append((query, start, end))
        times, values = [], []
        for at in range(start, end + 1, step):
            if lookback is not None:  # an expression without a range, always good
                times.append(at)
                values.append(1.0)
            elif held := self._held(query, at):
                assert query.startswith("2 * count_over_time")
                times.append(at)
                values.append(2.0 * len(held) + (not any(t in self.bad for t in held)))
        return self._answer(times, values)

    def _held(self, query: str, at: int) -> list[int]:
        found = RANGE.search(query)
        assert found is not None, query
        oldest = at - int(found[1])
        return [t for t in TIMES if (oldest <= t if self.closed_ranges else oldest < t) and t <= at]

    def _answer(self, times: Sequence[int], values: Sequence[float]) -> QueryResult:
        if not times:
            return QueryResult((), ())
        labels = {"service": self.label}
        one = Series(labels, np.array(times, np.int64), np.array(values, np.float64))
        return QueryResult((one,), ())


RELEASES = pytest.mark.parametrize("closed", [True, False], ids=["prometheus-2", "prometheus-3"])


@RELEASES
@pytest.mark.parametrize("length", [23_000, 20_000, 10_000, 3_000, 1])
def test_a_window_counts_its_first_moment_and_not_its_end(length: int, *, closed: bool) -> None:
    bad = (START, START + 9_999, START + 20_000)
    client = cast("Client", Server(closed=closed, bad=bad))
    found = scan(client, [Source("shop")], Interval(START, START + length), 10_000)
    full, rest = divmod(length, 10_000)
    assert [w.length for w in found.windows] == [10_000] * full + [rest] * bool(rest)
    (series,) = found.series["shop"]
    inside = [[t for t in TIMES if w.start <= t < w.end] for w in found.windows]
    assert series.samples.tolist() == [len(times) for times in inside]
    assert series.low.tolist() == [any(t in bad for t in times) for times in inside]


@RELEASES
@pytest.mark.parametrize("length", [1, 2, 10_000, 10_001, 23_001])
def test_raw_samples_are_those_of_the_half_open_period(length: int, *, closed: bool) -> None:
    client = cast("Client", Server(closed=closed))
    period = Interval(START, START + length)
    (series,) = raw(client, asks([Source("shop")], period))["shop"]
    assert series.times.tolist() == [t for t in TIMES if period.start <= t < period.end]


@RELEASES
def test_what_is_split_at_a_sample_has_it_once(*, closed: bool) -> None:
    server = Server(closed=closed, most=4)
    period = Interval(START, START + 20_000)
    found = raw(cast("Client", server), [Ask((Source("shop"),), period, 10_000)])
    (series,) = found["shop"]
    assert series.times.tolist() == [t for t in TIMES if period.start <= t < period.end]
    assert [at for _, at, _ in server.queries] == [START + 19_999, START + 9_999, START + 19_999]


def test_a_sample_of_two_answers_counts_once() -> None:
    def found(*times: int) -> dict[str, tuple[Series, ...]]:
        values = np.array([float(t % 2) for t in times])
        return {"shop": (Series({"a": "b"}, np.array(times, np.int64), values),)}

    for first, second, expected in (
        ((1, 2, 3), (3, 4), [1, 2, 3, 4]),
        ((1, 2), (3, 4), [1, 2, 3, 4]),
        ((3, 4), (1, 2), [1, 2, 3, 4]),
    ):
        (series,) = merged(found(*first), found(*second))["shop"]
        assert series.times.tolist() == expected
        assert series.values.tolist() == [float(t % 2) for t in expected]


@pytest.mark.parametrize(
    ("start", "end", "evaluated"),
    [(0, 30_000, [0, 15_000]), (1, 30_001, [15_000, 30_000]), (-1, 1, [0]), (1, 15_000, [])],
)
def test_an_expression_is_evaluated_on_multiples_of_its_step(
    start: int, end: int, evaluated: list[int]
) -> None:
    source = Source("shop", "min(up)", 15_000)
    client = cast("Client", Server(closed=True))
    found = raw(client, asks([source], Interval(START + start, START + end)))
    assert [t - START for one in found.get("shop", ()) for t in one.times.tolist()] == evaluated


LIMIT = LimitError("too many samples")
SHOP, MAIL, WIKI = (Source(name) for name in ("shop", "mail", "wiki"))


@pytest.mark.parametrize(
    ("length", "middle"),
    [(MINUTE + 1, MINUTE), (2 * MINUTE, MINUTE), (3 * MINUTE, MINUTE), (4 * MINUTE, 2 * MINUTE)],
)
def test_a_question_is_halved_on_a_multiple_of_its_grain(length: int, middle: int) -> None:
    left, right = Ask((SHOP, MAIL), Interval(START, START + length)).halves(LIMIT)
    assert left.period == Interval(START, START + middle)
    assert right.period == Interval(START + middle, START + length)
    assert left.sources == right.sources == (SHOP, MAIL)


def test_a_question_of_one_grain_is_halved_by_services_and_then_no_more() -> None:
    period = Interval(START, START + MINUTE)
    left, right = Ask((SHOP, MAIL, WIKI), period).halves(LIMIT)
    assert (left.sources, right.sources) == ((SHOP,), (MAIL, WIKI))
    assert left.period == right.period == period
    assert [half.sources for half in right.halves(LIMIT)] == [(MAIL,), (WIKI,)]
    with pytest.raises(LimitError, match="60 s of service shop are over the server's limits: too"):
        left.halves(LIMIT)


@pytest.mark.parametrize(("at", "value"), [(-1, 1.0), (10_000, 1.0), (9_999, float("nan"))])
def test_counts_that_are_none_or_of_another_time_are_refused(at: int, value: float) -> None:
    class Wrong(Server):
        def range(self, *_: object, **__: object) -> QueryResult:
            return self._answer([START + at], [value])

    client = cast("Client", Wrong(closed=False))
    with pytest.raises(AnswerError, match="counts that are none, or of a time not asked for"):
        scan(client, [Source("shop")], Interval(START, START + 10_000), 10_000)
