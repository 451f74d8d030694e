"""Samples one by one, for tests: what the engine reads are arrays."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sla_engine.domain.interval import Interval
from sla_engine.domain.samples import from_arrays
from sla_engine.domain.timeline import Timeline


class Sample(NamedTuple):
    """One sample of one series: milliseconds UTC and whether it was good."""

    time: int
    up: bool


def from_samples(
    samples: Sequence[Sample], period: Interval, step: int, max_gap: int, seen_until: int
) -> Timeline:
    """Return the timeline of samples in order of time; see `from_arrays`."""
    times = np.array([sample.time for sample in samples], dtype=np.int64)
    up = np.array([sample.up for sample in samples], dtype=np.bool_)
    return from_arrays(times, up, period, step, max_gap, seen_until=seen_until)
