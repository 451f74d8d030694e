"""When a delivery is due, which one is first, and how far back what was given up is revived."""

import pytest

from sla_engine.domain.notice import Notice
from sla_engine.ledger import Ledger, Outbox, audit
from sla_engine.ledger.outbox import FARTHEST, Delivery, Thread

NOW = 1_000_000


@pytest.fixture
def outbox(ledger: Ledger) -> Outbox:
    return Outbox(ledger.engine)


def told(outbox: Outbox, key: str, thread: str, at: int = NOW, created: int = NOW) -> None:
    """Write a notice and address it to a thread, due at ``at``."""
    outbox.add([Notice(key, thread, "opened", at, "shop", {})])
    [stored] = [notice for notice in outbox.unaddressed() if notice.key == key]
    outbox.address(stored.id, [Thread(0, thread, "#uptime", ("@here",), created)], at)


def due(outbox: Outbox, now: int) -> Delivery:
    found = outbox.next_due(now)
    assert found is not None
    return found


def test_a_delivery_is_due_at_its_very_moment(outbox: Outbox) -> None:
    told(outbox, "a", "one")
    assert outbox.next_due(NOW - 1) is None
    assert due(outbox, NOW).notice.key == "a"
    outbox.postpone(due(outbox, NOW), NOW + 5_000, "unavailable")
    assert outbox.next_due(NOW + 4_999) is None
    assert due(outbox, NOW + 5_000).attempts == 1


def test_threads_wait_for_their_first_and_not_for_one_another(outbox: Outbox) -> None:
    told(outbox, "a", "one")
    told(outbox, "b", "one")
    told(outbox, "c", "two")
    first = due(outbox, NOW)
    assert (first.notice.key, outbox.followed(first)) == ("a", True)
    outbox.postpone(first, NOW + 1, "unavailable")
    other = due(outbox, NOW)
    assert (other.notice.key, outbox.followed(other)) == ("c", False)
    outbox.sent([other.id], NOW)
    assert outbox.next_due(NOW) is None
    outbox.sent([due(outbox, NOW + 1).id], NOW + 1)
    last = due(outbox, NOW + 1)
    assert (last.notice.key, outbox.followed(last)) == ("b", False)
    assert [notice.key for notice in outbox.told(last)] == ["a", "b"]


def test_what_was_given_up_since_a_moment_is_revived_and_due_at_once(outbox: Outbox) -> None:
    for key, at in (("old", NOW - 1), ("edge", NOW), ("new", NOW + 1)):
        told(outbox, key, key, at)
        outbox.give_up([due(outbox, at).id], "invalid_auth", at)
    assert (outbox.pending(), outbox.next_due(NOW + 1)) == (0, None)
    assert outbox.revive(NOW, NOW + 7) == 2
    assert outbox.next_due(NOW + 6) is None
    assert due(outbox, NOW + 7).notice.key == "edge"


def test_threads_since_a_moment_include_those_that_began_then(outbox: Outbox) -> None:
    for key, created in (("before", NOW - 1), ("then", NOW), ("after", NOW + 1)):
        told(outbox, key, key, created=created)
    assert [thread.key for thread in outbox.threads_since(NOW)] == ["then", "after"]
    assert [thread.mentions for thread in outbox.threads_of("then")] == [("@here",)]


def test_what_waits_is_counted_with_what_has_no_address_yet(outbox: Outbox) -> None:
    assert (outbox.pending(), outbox.oldest()) == (0, None)
    told(outbox, "a", "one", NOW)
    outbox.add([Notice("b", "two", "opened", NOW - 5, "shop", {})])
    assert (outbox.pending(), outbox.oldest()) == (2, NOW - 5)
    outbox.sent([due(outbox, NOW).id], NOW)
    assert (outbox.pending(), outbox.oldest()) == (1, NOW - 5)


def test_the_latest_notice_of_a_service_is_the_one_written_last(outbox: Outbox) -> None:
    for key, kind in (("a/1", "opened"), ("a/2", "resolved"), ("a/3", "changed")):
        outbox.add([Notice(key, "a", kind, NOW, "shop", {})])
    latest = outbox.latest("shop", ("opened", "resolved"))
    assert latest is not None
    assert latest.key == "a/2"
    assert outbox.latest("mail", ("opened",)) is None
    assert [notice.key for notice in outbox.with_key_like("a/")] == ["a/1", "a/2", "a/3"]
    assert outbox.with_key_like("a_") == []


def test_notices_written_together_stand_in_the_chain_at_the_time_of_the_last(
    ledger: Ledger, outbox: Outbox
) -> None:
    times = (NOW + 5, NOW + 9, NOW)
    outbox.add(Notice(f"k{at}", "t", "opened", at, "shop", {}) for at in times)
    with ledger.engine.begin() as connection:
        assert [link.time_ms for link in audit.read(connection)] == [NOW + 9]


def test_what_a_clock_that_was_wrong_put_off_for_weeks_is_due(outbox: Outbox) -> None:
    told(outbox, "a", "one")
    outbox.postpone(due(outbox, NOW), NOW + FARTHEST, "unavailable")
    assert outbox.next_due(NOW) is None
    outbox.postpone(due(outbox, NOW + FARTHEST), NOW + FARTHEST + 1, "unavailable")
    assert due(outbox, NOW).notice.key == "a"
    assert outbox.channels_due(NOW) == ["#uptime"]
