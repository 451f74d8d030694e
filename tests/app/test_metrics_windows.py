"""Which windows are published is asked for by name, and a name that is none is refused."""

import argparse

import pytest

from sla_engine.app.errors import UsageError
from sla_engine.app.serve import _windows


@pytest.mark.parametrize(
    ("given", "found"),
    [("", ()), ("30d", ("30d",)), (" month, previous_month ,", ("month", "previous_month"))],
)
def test_windows_are_named_with_commas_between(given: str, found: tuple[str, ...]) -> None:
    assert _windows(argparse.Namespace(metrics_windows=given)) == found


def test_a_window_that_nobody_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"'31d' is no window; these are: 7d, .*previous_month"):
        _windows(argparse.Namespace(metrics_windows="30d,31d"))
