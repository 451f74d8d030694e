"""A sender that is killed at any moment, with three notifiers that fail: told once, in order."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.domain.notice import Message
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.outage_changes import Change
from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.notices.outages import outage_notices
from sla_engine.notices.sender import Sender
from sla_engine.notifiers import Capabilities, Delivered, Found, Missing, Notifier, Outcome, Retry
from tests.notices.world import MINUTE, T0, catalogue

FAILING = 0.3
KILLED = 0.1


class Killed(BaseException):
    """Stands for the end of the process."""


class Shaky(Notifier):
    """Fails three times of ten, before or after the message arrived; what arrived stays."""

    name = "shaky"

    def __init__(self, chance: random.Random, *, threads: bool) -> None:
        self.capabilities = Capabilities(threads=threads)
        self._chance = chance
        self.got: list[tuple[str, str, str | None]] = []  # key, title, thread

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        if self._chance.random() < FAILING / 2:
            return Retry("shaky: before", doubtful=self._chance.random() < KILLED)
        if self._chance.random() < KILLED:
            raise Killed
        self.got.append((key, message.title, thread))
        if self._chance.random() < KILLED:
            raise Killed
        if self._chance.random() < FAILING / 2:
            return Retry("shaky: after")
        return Delivered(place, str(len(self.got)) if self.capabilities.threads else None)

    def edit(self, at: Delivered, message: Message, key: str) -> Delivered:
        del message, key
        return at

    def find(self, place: str, key: str, since: int, thread: str | None = None) -> Found:
        del since, thread
        found = [number for number, (known, _, _) in enumerate(self.got, 1) if known == key]
        return Delivered(place, str(found[0])) if found else Missing()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{tmp_path}/l.db") as opened:
        yield opened


@pytest.mark.parametrize("seed", range(3))
def test_three_that_fail_and_a_process_that_dies_tell_each_once_and_in_order(
    ledger: Ledger, seed: int
) -> None:
    chance = random.Random(seed)
    now = T0
    routes = [{"channel": f"{name}:ops"} for name in ("threads", "plain", "other")]
    books = Books(catalogue(8, routes=routes), ledger)
    ends: dict[str, Notifier] = {
        name: Shaky(chance, threads=name == "threads") for name in ("threads", "plain", "other")
    }
    outbox = Outbox(ledger.engine)

    def restarted() -> Sender:
        return Sender(books, outbox, ends, lambda: now)

    sender = restarted()

    def run() -> None:
        nonlocal sender
        try:
            sender.run()
        except Killed:
            sender = restarted()

    for number in range(8):
        span = OutageSpan(now, None)
        over = OutageSpan(now, now + MINUTE)
        opened = Change("opened", f"s{number}", None, span)
        outbox.add(outage_notices(books, now)([opened]))
        for _ in range(chance.randrange(3)):
            run()
        now += 3 * MINUTE
        resolved = Change("resolved", f"s{number}", span, over)
        outbox.add(outage_notices(books, now)([resolved]))
        run()
        now += 3 * MINUTE
    for _ in range(300):
        if not outbox.pending():
            break
        run()
        now += 5 * MINUTE
    assert outbox.pending() == 0
    assert ledger.verify() == []
    for name, end in ends.items():
        assert isinstance(end, Shaky)
        _judge(end, once=name == "threads")


def _judge(end: Shaky, *, once: bool) -> None:
    """Ask for every outage, in order; what cannot look repeats itself under the same key alone."""
    counts = Counter(key for key, _, _ in end.got)
    assert len(counts) <= 16
    if once:
        assert set(counts.values()) == {1}
    for number in range(8):
        said = [title for _, title, _ in end.got if title.startswith(f"S{number} ")]
        tenses = [title.split(" ", 2)[1] == "was" for title in said]
        assert said
        assert tenses == sorted(tenses), said
