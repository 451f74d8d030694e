"""How fast services were, asked of Prometheus: by probes, or by the histogram that is named."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import structlog

from sla_engine.domain.report import USUAL_PERCENTILE, Latency, PeriodReport
from sla_engine.prometheus import Client, PrometheusError, health

_PARTS = 31

log = structlog.get_logger("report")


class Target(NamedTuple):
    """How fast a service is meant to be: seconds, and the share that is to be within them.

    ``histogram`` is the selector of the buckets that say so; without one its probes do.
    ``percentile`` is the one that was promised, if the share was said so.
    """

    below: float
    share: float
    histogram: str | None = None
    percentile: float = USUAL_PERCENTILE


Values = dict[str, float]


def latencies(
    client: Client, report: PeriodReport, at: int, targets: Mapping[str, Target]
) -> dict[str, Latency]:
    """Return how fast each service was, by id: what has a target or was measured.

    A histogram that cannot be asked leaves its service unknown, and no other.

    Raises:
        PrometheusError: the probes cannot be asked.
    """
    length, _ = _length(report, at)
    measured = _probed(client, report, at, USUAL_PERCENTILE)
    by_probes = {name: target for name, target in targets.items() if target.histogram is None}
    for percentile in sorted({one.percentile for one in by_probes.values()} - {USUAL_PERCENTILE}):
        ours = {name for name, one in by_probes.items() if one.percentile == percentile}
        found_there = _probed(client, report, at, percentile)
        measured |= {name: one for name, one in found_there.items() if name in ours}
    kept = {}
    for below in sorted({target.below for target in by_probes.values()}):
        kept[below] = values_by(client, health.fast_enough(length, below), at, "service")
    found = {}
    for name in measured.keys() | targets.keys():
        known = measured.get(name, Latency())
        if name in by_probes:
            below, share, _, asked = by_probes[name]
            held = kept[below].get(name)
            known = replace(known, below=below, share=share, kept=held, percentile=asked)
        elif name in targets:
            known = _of_requests(client, report, at, name, targets[name])
        found[name] = known
    return found


def _probed(client: Client, report: PeriodReport, at: int, percentile: float) -> dict[str, Latency]:
    """Return how fast the probes of each service were, by one percentile."""
    start = report.period.start
    length, before = _length(report, at)
    now = values_by(client, health.latency(length, percentile), at, "service")
    if not now:
        return {}
    earlier = values_by(client, health.latency(before, percentile), start, "service")
    days = _parts(client, start, at, percentile)
    return {
        name: Latency(value, earlier.get(name), days.get(name, ()), percentile=percentile)
        for name, value in now.items()
    }


def _of_requests(
    client: Client, report: PeriodReport, at: int, name: str, target: Target
) -> Latency:
    """Return how fast a service's requests were, by its histogram."""
    buckets = target.histogram or ""
    asked = target.percentile
    known = Latency(below=target.below, share=target.share, of_requests=True, percentile=asked)
    length, before = _length(report, at)
    start = report.period.start
    step = max(3_600_000, (at - start) // _PARTS)
    moments = list(range(start + step, at + 1, step))
    within = health.requests_within(buckets, target.below, length)
    try:
        return replace(
            known,
            value=_one(client, health.requests_percentile(buckets, length, asked), at),
            before=_one(client, health.requests_percentile(buckets, before, asked), start),
            kept=_one(client, within, at),
            days=_course(client, health.requests_percentile(buckets, step // 1000, asked), moments),
        )
    except PrometheusError as error:
        log.warning("a histogram cannot be asked", service=name, error=str(error))
        return known


def _one(client: Client, query: str, at: int) -> float | None:
    return next(iter(values_by(client, query, at, "").values()), None)


def _course(client: Client, query: str, moments: list[int]) -> tuple[float | None, ...]:
    """Return the value of a query at some moments (ms UTC)."""
    found = _courses(client, query, moments, "")
    return next(iter(found.values()), ())


def _length(report: PeriodReport, at: int) -> tuple[int, int]:
    """Return how long the period and the one before were (s)."""
    start, end = report.period
    before = 2 * start - end if report.previous is None else report.previous.start
    return max(60, (at - start) // 1000), (start - before) // 1000


def _parts(
    client: Client, start: int, at: int, percentile: float
) -> dict[str, tuple[float | None, ...]]:
    """Return the latency of each service in each of some thirty parts of a period, oldest first."""
    step = max(3_600_000, (at - start) // _PARTS)
    moments = list(range(start + step, at + 1, step))
    return _courses(client, health.latency(step // 1000, percentile), moments, "service")


def _courses(
    client: Client, query: str, moments: list[int], label: str
) -> dict[str, tuple[float | None, ...]]:
    if not moments:
        return {}
    step = moments[1] - moments[0] if len(moments) > 1 else 3_600_000
    found = {}
    for series in client.range(query, moments[0], moments[-1], step).series:
        pairs = zip(series.times.tolist(), series.values.tolist(), strict=True)
        known = {round(time): value for time, value in pairs if value == value}  # noqa: PLR0124
        found[series.labels.get(label, "")] = tuple(known.get(one) for one in moments)
    return found


def values_by(client: Client, query: str, at: int, label: str) -> Values:
    """Return the values of a query by a label; what is no number is left out."""
    pairs = (
        (series.labels.get(label, ""), float(series.values[-1]))
        for series in client.instant(query, at).series
    )
    return {name: value for name, value in pairs if value == value}  # noqa: PLR0124 - NaN is not
