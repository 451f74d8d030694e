import pytest

from sla_engine.domain.actor import same, shown, slack_author


def test_a_slack_user_is_an_author_by_id() -> None:
    assert slack_author("U1", "ann") == "slack:U1 (ann)"
    assert slack_author("U1", "") == "slack:U1"
    assert [shown(a) for a in ("slack:U1 (ann)", "slack:U1", "ann")] == ["ann", "slack:U1", "ann"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("ann", "ann", True),
        ("ann", "bob", False),
        ("slack:U1 (ann)", "slack:U1 (ann.smith)", True),
        ("slack:U1 (ann)", "slack:U2 (ann)", False),
        ("ann", "slack:U1 (Ann)", True),
        ("slack:U1 (ann)", "bob", False),
        ("slack:U1", "slack:U1 (ann)", True),
    ],
)
def test_who_is_one_person(one: str, other: str, expected: bool) -> None:
    assert same(one, other) is same(other, one) is expected
