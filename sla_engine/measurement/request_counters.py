"""Services that count events: good and total are counters, their ratio makes the state.

Increases are summed sample by sample and series by series, so that a counter that begins anew after
a restart takes nothing away and nothing is extrapolated.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain, groupby

import numpy as np
from numpy.typing import NDArray

from service_catalogue import Catalogue, Service
from sla_engine.accounting.terms import cadence_terms, terms
from sla_engine.domain.cadence import (
    CadenceTerms,
    Evidence,
    cadences,
    evidence,
    horizon,
    shown_around,
)
from sla_engine.domain.events import Minute
from sla_engine.domain.history import History, timeline_of
from sla_engine.domain.interval import Interval, union
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.samples import from_arrays
from sla_engine.domain.timeline import State, Timeline, during
from sla_engine.measurement.derive import cadence
from sla_engine.prometheus import Client, Series
from sla_engine.prometheus.extract import Source, asks, raw

EVALUATION = 60_000
"""How long the stretches are whose ratio is judged (ms); they begin on whole minutes."""
_MARGIN = 10 * 60_000
"""How far apart two samples of a counter may be for the difference to count, at the least (ms)."""


def event_timeline(
    catalogue: Catalogue, client: Client, service: Service, period: Interval, now: int
) -> tuple[Timeline, tuple[Minute, ...]]:
    """Return when enough events of a service were good, and the minutes with events (ms UTC).

    A minute is down when the ratio of its events is under the objective or, without one, when none
    was good; a minute without an event is up. Where no sample of the total came nothing is known.

    Raises:
        PrometheusError: the samples cannot be had.
    """
    assert service.sli is not None  # noqa: S101 - as its method says
    start = period.start // EVALUATION * EVALUATION
    end = min(-(-period.end // EVALUATION) * EVALUATION, now)
    reach = max(_MARGIN, cadence(catalogue, service).max_gap)
    wide = Interval(start - reach, min(end + reach, now))
    # Total comes first: a scrape that arrives between the two must not look like bad events.
    fetch = partial(_fetched, client, service.id, service.sli.total)
    total, good = fetch(wide), _fetched(client, service.id, service.sli.good, wide)
    said = cadence_terms(catalogue, service)
    known = _watched(total, period, wide, now, said=said, fetch=fetch)
    minutes = counted(good, total, Interval(start, end), reach)
    history = History(_failed(service, minutes), during(known, State.UNKNOWN), (period,))
    return timeline_of(history, period), minutes


def _fetched(
    client: Client, service: str, promql: str | None, period: Interval
) -> Sequence[Series]:
    return raw(client, asks([Source(service, promql)], period)).get(service, ())


def _watched(
    total: Sequence[Series],
    period: Interval,
    wide: Interval,
    now: int,
    *,
    said: Sequence[CadenceTerms],
    fetch: Callable[[Interval], Sequence[Series]],
) -> Timeline:
    """Return when samples of the total came; all of its series together show that.

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
    return from_arrays(times, times >= 0, period, steps, gaps, seen_until=farther.end)


def _together(
    series: Sequence[tuple[NDArray[np.int64], Evidence]],
) -> tuple[NDArray[np.int64], Evidence]:
    """Return the moments of several series with what each shows in its own."""
    none = np.zeros(0, np.int64)
    times = np.concatenate([none, *(some for some, _ in series)])
    columns = zip(*(shown for _, shown in series), strict=True)
    together = [np.concatenate([none, *column]) for column in columns] or [none] * 3
    moments, first = np.unique(times, return_index=True)
    return moments, Evidence(*(column[first] for column in together))


def _failed(service: Service, minutes: Sequence[Minute]) -> tuple[OutageSpan, ...]:
    """Hold every minute against the objective of its time."""
    turns = groupby(minutes, key=lambda minute: terms(service, minute.start).objective)
    return tuple(chain.from_iterable(failures(tuple(some), owed) for owed, some in turns))


def counted(
    good: Sequence[Series], total: Sequence[Series], period: Interval, reach: int = _MARGIN
) -> tuple[Minute, ...]:
    """Return the minutes of a period, which begins on one, that had events.

    Good events that no total shows are none: a minute is never more than all good. Nor is what
    was counted between two samples that are more than ``reach`` (ms) apart: nobody knows when.
    """
    count = -(-period.length // EVALUATION)
    some, every = (_by_minute(series, period.start, count, reach) for series in (good, total))
    return tuple(
        Minute(period.start + i * EVALUATION, min(float(some[i]), float(every[i])), float(every[i]))
        for i in np.flatnonzero(every > 0).tolist()
    )


def failures(minutes: Sequence[Minute], objective: Fraction | None) -> tuple[OutageSpan, ...]:
    """Return the minutes whose events were not good enough, neighbours as one."""
    # A counter holds floats: a ratio that is met exactly must not fail by their rounding.
    least = 0.0 if objective is None else float(objective) - 1e-9
    bad = (m for m in minutes if m.good <= 0 or m.good < least * m.total)
    return tuple(
        OutageSpan(*i) for i in union(Interval(m.start, m.start + EVALUATION) for m in bad)
    )


def _by_minute(series: Sequence[Series], start: int, count: int, reach: int) -> NDArray[np.float64]:
    """Return the sum of all increases by minute; each belongs to the sample that shows it."""
    found = np.zeros(count)
    for one in series:
        steps = np.diff(one.values)
        increases = np.where(steps < 0, one.values[1:], steps)
        minutes = (one.times[1:] - start) // EVALUATION
        inside = (minutes >= 0) & (minutes < count) & (np.diff(one.times) <= reach)
        np.add.at(found, minutes[inside], increases[inside])
    return found
