import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptime_common.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("15s", 15_000),
        ("1h30m", 5_400_000),
        ("7d", 604_800_000),
        ("250ms", 250),
        ("1m500ms", 60_500),
        ("0s", 0),
    ],
)
def test_reads_the_notation_of_prometheus(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "15", "s", "1.5h", "-1s", "30m1h", "1h 30m", "1h1h"])
def test_refuses_what_prometheus_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_what_is_formatted_reads_back(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds
