"""Samples of counters that were recorded and are lost since, of all series or of some."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.history import History, timeline_of
from sla_engine.domain.interval import Interval, Intervals, union
from sla_engine.domain.timeline import Timeline, first_known
from sla_engine.ledger import Books, Derived, Ledger
from sla_engine.measurement import request_counters
from sla_engine.measurement.event_outages import EventOutages
from sla_engine.measurement.outlived_events import as_recorded
from sla_engine.measurement.request_counters import event_timeline
from sla_engine.prometheus import Client, Series
from sla_engine.prometheus.extract import Ask, Samples
from tests.catalogues import catalogue

GOOD, ERRORS = ({"good": "g", "total": "t"}, {"errors": "g", "total": "t"})
OUTAGE = {"share": 0.5, "min_events": 3}
TAIL = 300_000
PERIOD = Interval(0, 90 * MINUTE)


class World(NamedTuple):
    """Series by selector, the stretches of each to be lost, and how they are read."""

    series: dict[str, tuple[Series, ...]]
    losses: dict[str, tuple[Intervals, ...]]
    sli: dict[str, object]
    every: int
    max_gap: str

    def books(self, ledger: Ledger) -> Books:
        """Return a catalogue of the service, with a ledger."""
        said = {"scrape_interval": f"{self.every // 1000}s", "max_gap": self.max_gap}
        service = {"id": "api", "objective": 99, "sli": self.sli, **said}
        return Books(catalogue(service), ledger)

    def left(self) -> dict[str, tuple[Series, ...]]:
        """Return the series without what is lost."""
        return {
            name: tuple(
                _without(one, lost) for one, lost in zip(some, self.losses[name], strict=True)
            )
            for name, some in self.series.items()
        }


def world(chance: random.Random) -> World:
    """Return counters of one to three targets, and one or two losses of all or of some of them."""
    every = chance.choice((15_000, 30_000, 60_000))
    targets = range(chance.randint(1, 3))
    offsets = [chance.randrange(every) for _ in targets]
    counts = [_counts(chance, every) for _ in targets]
    series = {
        name: tuple(_series(name, t, offsets[t], every, counts[t][i]) for t in targets)
        for i, name in enumerate("tg")
    }
    shortest = 5 * every
    starts = [chance.randint(5, 60) * MINUTE for _ in range(chance.randint(1, 2))]
    losses = union(Interval(s, s + shortest + chance.randrange(12 * MINUTE)) for s in starts)
    kind = chance.choice(("all", "all", "target", "selector", "series"))
    target, selector = chance.choice(targets), chance.choice("tg")
    lost = {
        name: tuple(
            losses
            if kind == "all"
            or (kind == "target" and t == target)
            or (kind == "selector" and name == selector)
            or (kind == "series" and t == target and name == selector)
            else ()
            for t in targets
        )
        for name in series
    }
    max_gap = chance.choice(("150s", "150s", "50m"))
    return World(series, lost, {**chance.choice((GOOD, ERRORS)), "outage": OUTAGE}, every, max_gap)


def _counts(chance: random.Random, every: int) -> tuple[list[float], list[float]]:
    """Return how many events there were of all, and of a part of them, at each sample."""
    rate, share = chance.choice((0, 1, 5, 20)), chance.choice((0.0, 0.1, 1.0))
    every_one, part, total, some = [], [], 0, 0
    for _ in range(PERIOD.end // every):
        share = chance.choice((0.0, 0.1, 1.0)) if chance.random() < 0.05 else share
        new = chance.randint(0, rate)
        total, some = total + new, some + round(new * share)
        if chance.random() < 0.01:
            total = some = 0
        every_one.append(float(total))
        part.append(float(some))
    return every_one, part


def _series(name: str, target: int, offset: int, every: int, values: Sequence[float]) -> Series:
    times = np.arange(len(values), dtype=np.int64) * every + offset
    labels = {"__name__": name, "job": "api", "instance": str(target)}
    return Series(labels, times, np.array(values, dtype=np.float64))


def _without(series: Series, losses: Intervals) -> Series:
    kept = [not any(i.start <= t < i.end for i in losses) for t in series.times.tolist()]
    return Series(series.labels, series.times[kept], series.values[kept])


def derive(
    monkeypatch: pytest.MonkeyPatch,
    books: Books,
    series: dict[str, tuple[Series, ...]],
    part: Interval,
    now: int,
) -> None:
    """Derive a part of the period as the samples of the series say, and store it."""

    def raw(_: Client, questions: Iterator[Ask]) -> Samples:
        [ask] = questions
        name = ask.sources[0].expression or ""
        inside = [_inside(s, ask.period) for s in series.get(name, ())]
        return {"api": tuple(s for s in inside if s.times.size)}

    monkeypatch.setattr(request_counters, "raw", raw)
    service = books.catalogue.service("api")
    client = Client(books.catalogue.prometheus)
    line, minutes, unseen = event_timeline(books.catalogue, client, service, part, now)
    item = Derived("api", line, first_known(line), TAIL, minutes, unseen=unseen)
    books.ledger.apply([EventOutages(books, part).judged(item)])


def _inside(series: Series, part: Interval) -> Series:
    kept = (series.times >= part.start) & (series.times < part.end)
    return Series(series.labels, series.times[kept], series.values[kept])


def kept(ledger: Ledger, until: int) -> tuple[Timeline, list[Minute]]:
    """Return what the ledger holds up to a time."""
    period = Interval(PERIOD.start, until)
    history = ledger.histories(period).get("api", History())
    minutes = [m for m in ledger.events(period).get("api", ()) if m.start + MINUTE <= until]
    return timeline_of(history, period), minutes


@pytest.mark.parametrize("seed", range(0, 24, 12))
def test_a_loss_changes_no_minute_and_no_outage_that_was_recorded(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    for number in range(seed, seed + 12):
        chance = random.Random(number)
        one = world(chance)
        with closing(Ledger.open("sqlite://")) as ledger:
            books = one.books(ledger)
            derive(monkeypatch, books, one.series, PERIOD, PERIOD.end)
            before = kept(ledger, PERIOD.end - 2 * TAIL)
            cuts = sorted({chance.randrange(1, PERIOD.end) for _ in range(chance.randrange(4))})
            pieces = [Interval(*edges) for edges in pairwise((0, *cuts, PERIOD.end))]
            chance.shuffle(pieces)
            for piece in pieces:
                derive(monkeypatch, books, one.left(), piece, PERIOD.end)
            assert kept(ledger, PERIOD.end - 2 * TAIL) == before, number


@pytest.mark.parametrize("seed", range(0, 8, 4))
def test_ticks_record_the_events_that_are_derived_at_the_end_though_samples_failed_to_come(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    for number in range(seed, seed + 4):
        chance = random.Random(number)
        one = world(chance)
        found = []
        for ticking in (True, False):
            with closing(Ledger.open("sqlite://")) as ledger:
                books, now, last = one.books(ledger), 3 * MINUTE, 3 * MINUTE
                while ticking and now < PERIOD.end:
                    part = Interval(max(0, last - 3 * TAIL), now)
                    derive(monkeypatch, books, one.left(), part, now)
                    last, now = now, now + chance.choice((20_000, 30_000, 60_000, 400_000))
                if not ticking:
                    derive(monkeypatch, books, one.left(), PERIOD, PERIOD.end)
                found.append(kept(ledger, PERIOD.end - 4 * TAIL))
        assert found[0] == found[1], number


LOST = (Interval(4 * MINUTE, 5 * MINUTE + 10_000),)
KNOWN = (Interval(0, 20 * MINUTE),)


def counted(*totals: float, first: int = 0) -> list[Minute]:
    """Return minutes in a row with so many events, all good."""
    return [Minute((first + i) * MINUTE, total, total) for i, total in enumerate(totals)]


@pytest.mark.parametrize("number", range(4))
def test_samples_that_come_late_before_the_first_one_count_from_their_first_minute_on(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world(random.Random(number))
    early = (Interval(PERIOD.start - 60 * MINUTE, PERIOD.start + 40 * MINUTE),)
    later = {name: tuple(_without(s, early) for s in some) for name, some in one.series.items()}
    found = []
    for recorded in (one.series, later):
        with closing(Ledger.open("sqlite://")) as ledger:
            books = one.books(ledger)
            for series in (recorded, one.series):
                derive(monkeypatch, books, series, PERIOD, PERIOD.end)
            found.append(kept(ledger, PERIOD.end - 2 * TAIL))
    assert found[1] == found[0]


def test_what_is_recorded_stays_where_a_series_is_missing_and_in_the_minute_it_is_back_in() -> None:
    recorded, derived = counted(*[3] * 9), counted(3, 3, 3, 3, 1, 5, 3, 3, 3)
    assert as_recorded(derived, recorded, LOST, KNOWN) == recorded
    assert as_recorded(derived, recorded, (), KNOWN) == derived


def test_minutes_of_other_counters_take_the_place_of_recorded_ones_though_a_series_is_missing() -> (
    None
):
    recorded, derived = counted(*[3] * 9), counted(7, 7, 7, 7, 1, 9, 7, 7, 7)
    assert as_recorded(derived, recorded, LOST, KNOWN) == derived


def test_what_is_not_known_yet_is_as_derived_though_a_series_is_missing() -> None:
    recorded, derived = counted(3, 3, 3, 3), counted(3, 3, 3, 3, 1, 5, 3, 3, 3)
    settled = (Interval(0, 4 * MINUTE),)
    assert as_recorded(derived, recorded, LOST, settled) == derived
