"""Samples -> the timeline of a service, as its catalogue entry says."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

import numpy as np

from catalogue import Catalogue, Service
from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Sample, Timeline, combine, from_samples
from sla_engine.ledger import Derived
from sla_engine.prometheus import Series

_DEFAULT_STEP = 15_000


class Rhythm(NamedTuple):
    """How often samples come, and the longest distance of two without a hole (ms)."""

    step: int
    max_gap: int


def rhythm(catalogue: Catalogue, service: Service, series: Sequence[Series] = ()) -> Rhythm:
    """Return a service's rhythm; where no scrape interval is set, the median of its samples."""
    settings = catalogue.prometheus
    step = service.scrape_interval or settings.scrape_interval or _median(series)
    return Rhythm(step, service.max_gap or settings.max_gap or step * 5 // 2)


def _median(series: Sequence[Series]) -> int:
    """Return the median distance of samples, in whole seconds: jitter must not move figures."""
    steps = [np.diff(s.times) for s in series]
    distances = np.concatenate(steps) if steps else np.array([], dtype=np.int64)
    if distances.size == 0:
        return _DEFAULT_STEP
    return max(1_000, round(float(np.median(distances)) / 1_000) * 1_000)


def lifetime(service: Service, zone: tzinfo, period: Interval) -> Interval:
    """Return the part of a period from the service's ``since`` to its ``until``."""
    start = period.start if service.since is None else _ms(service.since, zone)
    end = period.end if service.until is None else _ms(service.until, zone)
    return Interval(max(period.start, start), min(period.end, end))


def _ms(moment: datetime, zone: tzinfo) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return round(aware.timestamp() * 1000)


def derive(
    catalogue: Catalogue,
    service: Service,
    series: Sequence[Series],
    period: Interval,
    seen_until: int,
) -> Derived | None:
    """Return what samples say of a service in a period; None outside its lifetime.

    Args:
        catalogue: for the defaults.
        service: whose samples these are.
        series: of the period and of ``max_gap`` before and, if there, after it.
        period: what to cover, ms UTC.
        seen_until: samples were asked for up to here (ms UTC).
    """
    alive = lifetime(service, catalogue.timezone, period)
    if alive.length == 0:
        return None
    beat = rhythm(catalogue, service, series)
    locations: dict[object, list[Timeline]] = defaultdict(list)
    for one in series:
        samples = [Sample(t, v != 0) for t, v in zip(one.times.tolist(), one.values, strict=True)]
        timeline = from_samples(samples, alive, beat.step, beat.max_gap, seen_until)
        locations[_location(one)].append(timeline)
    parts = [combine(replicas, "majority") for replicas in locations.values()]
    whole = combine(parts, service.quorum.locations) if parts else None
    if whole is None:
        whole = from_samples((), alive, beat.step, beat.max_gap, seen_until)
    return Derived(service.id, whole, _first_sample(series, alive))


def _location(series: Series) -> object:
    """Return what replicas share; a series without a location stands for itself."""
    return series.labels.get("location") or tuple(sorted(series.labels.items()))


def _first_sample(series: Sequence[Series], period: Interval) -> int | None:
    times = [one.times[one.times >= period.start] for one in series]
    first = [int(t[0]) for t in times if t.size and t[0] < period.end]
    return min(first) if first else None
