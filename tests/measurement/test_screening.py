"""Which hours need their samples read."""

import numpy as np
import pytest

from service_catalogue import Service
from sla_engine.domain.cadence import RUN, Cadence
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State
from sla_engine.measurement.screening import quiet, screen
from sla_engine.prometheus.scan import Counts
from tests.catalogues import PROBES

HOUR = 3_600_000


def service(**fields: object) -> Service:
    return Service.model_validate({"id": "x", "name": "X", "probes": PROBES} | fields)


def counts(*samples: int, low: tuple[int, ...] = (), **labels: str) -> Counts:
    flags = np.array([i in low for i in range(len(samples))])
    return Counts(labels, np.array(samples, dtype=np.int64), flags)


def flagged(
    *series: Counts, step: int = 15_000, book: Service | None = None, max_gap: int | None = None
) -> list[int]:
    windows = [Interval(i * HOUR, (i + 1) * HOUR) for i in range(len(series[0].samples))]
    cadence = Cadence(step, max_gap or step * 5 // 2)
    found = screen(book or service(), cadence, windows, series)
    indices: list[int] = np.flatnonzero(found.flagged).tolist()
    return indices


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ((240, 240, 240), []),
        ((240, 239, 240), [1]),
        ((240, 241, 240), [1]),
        ((239, 241, 240), []),
        ((240, 239, 240, 240, 241), []),
        ((241, 239, 241, 239), []),
        ((239, 239, 241), [0]),
        ((238, 241, 241), [0, 1, 2]),
        ((240, 0, 240), [1]),
    ],
)
def test_an_hour_that_is_not_full_is_looked_at(
    samples: tuple[int, ...], expected: list[int]
) -> None:
    assert flagged(counts(*samples)) == expected


def test_an_hour_with_a_failure_is_looked_at_however_full() -> None:
    assert flagged(counts(240, 240, 240, low=(1,))) == [1]
    assert flagged(counts(239, 241, 240, low=(1,))) == [1]


def test_beside_an_hour_with_too_many_samples_a_full_one_is_looked_at() -> None:
    assert flagged(counts(240, 480, 240, 240)) == [0, 1, 2]
    assert flagged(counts(240, 242, 240)) == [0, 1, 2]
    assert flagged(counts(240, 241, 240)) == [1]  # as jitter brings
    slower = [Interval(0, HOUR), Interval(HOUR, 2 * HOUR)]
    found = screen(service(), Cadence(30_000, 75_000), slower, (counts(240, 120),))
    assert found.flagged.all()


def test_for_an_hour_that_is_over_the_next_is_looked_at_and_it_where_that_needs_it() -> None:
    windows = [Interval(i * HOUR, (i + 1) * HOUR) for i in range(3)]
    beat = Cadence(15_000, 37_500)
    failed = [counts(239, 240, 240), counts(240, 240, 240, low=(0, 2))]
    edge = 37_500 + (RUN + 2) * 15_000  # as much before as shows the cadence
    early, late = ([0], [0, 2]), ([1], [1, 2])
    for since, expected in ((HOUR + edge - 1, early), (HOUR + edge, late), (0, early)):
        for series, wanted in zip(failed, expected, strict=True):
            found = screen(service(), beat, windows, (series,), since=since)
            assert np.flatnonzero(found.flagged).tolist() == wanted
    whole = counts(240, 240, 240)
    assert not screen(service(), beat, windows, (whole,), since=2 * HOUR).flagged.any()
    found = screen(service(), beat, windows, [counts(240, 240, 240, low=(2,))], since=2 * HOUR)
    down = (
        Segment(0, 2 * HOUR - 60_000, State.UP),
        Segment(2 * HOUR - 60_000, 3 * HOUR, State.DOWN),
    )
    assert found.widen(down)
    assert np.flatnonzero(found.flagged).tolist() == [1, 2]


def test_a_single_lost_sample_is_looked_at_where_it_may_make_a_hole() -> None:
    assert flagged(counts(240, 239, 241), max_gap=30_000) == [1, 2]
    assert flagged(counts(514, 515), step=7_000, max_gap=14_000) == [0, 1]
    assert quiet_among(service(), max_gap=30_000) == set()


def test_no_hole_is_overlooked_while_jitter_is_under_a_quarter_of_an_interval() -> None:
    step, max_gap, hours = 300_000, 750_000, 5
    edges = np.arange(hours + 1) * HOUR
    random = np.random.default_rng(7)
    holes = 0
    for phase in (0, 1, 150_000, 299_999) * 500:
        regular = np.arange(phase - 5 * step, hours * HOUR + 5 * step, step)
        lost = random.integers(len(regular)) + np.arange(random.integers(4))
        jitter = random.integers(-step // 4 + 1, step // 4, len(regular))
        times = np.delete(regular + jitter, lost[lost < len(regular)])
        looked = flagged(counts(*np.histogram(times, edges)[0].tolist()), step=step)
        for at in np.flatnonzero(np.diff(times) > max_gap):
            unknown = times[at] + step, times[at + 1]
            near = np.flatnonzero(
                (edges[:-1] - max_gap < unknown[1]) & (unknown[0] < edges[1:] + max_gap)
            )
            if 2 * max_gap < unknown[1] and unknown[0] < edges[-1] - max_gap:
                holes += 1
                assert set(near) & set(looked), times
    assert holes > 500


def test_an_interval_that_does_not_divide_an_hour_may_fit_one_more() -> None:
    assert flagged(counts(514, 515, 514, 513), step=7_000) == [3]


def test_a_replica_that_does_not_exist_yet_needs_no_look() -> None:
    old = counts(240, 240, 0, 0, location="a", instance="1")
    new = counts(0, 0, 240, 240, location="a", instance="2")
    assert flagged(old, new) == []
    assert flagged(old, counts(0, 0, 230, 240, location="a", instance="2")) == [2]


def test_too_few_locations_need_a_look() -> None:
    both = [counts(240, 240, location="a"), counts(240, 0, location="b")]
    assert flagged(*both, book=service(quorum={"locations": 2})) == [1]
    assert flagged(*both, book=service(quorum={"locations": 1})) == []


def test_one_location_where_two_are_needed_needs_a_look() -> None:
    both = service(quorum={"locations": 2})
    assert flagged(counts(240, 240), book=both) == [0, 1]
    assert quiet_among(both, service(id="y")) == {"y"}


def quiet_among(*services: Service, max_gap: int = 37_500, **series: list[Counts]) -> set[str]:
    windows = [Interval(0, HOUR), Interval(HOUR, 2 * HOUR)]
    found = {s.id: [counts(240, 240)] for s in services} | series
    return quiet(services, {s.id: Cadence(15_000, max_gap) for s in services}, windows, found)


@pytest.mark.parametrize(
    "series",
    [
        [counts(240, 239)],
        [counts(240, 240, low=(1,))],
        [counts(240, 0)],
        [counts(240, 240, location="a"), counts(240, 240, location="b")],
        [],
    ],
)
def test_quiet_is_what_has_one_series_that_is_full_and_good(series: list[Counts]) -> None:
    assert quiet_among(service(), service(id="y"), y=series) == {"x"}


def test_what_has_no_rhythm_is_not_quiet() -> None:
    assert quiet([service()], {}, [Interval(0, HOUR)], {"x": [counts(240)]}) == set()


def test_without_a_rhythm_every_hour_is_looked_at() -> None:
    windows = [Interval(0, HOUR), Interval(HOUR, 2 * HOUR)]
    found = screen(service(), None, windows, [counts(240, 0)])
    assert found.flagged.tolist() == [True, True]
    assert found.empty.tolist() == [False, True]
