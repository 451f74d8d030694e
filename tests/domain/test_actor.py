import pytest

from sla_engine.domain.actor import Actor, claimed, machine_login, same, shown, slack_author


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
def test_who_is_one_person_where_no_login_was_kept(one: str, other: str, expected: bool) -> None:
    first, second = Actor(one), Actor(other)
    assert same(first, second) is same(second, first) is expected


@pytest.mark.parametrize(
    "other",
    [
        "ann ",
        " ann",
        "Ann",
        "ANN",
        "\u0430nn",  # Cyrillic a
        "\u03b1nn",  # Greek alpha
        "a\u200bnn",  # zero width space
        "\uff41\uff4e\uff4e",  # full width
        "\U0001d41a\U0001d427\U0001d427",  # mathematical bold
        "a\u0301nn",  # a combining accent
        "ann\t",
    ],
)
def test_one_name_written_otherwise_is_one_name(other: str) -> None:
    assert same(Actor("ann"), Actor(other))
    assert same(Actor("ann", "login:x"), Actor(other, "login:y"))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Actor("ann", "login:ops"), Actor("bob", "login:ops"), True),
        (Actor("ann", "login:ann"), Actor("bob", "login:bob"), False),
        (Actor("ann", "login:ann"), Actor("ann", "login:bob"), True),
        (Actor("carl", "login:ann"), Actor("ann", "login:bob"), True),
        (Actor("slack:U9 (boss)", "login:ann"), Actor("slack:U9 (boss)", "slack:U9"), True),
        (Actor("slack:U8 (x)", "login:ann"), Actor("slack:U9 (ann)", "slack:U9"), True),
        (Actor("slack:U1 (ann)", "slack:U1"), Actor("slack:U2 (ann)", "slack:U2"), False),
        (Actor("slack:U1 (ann)", "slack:U1"), Actor("bob", "login:bob"), False),
        (Actor("slack:U1 (ann)", "slack:U1"), Actor("bob", "login:ann"), True),
    ],
)
def test_two_people_are_two_logins(one: Actor, other: Actor, expected: bool) -> None:
    assert same(one, other) is same(other, one) is expected


def test_a_claimed_name_is_kept_in_one_way_of_writing() -> None:
    assert claimed("  Ann\u200b \t Smith\n") == "Ann Smith"
    assert claimed("Ren\u00e9") == claimed("Rene\u0301") == "Ren\u00e9"
    assert machine_login("ann") == "login:ann"


@pytest.mark.parametrize(
    "name",
    [
        "slack:U9 (boss)",
        "Slack: U9",
        "\uff53lack:U9",
        "\u0455l\u0430ck\uff1aU9",
        "s\u200black:U9",
        "slack\u2236U9",
        "slack\ua789U9",
        "@slack:U9 (boss)",
    ],
)
def test_nobody_claims_a_login_of_slack(name: str) -> None:
    with pytest.raises(ValueError, match="written like a login of Slack"):
        claimed(name)


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\x00", "\u3164", "\u115f\ufe0f"])
def test_a_name_that_nobody_sees_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="a name is empty"):
        claimed(name)
