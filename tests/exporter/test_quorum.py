import pytest

from exporter.quorum import Need, quorum


@pytest.mark.parametrize(
    ("need", "states", "up"),
    [
        ("all", [True, True], True),
        ("all", [True, False], False),
        ("all", [True, None], True),
        ("all", [None, None], None),
        ("all", [], None),
        ("any", [False, True], True),
        ("any", [False, None], False),
        ("majority", [True, False], False),
        ("majority", [True, True, False], True),
        ("majority", [True, None, None], True),
        (2, [True, True, None], True),
        (2, [True, None, False], None),
        (2, [True, False, False], False),
        (3, [True, True], False),
    ],
)
def test_words_judge_the_known_and_numbers_count_all(
    need: Need, states: list[bool | None], up: bool | None
) -> None:
    assert quorum(need, states) is up
