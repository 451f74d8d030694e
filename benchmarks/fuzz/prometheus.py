"""Answers of Prometheus: the only outcomes of a body are whole series and a ValueError.

What is read on the level of bytes must be what JSON says.
"""

from typing import Final

import numpy as np

from sla_engine.prometheus import series
from sla_engine.prometheus.client import error_of_body

SEEDS: Final = ("tests/fuzz/prometheus/*",)


def one_input(content: bytes) -> None:
    """Read one body, as a success and as a refusal; another exception, or two answers, is a finding."""
    error_of_body(content)
    fast = slow = None
    try:
        fast = series.parse(content)
    except ValueError:
        pass
    try:
        slow = series.parse_json(content, series.KINDS)
    except ValueError:
        pass
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
