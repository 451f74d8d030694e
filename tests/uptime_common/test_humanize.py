import pytest

from uptime_common import humanize


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "unknown"),
        (1.0, "100.0 %"),
        (0.99999, "99.9 %"),
        (0.0756, "7.6 %"),
        (-0.0001, "0.0 %"),
        (-0.5, "-50.0 %"),
        (1.00001, "100.0 %"),
    ],
)
def test_a_part_of_a_whole_is_rounded_to_a_tenth_and_is_whole_only_when_it_is(
    ratio: float | None, text: str
) -> None:
    assert humanize.share(ratio) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "-"),
        (0.999, "99.9 %"),
        (0.9995, "99.95 %"),
        (0.99999, "99.999 %"),
        (0.9999999, "99.99999 %"),
        (0.9, "90 %"),
        (1.0, "100 %"),
        (0.025, "2.5 %"),
        (0.0, "0 %"),
    ],
)
def test_what_was_agreed_reads_as_it_was_written(ratio: float | None, text: str) -> None:
    assert humanize.agreed(ratio) == text


def test_service_time_is_in_hours_shows_a_second_and_says_nothing_of_none() -> None:
    figures = (None, 0, 1_000, 15_000, 2_682_000_000)
    assert [humanize.service_time(one) for one in figures] == ["-", "0s", "1s", "15s", "745h"]
    assert humanize.service_time(3_599_600) == "1h"
    assert humanize.service_time(8_760 * 3_600_000 + 65_499) == "8,760h 1m 5s"
