"""Which outage is which, when its samples are looked at again."""

import pytest

from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.outage_changes import changes

Pairs = list[tuple[int, int | None]]


def said(before: Pairs, after: Pairs) -> list[tuple[str, int | None, int | None]]:
    """Return what happened, with the starts of what was and of what is."""
    found = changes("shop", (OutageSpan(*p) for p in before), (OutageSpan(*p) for p in after))
    return [
        (c.kind, c.before.start if c.before else None, c.after.start if c.after else None)
        for c in found
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([(10, 20)], [(10, 20)], []),
        ([], [(10, None)], [("opened", None, 10)]),
        ([], [(10, 20)], [("opened", None, 10), ("resolved", None, 10)]),
        ([(10, None)], [(10, 20)], [("resolved", 10, 10)]),
        ([(10, 20)], [(10, None)], [("reopened", 10, 10)]),
        ([(10, 20)], [(10, 21)], [("changed", 10, 10)]),
        ([(10, None)], [(9, None)], [("changed", 10, 9)]),
        ([(10, 20)], [], [("withdrawn", 10, None)]),
        ([(10, 20)], [(19, 20)], [("changed", 10, 19)]),
        ([(10, 20), (30, 40)], [(10, 40)], [("changed", 10, 10), ("withdrawn", 30, None)]),
        ([(10, 40)], [(10, 20), (30, 40)], [
            ("changed", 10, 10), ("opened", None, 30), ("resolved", None, 30),
        ]),
        ([(10, None)], [(10, 20), (30, None)], [("resolved", 10, 10), ("opened", None, 30)]),
    ],
)  # fmt: skip
def test_what_happened_to_outages(
    before: Pairs, after: Pairs, expected: list[tuple[str, int | None, int | None]]
) -> None:
    assert said(before, after) == expected


@pytest.mark.parametrize("edges", [((10, 20), (20, 30)), ((20, 30), (10, 20))])
def test_outages_that_only_meet_are_two(edges: tuple[tuple[int, int], tuple[int, int]]) -> None:
    before, after = edges
    assert said([before], [after]) == [
        ("opened", None, after[0]),
        ("resolved", None, after[0]),
        ("withdrawn", before[0], None),
    ]


def test_an_open_outage_is_another_than_one_that_ended_where_it_begins() -> None:
    assert said([(20, None)], [(10, 20)])[-1] == ("withdrawn", 20, None)
    assert said([(10, 20)], [(20, None)]) == [("opened", None, 20), ("withdrawn", 10, None)]
