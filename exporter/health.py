"""The exporter's own health: what its process uses, how late its probes start."""

import sys
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from exporter import metrics
from exporter.page import render
from exporter.probes.transport.result import CAUSES, Cause
from uptime_common.exposition import Metric, Style, of_registry

if sys.platform == "linux":
    from exporter.own_process import OwnProcess

LoopState = Callable[[], tuple[int, int, int]]
"""Tells of a schedule: targets, runs under way, turns skipped."""


class Health:
    """Everything that the exporter tells of itself, by prometheus_client's instruments."""

    def __init__(self, version: str) -> None:
        self._registry = CollectorRegistry()
        self._process = OwnProcess() if sys.platform == "linux" else None
        build = metrics.BUILD
        Gauge(build.name, build.help, build.labels, registry=self._registry).labels(version).set(1)
        self.lateness = Histogram(
            metrics.LATENESS.name,
            metrics.LATENESS.help,
            buckets=metrics.LATENESS_BOUNDS,
            registry=self._registry,
        )
        self._hindered = dict.fromkeys(CAUSES, 0)
        self._registry.register(_Hindered(self._hindered))
        self._loaded_at = self._gauge(metrics.LOADED_AT)
        self._loaded_well = self._gauge(metrics.LOADED_WELL)

    def loaded(self, now: float, *, good: bool) -> None:
        """Note an attempt to load the catalogue."""
        self._loaded_well.set(good)
        if good:
            self._loaded_at.set(now)

    def hindered(self, cause: Cause) -> None:
        """Count a run that something of ours kept from a verdict."""
        self._hindered[cause] += 1

    def watch(self, state: LoopState) -> None:
        """Show what a schedule tells."""
        self._gauge(metrics.TARGETS).set_function(lambda: state()[0])
        self._gauge(metrics.RUNNING).set_function(lambda: state()[1])
        self._registry.register(_Skipped(state))

    def render(self, style: Style) -> str:
        """Return the text of every family, without the EOF of OpenMetrics."""
        process = [] if self._process is None else [self._process.read()]
        return render((*process, *of_registry(self._registry)), style)

    def close(self) -> None:
        """Release what is kept between scrapes."""
        if self._process is not None:
            self._process.close()

    def _gauge(self, metric: Metric) -> Gauge:
        return Gauge(metric.name, metric.help, registry=self._registry)


class _Skipped(Collector):
    def __init__(self, state: LoopState) -> None:
        self._state = state

    def collect(self) -> list[CounterMetricFamily]:
        skipped = metrics.SKIPPED
        return [CounterMetricFamily(skipped.name, skipped.help, value=self._state()[2])]


class _Hindered(Collector):
    def __init__(self, counts: Mapping[Cause, int]) -> None:
        self._counts = counts

    def collect(self) -> list[CounterMetricFamily]:
        told = metrics.HINDERED
        family = CounterMetricFamily(told.name, told.help, labels=told.labels)
        for cause, count in self._counts.items():
            family.add_metric((cause,), count)
        return [family]
