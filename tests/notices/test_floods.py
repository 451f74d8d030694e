"""Many outages at once: few messages, also where none can be edited."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from service_catalogue import Catalogue
from sla_engine.domain.notice import Message
from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.notices.causes import shared_cause
from sla_engine.notices.sender import Sender
from sla_engine.notifiers import Capabilities, Delivered, Notifier, Outcome
from tests.catalogues import catalogue as some_catalogue
from tests.notices.world import MINUTE, T0, Make, World, catalogue
from uptime_common.failure import Failure, Failures

SECOND = 1_000


class Plain(Notifier):
    """Takes messages and edits none, one a second."""

    name = "plain"
    capabilities = Capabilities(one_place=True, spacing=SECOND)

    def __init__(self, clock: "PlainWorld") -> None:
        self.got: list[tuple[int, Message]] = []
        self._clock = clock

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        del key, thread
        self.got.append((self._clock.now, message))
        return Delivered(place)


class PlainWorld(World):
    """The same world with a notifier that cannot edit."""

    def __init__(self, ledger: Ledger, count: int) -> None:
        self.now, self.ledger = T0, ledger
        self.catalogue = catalogue(count)
        self.outbox = Outbox(ledger.engine)
        self.plain = Plain(self)
        books = Books(self.catalogue, ledger)
        self.sender = Sender(books, self.outbox, {"slack": self.plain}, lambda: self.now)

    def titles(self) -> list[str]:
        return [message.title for _, message in self.plain.got]


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[PlainWorld]:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        yield PlainWorld(ledger, 14)


def test_thirty_outages_of_one_tick_are_one_message_and_one_answer(make: Make) -> None:
    world = make(count=30)
    for i in range(30):
        world.change("opened", f"s{i}", T0)
    world.drain()
    world.now += MINUTE
    for i in range(30):
        world.change("resolved", f"s{i}", T0, T0 + MINUTE)
    world.drain()
    [root] = world.slack.roots()
    assert "30 services up again" in root["text"]
    [reply] = world.slack.replies(root["ts"])
    assert "30 services up again" in reply["text"]


def test_outages_of_one_tick_in_two_channels_are_a_message_in_each(make: Make) -> None:
    world = make(routes=[{"tiers": ["gold"], "channel": "#gold"}])
    for name in ("s0", "s1", "desk"):
        world.change("opened", name, T0)
    world.drain()
    said = {m["channel"]: m["text"] for m in world.slack.roots()}
    assert "S1 is down since" in said["C00000GOLD"]
    assert "S0, Desk are down" in said["C0000UPTIME"]


def test_without_edits_first_last_and_end_are_told(plain: PlainWorld) -> None:
    for tick in range(7):
        for i in (2 * tick, 2 * tick + 1):
            plain.change("opened", f"s{i}", T0)
        plain.sender.run()
        plain.now += 15 * SECOND
    plain.drain()
    for i in range(14):
        plain.now += 15 * SECOND
        plain.change("resolved", f"s{i}", T0, plain.now)
        plain.sender.run()
    plain.drain()
    titles = plain.titles()
    assert titles[0].startswith("S0, S1 are down")
    assert "14 services up again" in titles[-1]
    assert len(titles) <= 4
    assert any("14 services affected" in title for title in titles)


def test_a_webhook_gets_at_most_one_message_a_second(plain: PlainWorld) -> None:
    for i in range(3):
        plain.change("opened", f"s{i}", T0)
        plain.now += 3 * MINUTE
    while plain.outbox.pending():
        plain.sender.run()
        plain.now += 100
    times = [at for at, _ in plain.plain.got]
    assert len(times) == 3
    assert all(b - a >= SECOND for a, b in pairwise(times))


def _services(**shared: object) -> Catalogue:
    names = ("a", "b", "c")
    services = [
        {"id": n, "name": n.upper(), "sli": {"promql": "up"}, "owner": n, **shared} for n in names
    ]
    other = {"id": "z", "name": "Z", "sli": {"promql": "up"}, "owner": "z"}
    return some_catalogue(services=[*services, other])


def test_what_several_have_in_common_is_named() -> None:
    assert shared_cause(_services(), ["a", "b"]) == ""
    assert shared_cause(_services(owner="sales"), ["a", "b"]) == "all of sales"
    on_host = _services(labels={"host": "web-1"}, owner="sales")
    assert shared_cause(on_host, ["a", "b"]) == "all on host web-1"
    assert shared_cause(on_host, ["a", "gone"]) == ""
    seen = Failures((Failure("probe", "x:1", "fra"),), 3)
    assert shared_cause(_services(), ["a", "b"], [seen, seen]) == "all as seen from fra"
    assert shared_cause(_services(), ["a", "b"], [seen, None]) == ""


def test_a_chain_of_dependencies_has_one_cause() -> None:
    services = [
        {"id": "db", "name": "DB", "sli": {"promql": "up"}},
        {"id": "api", "name": "API", "sli": {"promql": "up"}, "depends_on": ["db"]},
        {"id": "web", "name": "Web", "sli": {"promql": "up"}, "depends_on": ["api"]},
    ]
    books = some_catalogue(services=services)
    assert shared_cause(books, ["web", "api", "db"]) == "DB and what depends on it"
