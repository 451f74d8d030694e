import pytest

from uptime_common.names import plain_name, skeleton


@pytest.mark.parametrize(
    "other",
    [
        "ANN ",
        "\u0430nn",
        "a\u200bnn",
        "a\ufe0fnn",
        "\u3164ann",
        "ann\u034f",
        "\uff41nn",
        "\u00e1nn",
        "\u0391NN",
    ],
)
def test_names_that_people_take_for_one_share_a_skeleton(other: str) -> None:
    assert skeleton(other) == skeleton("ann")


def test_names_of_two_people_do_not() -> None:
    assert len({skeleton(name) for name in ("ann", "anna", "ann b", "bob", "\u674e\u660e")}) == 5


def test_a_name_is_kept_as_people_read_it() -> None:
    assert plain_name(" Ann\u200b\t Smith ") == "Ann Smith"


@pytest.mark.parametrize("nothing", ["\u3164", "\u115f", "\uffa0\u2800", "\u200b\u034f", "\ufe0f"])
def test_what_nobody_sees_is_no_name(nothing: str) -> None:
    assert plain_name(nothing) == ""
