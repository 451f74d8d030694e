"""The exporter's own health: what its process uses, how late its probes start."""

import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

from exporter import metrics
from exporter.family import Family, Filled, Form, Metric, Style, render

if sys.platform == "linux":
    from exporter.own_process import OwnProcess

State = Callable[[], tuple[int, int, int]]
"""Tells of a schedule: targets, runs under way, turns skipped."""


class Histogram:
    """Counts observations by upper bounds."""

    def __init__(self, metric: Metric, bounds: Sequence[float]) -> None:
        self._whole = metric
        self._buckets = Metric(metric.name, metric.kind, metric.help, ("le",))
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def families(self) -> Iterator[Family]:
        """Return the buckets, each with all that is under its bound; count; sum."""
        *bounded, count = accumulate(self._counts)
        pairs = zip(self._bounds, bounded, strict=True)
        samples = [*(((str(bound),), number) for bound, number in pairs), (("+Inf",), count)]
        yield Family(self._buckets, samples, "_bucket")
        yield Family(self._whole, (((), count),), "_count")
        yield Family(self._whole, (((), self._sum),), "_sum")


class Health:
    """Everything that the exporter tells of itself."""

    def __init__(self, version: str) -> None:
        self.lateness = Histogram(metrics.LATENESS, metrics.LATENESS_BOUNDS)
        self._process = OwnProcess() if sys.platform == "linux" else None
        self._build = metrics.BUILD.of(((version,), 1))
        self._loaded_at = 0.0
        self._loaded_well = False
        self._state: State | None = None

    def loaded(self, now: float, *, good: bool) -> None:
        """Note an attempt to load the catalogue."""
        self._loaded_well = good
        if good:
            self._loaded_at = now

    def watch(self, state: State) -> None:
        """Show what a schedule tells."""
        self._state = state

    def render(self, style: Style) -> str:
        """Return the text of every family, without the EOF of OpenMetrics."""
        parts = [] if self._process is None else [self._process.read()]
        return render((*parts, self._build, *self.lateness.families(), self._own()), style)

    def close(self) -> None:
        """Release what is kept between scrapes."""
        if self._process is not None:
            self._process.close()

    def _own(self) -> Filled:
        loaded = self._loaded_at, float(self._loaded_well)
        if self._state is None:
            return _LOADED.filled(loaded)
        return _WATCHED.filled((*loaded, *map(float, self._state())))


_LOADED = Form(((metrics.LOADED_AT, ()), (metrics.LOADED_WELL, ())))
_WATCHED = Form(
    (*_LOADED.series, (metrics.TARGETS, ()), (metrics.RUNNING, ()), (metrics.SKIPPED, ()))
)
