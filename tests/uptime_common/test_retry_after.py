"""What other servers write behind Retry-After."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uptime_common.retry_after import LONGEST, SHORTEST, retry_after

NOW = 1_800_000_000_000  # Fri, 15 Jan 2027 08:00:00 GMT


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("30", 30_000),
        (" 2 ", 2_000),
        ("1.5", 1_500),
        ("0", SHORTEST),
        ("-5", SHORTEST),
        ("1e99", LONGEST),
        ("99999999999999999999", LONGEST),
        ("nan", SHORTEST),
        ("inf", SHORTEST),
        ("", SHORTEST),
        (None, SHORTEST),
        ("soon", SHORTEST),
        ("١٢", 12_000),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30_000),
        ("Fri, 15 Jan 2027 09:00:30 +0100", 30_000),
        ("Fri, 15 Jan 2027 08:00:30 -0000", 30_000),
        ("Friday, 15-Jan-27 08:00:30 GMT", 30_000),
        ("Fri Jan 15 08:00:30 2027", 30_000),
        ("Thu, 14 Jan 2027 08:00:00 GMT", SHORTEST),
        ("Fri, 15 Jan 9999 08:00:00 GMT", LONGEST),
        ("Fri, 31 Feb 2027 08:00:00 GMT", SHORTEST),
        ("Fri, 15 Jan 0000 08:00:00 GMT", SHORTEST),
        ("Fri, 15 Jan 2027 08:00:30 +9999999999", SHORTEST),
    ],
)
def test_whatever_is_written_is_a_time_to_wait(text: str | None, wait: int) -> None:
    assert retry_after(text, NOW) == wait


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_nothing_that_is_written_waits_for_ever_or_not_at_all(text: str) -> None:
    assert SHORTEST <= retry_after(text, NOW) <= LONGEST
