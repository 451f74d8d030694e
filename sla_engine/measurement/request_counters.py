"""Services that count events: good (or failed) and total are counters, read by their selectors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from service_catalogue import Catalogue, Service
from service_catalogue.counters import Counters, read_counters
from sla_engine.accounting.terms import cadence_terms
from sla_engine.domain.cadence import (
    CadenceTerms,
    Evidence,
    cadences,
    evidence,
    horizon,
    shown_around,
)
from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.history import Unseen
from sla_engine.domain.interval import Interval, clip, union
from sla_engine.domain.samples import from_arrays
from sla_engine.domain.timeline import Timeline
from sla_engine.measurement.derive import cadence
from sla_engine.measurement.increases import (
    Counts,
    Grid,
    Scrapes,
    Views,
    address,
    births,
    by_minute,
)
from sla_engine.prometheus import Client, Series, promql
from sla_engine.prometheus.extract import Source, asks, raw

_MARGIN = 10 * MINUTE
"""How far apart two samples of a counter may be for the difference to count, at the least (ms)."""

Read = Mapping[str, Sequence[Series]]
"""Samples by selector."""


class EventCounters(NamedTuple):
    """What a service counts: all events, and those that were good or, if ``failed``, not good."""

    total: Counters
    part: Counters
    failed: bool

    def selectors(self) -> list[str]:
        """Return the selectors once each, in the order to read them.

        What makes events bad comes first: a scrape that arrives between two questions must not
        look like failures.
        """
        part, total = self.part, self.total
        bad, fine = (part.added, part.taken) if self.failed else (part.taken, part.added)
        return list(dict.fromkeys((*bad, *total.added, *total.taken, *fine)))


def event_counters(service: Service) -> EventCounters:
    """Return the counters of a service that counts events."""
    sli = service.sli
    if sli is None or sli.total is None or (part := sli.errors or sli.good) is None:
        raise ValueError(f"service {service.id!r} does not count events")
    return EventCounters(read_counters(sli.total), read_counters(part), sli.errors is not None)


def event_timeline(
    catalogue: Catalogue, client: Client, service: Service, period: Interval, now: int
) -> tuple[Timeline, tuple[Minute, ...], Unseen]:
    """Return when the events of a service are known (as up), and the minutes with events (ms UTC).

    The third is when samples are missing: the events of that time are not in the minutes.

    Where no sample of the total came nothing is known. Which minutes are an outage takes more of
    them than a period has: see `settled`.

    Raises:
        PrometheusError: the samples cannot be had.
    """
    start = period.start // MINUTE * MINUTE
    end = min(-(-period.end // MINUTE) * MINUTE, now)
    gap = cadence(catalogue, service).max_gap
    reach, before = max(_MARGIN, gap), MINUTE + gap
    wide = Interval(start - before - reach, min(end + reach, now))
    counters = event_counters(service)
    read = {
        selector: raw(client, asks([Source(service.id, selector)], wide)).get(service.id, ())
        for selector in counters.selectors()
    }
    total = [one for selector in counters.total.added for one in read[selector]]
    said = cadence_terms(catalogue, service)
    fetch = partial(_total, client, service.id, counters)
    known, unseen = _watched(total, period, wide, now, said=said, fetch=fetch)
    count = -(-(end - start) // MINUTE)
    grid = Grid(start, count, reach, catalogue.prometheus.replica_labels, before)
    series = [one for some in read.values() for one in some]
    alone = union(_missing([one.times for one in series], wide, said))
    unseen = unseen._replace(counters=clip(alone, Interval(start, period.end)))
    scrapes = _scrapes(client, service, series, _moments(total), grid)
    return known, counted(counters, read, grid, scrapes), unseen


def _total(
    client: Client, service: str, counters: EventCounters, period: Interval
) -> Sequence[Series]:
    found = (
        raw(client, asks([Source(service, selector)], period)).get(service, ())
        for selector in counters.total.added
    )
    return [one for some in found for one in some]


def _watched(
    total: Sequence[Series],
    period: Interval,
    wide: Interval,
    now: int,
    *,
    said: Sequence[CadenceTerms],
    fetch: Callable[[Interval], Sequence[Series]],
) -> tuple[Timeline, Unseen]:
    """Return when samples of the total came, and are missing; all series together show that.

    Samples farther off are fetched where those at hand, of ``wide``, show no cadence.
    """
    far = horizon(said)
    shown = [shown_around(one.times, evidence(one.times, said), period) for one in total]
    early = wide.start if all(before for before, _ in shown) else period.start - far
    late = wide.end if all(after for _, after in shown) else min(period.end + far, now)
    farther = Interval(min(early, wide.start), max(late, wide.end))
    if farther != wide:
        total = fetch(farther)
    times, together = _together([(one.times, evidence(one.times, said)) for one in total])
    steps, gaps = cadences(times, together, said)
    following = np.append(times[1:], farther.end)
    missing = np.flatnonzero(2 * (following - times) > 3 * steps)
    holes = [*zip(times[missing].tolist(), following[missing].tolist(), strict=True)]
    holes += [(farther.start, int(first)) for first in times[:1]]
    line = from_arrays(times, times >= 0, period, steps, gaps, seen_until=farther.end)
    return line, Unseen(clip(union(Interval(*hole) for hole in holes), period))


def _missing(
    series: Iterable[NDArray[np.int64]], period: Interval, said: Sequence[CadenceTerms]
) -> Iterator[Interval]:
    """Yield when samples of each series are missing in a period, up to the one that is back.

    Whether one was lost, or is born or gone, its samples do not show.
    """
    for times in series:
        steps, _ = cadences(times, evidence(times, said), said)
        following = np.append(times[1:], period.end)
        missing = np.flatnonzero(2 * (following - times) > 3 * steps)
        yield from map(Interval, times[missing].tolist(), following[missing].tolist())
        if 2 * (times[0] - period.start) > 3 * steps[0]:
            yield Interval(period.start, int(times[0]))


def _together(
    series: Sequence[tuple[NDArray[np.int64], Evidence]],
) -> tuple[NDArray[np.int64], Evidence]:
    """Return the moments of several series with what each shows in its own."""
    none = np.zeros(0, np.int64)
    times = np.concatenate([none, *(some for some, _ in series)])
    columns = zip(*(shown for _, shown in series), strict=True)
    together = [np.concatenate([none, *column]) for column in columns] or [none] * 4
    moments, first = np.unique(times, return_index=True)
    return moments, Evidence(*(column[first] for column in together))


def counted(
    counters: EventCounters, read: Read, grid: Grid, scrapes: Scrapes | None = None
) -> tuple[Minute, ...]:
    """Return the minutes that had events.

    Good events that no total shows are none: a minute is never more than all good, and never less
    than all failed.
    """
    views = Views((one for some in read.values() for one in some), grid)
    gained = partial(by_minute, grid=grid, scrapes=scrapes, views=views)
    every = _net(counters.total, read, gained)
    part = np.minimum(_net(counters.part, read, gained), every)
    good = every - part if counters.failed else part
    return tuple(
        Minute(grid.start + i * MINUTE, float(good[i]), float(every[i]))
        for i in np.flatnonzero(every > 0).tolist()
    )


def _net(counters: Counters, read: Read, gained: Callable[[Sequence[Series]], Counts]) -> Counts:
    found = sum(gained(read[selector]) for selector in counters.added)
    taken = sum(gained(read[selector]) for selector in counters.taken)
    return np.maximum(found - taken, 0.0)


def _scrapes(
    client: Client,
    service: Service,
    series: Sequence[Series],
    moments: NDArray[np.int64],
    grid: Grid,
) -> Scrapes | None:
    """Ask when the targets of series that were born were scraped; None where none was born."""
    born = births(series, grid)
    targets = {address(series[one.series].labels) for one in born} - {("", "")}
    if not targets:
        return None
    first, last = min(one.time for one in born), max(one.time for one in born)
    asked = Source(service.id, promql.scraped(targets))
    found = raw(client, asks([asked], Interval(first - grid.reach, last)))
    return Scrapes(found.get(service.id, ()), moments)


def _moments(series: Sequence[Series]) -> NDArray[np.int64]:
    """Return when there were samples, in order."""
    times = [one.times for one in series]
    return np.unique(np.concatenate(times)) if times else np.array([], dtype=np.int64)
