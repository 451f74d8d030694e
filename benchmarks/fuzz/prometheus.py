"""Answers of Prometheus: the only outcomes of a body are whole series and a ValueError.

What is read on the level of bytes must be what JSON says.
"""

from contextlib import suppress
from typing import Final

import numpy as np

from sla_engine.prometheus import series
from sla_engine.prometheus.client import error_of_body

SEEDS: Final = ("tests/fuzz/prometheus/*",)


def one_input(content: bytes) -> None:
    """Read one body; an exception of another type is a finding, and so are two answers."""
    error_of_body(content)
    fast = slow = None
    with suppress(ValueError):
        fast = series.parse(content)
    with suppress(ValueError):
        slow = series.parse_json(content, series.KINDS)
    if (fast is None) != (slow is None):
        raise AssertionError("one way reads it, the other does not")
    if fast is not None and slow is not None:
        _same(fast, slow)


def _same(fast: series.QueryResult, slow: series.QueryResult) -> None:
    if (fast.kind, fast.warnings) != (slow.kind, slow.warnings):
        raise AssertionError("another kind, or other warnings")
    for one, other in zip(fast.series, slow.series, strict=True):
        if one.labels != other.labels or len(one.times) != len(one.values):
            raise AssertionError("other labels")
        np.testing.assert_array_equal(one.times, other.times)
        np.testing.assert_array_equal(one.values, other.values)
