"""Several notifiers at once, by the scheme of an address: what is one's never becomes another's."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from sla_engine.app.notifiers import NOTIFIERS, make_notifiers
from sla_engine.domain.notice import Message, Notice
from sla_engine.ledger import Books, Thread
from sla_engine.notices.kinds import Rendered
from sla_engine.notices.registry import NOTICES, severity_of
from sla_engine.notices.sender import Sender
from sla_engine.notifiers import (
    Capabilities,
    Delivered,
    Notifier,
    Outcome,
    Retry,
    canonical,
    parse_address,
)
from tests.notices.world import MINUTE, T0, Make, World
from tests.notifiers.far_end import far_end
from tests.notifiers.teams import Teams


class Heard(Notifier):
    """Keeps what it is told, or fails as it is set to."""

    name = "heard"
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.fails: Exception | Outcome | None = None

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        del key, thread
        if isinstance(self.fails, Exception):
            raise self.fails
        if self.fails is not None:
            return self.fails
        self.got.append((place, message.title))
        return Delivered(place)


def sender(world: World, *schemes: str) -> tuple[Sender, list[Heard]]:
    heard = [Heard() for _ in schemes]
    notifiers = dict(zip(schemes, heard, strict=True))
    books = Books(world.catalogue, world.ledger)
    return Sender(books, world.outbox, notifiers, lambda: world.now), heard


BOTH: list[dict[str, Any]] = [{"channel": "#ops"}, {"channel": "pager:night:1"}]


@pytest.mark.parametrize(
    ("text", "scheme", "place", "stored"),
    [
        ("#ops", "slack", "#ops", "#ops"),
        ("slack:#ops", "slack", "#ops", "#ops"),
        ("C0123456", "slack", "C0123456", "C0123456"),
        ("ops", "slack", "ops", "ops"),
        ("apprise:seniors:0123abcd", "apprise", "seniors:0123abcd", "apprise:seniors:0123abcd"),
        ("console:", "console", "", "console:"),
        ("mail:a@example.org", "mail", "a@example.org", "mail:a@example.org"),
    ],
)
def test_an_address_is_a_scheme_and_a_place(
    text: str, scheme: str, place: str, stored: str
) -> None:
    assert parse_address(text) == (scheme, place)
    assert canonical(text) == stored


def test_each_delivery_goes_by_the_notifier_of_its_address(make: Make) -> None:
    world = make(routes=BOTH)
    told, [slack, pager] = sender(world, "slack", "pager")
    world.change("opened", "s0", T0)
    assert told.run().sent == 2
    assert [place for place, _ in slack.got] == ["#ops"]
    assert [place for place, _ in pager.got] == ["night:1"]


def test_what_a_notifier_raises_is_counted_and_tried_again_and_holds_up_no_other(
    make: Make,
) -> None:
    world = make(routes=BOTH)
    told, [slack, pager] = sender(world, "slack", "pager")
    pager.name = "pager"
    slack.fails = RuntimeError("https://hooks.example.org/secret")
    world.change("opened", "s0", T0)
    world.change("resolved", "s0", T0, T0 + MINUTE)
    tally = told.run()
    assert tally.failures == [("heard", "exception")]
    assert tally.delivered == {"pager": 2}
    assert len(pager.got) == 2
    with world.ledger.engine.begin() as connection:
        errors = connection.execute(sa.text("SELECT error FROM delivery")).scalars().all()
    [error] = filter(None, errors)
    assert error.startswith("slack: RuntimeError at test_several_notifiers.py:")
    assert "secret" not in error
    slack.fails = None
    world.now += MINUTE
    assert told.run().sent == 2
    assert [title.split(" down")[0] for _, title in slack.got] == ["S0 is", "S0 was"]


def test_words_that_cannot_be_made_are_given_up_whatever_is_raised(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Rendered:
        raise RecursionError

    told, [slack] = sender(world, "slack")
    world.outbox.add([Notice("b", "budget:s1", "budget", T0, "s1", {})])
    world.change("opened", "s0", T0)
    monkeypatch.setitem(NOTICES, "budget", replace(NOTICES["budget"], compose=broken))
    assert told.run().failures == [("heard", "cannot be written")]
    assert len(slack.got) == 1


def test_what_a_notifier_always_raises_is_given_up_after_a_day(make: Make) -> None:
    world = make()
    told, [slack] = sender(world, "slack")
    slack.fails = RuntimeError()
    world.change("opened", "s0", T0)
    told.run()
    world.now += 25 * 60 * MINUTE
    assert told.run().failures == [("heard", "tried for too long")]
    assert world.outbox.pending() == 0


def test_a_wait_that_one_asks_for_holds_up_no_other(make: Make) -> None:
    world = make(routes=BOTH)
    told, [slack, pager] = sender(world, "slack", "pager")
    slack.fails = Retry("slack: rate limited", 60_000, doubtful=False)
    world.change("opened", "s0", T0)
    world.change("opened", "s1", T0)
    tally = told.run()
    assert tally.failures == [("heard", "rate_limited")]
    assert len(pager.got) == 2
    assert told.held_until == {"slack": world.now + 60_000}


def test_a_wait_of_a_time_that_has_not_come_holds_up_nothing(make: Make) -> None:
    world = make(routes=BOTH)
    told, [slack, _] = sender(world, "slack", "pager")
    slack.fails = Retry("slack: rate limited", 60_000, doubtful=False)
    world.now += 40 * 24 * 60 * MINUTE  # the clock is ahead
    world.change("opened", "s0", T0)
    told.run()
    slack.fails = None
    world.now -= 40 * 24 * 60 * MINUTE
    told.run()
    assert len(slack.got) == 1


def test_an_address_without_a_notifier_is_given_up_by_name(make: Make) -> None:
    world = make(channel="fax:12")
    told, _ = sender(world, "slack")
    world.change("opened", "s0", T0)
    assert told.run().failures == [("none", "no notifier for this address")]


def test_where_there_are_no_threads_only_what_is_loud_is_told(make: Make) -> None:
    world = make(routes=BOTH)
    told, [_, pager] = sender(world, "slack", "pager")
    for kind in ("opened", "changed"):
        world.change(kind, "s0", T0)
    assert told.run().sent == 4
    assert len(pager.got) == 1


def _of_before(world: World, *channels: str) -> None:
    """Write what a version that knew no schemes left in its outbox, not yet delivered."""
    world.outbox.add([Notice("report:r", "report:r", "old", T0, None, {})])
    [notice] = world.outbox.unaddressed()
    threads = [Thread(0, f"report:r@{c}", c, (), created=T0) for c in channels]
    world.outbox.address(notice.id, threads, T0)


def test_deliveries_of_a_version_without_schemes_find_their_notifier(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, [slack, apprise] = sender(world, "slack", "apprise")
    monkeypatch.setattr(told, "_rendered", lambda item, _: _Made(item.notice.key))
    _of_before(world, "#uptime", "C0123456", "apprise:seniors:0123abcd")
    assert told.run().sent == 3
    assert [place for place, _ in slack.got] == ["#uptime", "C0123456"]
    assert [place for place, _ in apprise.got] == ["seniors:0123abcd"]


class _Made:
    """What stands for rendered messages."""

    reply, files = None, ()

    def __init__(self, title: str) -> None:
        self.head = Message(title, "info")


def test_a_thread_of_before_goes_on_when_its_channel_is_written_with_a_scheme(
    make: Make,
) -> None:
    world = make(channel="#uptime")
    world.change("opened", "s0", T0)
    world.drain()
    world.catalogue = world.catalogue.model_copy(
        update={"slack": world.catalogue.slack.model_copy(update={"channel": "slack:#uptime"})}
    )
    books = Books(world.catalogue, world.ledger)
    bot = world.sender._notifiers["slack"]
    world.sender = Sender(books, world.outbox, {"slack": bot}, lambda: world.now)
    world.change("resolved", "s0", T0, T0 + MINUTE)
    world.drain()
    [root] = world.slack.roots()
    assert "(resolved)" in root["text"]


def test_every_address_of_a_notifier_that_is_one_place_is_told_once(make: Make) -> None:
    world = make(routes=[{"channel": "#a"}, {"channel": "slack:#b"}, {"channel": "pager:1"}])
    slack, pager = Heard(), Heard()
    slack.capabilities = Capabilities(one_place=True)
    books = Books(world.catalogue, world.ledger)
    told = Sender(books, world.outbox, {"slack": slack, "pager": pager}, lambda: world.now)
    world.change("opened", "s0", T0)
    told.run()
    assert [place for place, _ in slack.got] == ["#uptime"]
    assert [place for place, _ in pager.got] == ["1"]


def test_a_notifier_by_the_recipe_tells_outages(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(NOTIFIERS, "teams", lambda _, environment: Teams(environment["TEAMS"]))
    world = make(routes=[{"channel": "teams:ops"}, {"channel": "console:"}])
    with far_end() as teams:
        notifiers = make_notifiers(world.catalogue, {"TEAMS": teams.url})
        books = Books(world.catalogue, world.ledger)
        told = Sender(books, world.outbox, notifiers, lambda: world.now)
        world.change("opened", "s0", T0)
        assert told.run().delivered == {"teams": 1, "console": 1}
    [card] = teams.got
    assert "S0 is down since 2026-10-03 08:15:30 CEST" in card
    assert "Owner" in card


@pytest.mark.parametrize(
    ("kind", "facts", "severity"),
    [
        ("opened", {"classification": "planned"}, "planned"),
        ("opened", {"classification": "overrun"}, "unplanned"),
        ("maintenance_soon", {}, "maintenance"),
        ("maintenance_decided", {}, "maintenance"),
        ("budget", {}, "budget"),
        ("of a later version", {}, "unplanned"),
    ],
)
def test_the_registry_says_what_routes_choose_by(
    kind: str, facts: dict[str, str], severity: str
) -> None:
    assert severity_of(Notice("k", "t", kind, 0, None, facts)) == severity
