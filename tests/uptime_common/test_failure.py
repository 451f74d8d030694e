"""Why something failed, in words that hold no secret."""

import pytest

from uptime_common.failure import Failure, Failures, failure_words, from_json, plain_target, to_json


def _probe(target: str, place: str, reason: str = "refused", detail: str = "") -> Failure:
    return Failure("probe", target, place, "connect", reason, detail)


@pytest.mark.parametrize(
    ("target", "plain"),
    [
        ("https://ann:pw@shop.example:8443/a?token=1#f", "https://shop.example:8443/a"),
        ("https://[::1]:443/", "https://[::1]:443/"),
        ("shop-2:443", "shop-2:443"),
        ("/var/log/x?y", "/var/log/x?y"),
        ("https://[broken", "https://"),
    ],
)
def test_a_target_is_shown_without_user_query_and_fragment(target: str, plain: str) -> None:
    assert plain_target(target) == plain


def test_the_same_failure_at_three_locations_is_said_once() -> None:
    failed = tuple(_probe("shop-2:443", place) for place in ("ber", "fra", "par"))
    assert failure_words(Failures(failed, 3)) == "refused by shop-2:443; 3 of 3 locations"


def test_one_location_is_not_worth_a_word() -> None:
    assert failure_words(Failures((_probe("a:1", "fra"),), 1)) == "refused by a:1"


def test_many_targets_are_named_up_to_three() -> None:
    failed = tuple(_probe(f"s{i}:1", "fra", "status", "503") for i in range(5))
    said = "status 503 from s0:1; status 503 from s1:1; status 503 from s2:1; and 2 more"
    assert failure_words(Failures(failed, 1)) == said


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (Failure("series", 'up{job="x"}', detail="0"), 'up{job="x"} was 0'),
        (Failure("events", "", detail="3/20"), "3 of 20 events failed in its first minute"),
        (Failure("component", "db"), "db is down"),
        (Failure("probe", "a:1"), "failed: a:1"),
    ],
)
def test_every_kind_of_source_has_its_words(one: Failure, said: str) -> None:
    assert failure_words(Failures((one,))) == said


def test_what_is_written_down_is_read_back() -> None:
    found = Failures((_probe("a:1", "fra"), Failure("component", "db")), 2)
    assert from_json(to_json(found)) == found


def test_nothing_known_says_nothing() -> None:
    assert failure_words(Failures(())) == ""
