from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sla_engine.ledger import Books, Ledger, Outbox
from sla_engine.notices.sender import Sender
from sla_engine.slack.notifier import SlackBot
from tests.notices.faults import T0, book, end_outage, fault_maker, open_outage, wrong_threads
from tests.programs.slack import TOKEN, Slack, local_slack

OUTAGES = 12
KILLS = 8


class Killed(BaseException):
    """Stands for kill -9: nothing catches it."""


class Mortal:
    """Passes calls on, and dies before or after some of them."""

    def __init__(self, inner: Any, dies: Callable[[], bool]) -> None:
        self._inner, self._dies = inner, dies

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._inner, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            if self._dies():
                raise Killed
            result = value(*args, **kwargs)
            if self._dies():
                raise Killed
            return result

        return call


@pytest.mark.parametrize("seed", [1])
def test_faults_and_kills_leave_one_thread_with_one_final_state(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    url = f"sqlite:///{tmp_path}/l.db"
    with local_slack() as slack, Ledger.open(url) as ledger:
        outbox = Outbox(ledger.engine)
        slack.fault = fault_maker(random, 0.3)
        for number in range(OUTAGES):
            open_outage(outbox, number)
        kills = _run(slack, ledger, random, KILLS)
        for number in range(OUTAGES):
            end_outage(outbox, number)
        kills += _run(slack, ledger, random, KILLS)
        slack.fault = fault_maker(random, 0.3, permanent=False)
        _run(slack, ledger, random, 0)
        assert wrong_threads(slack, OUTAGES) == []
        assert kills > 5


def _run(slack: Slack, ledger: Ledger, random: Random, kills: int) -> int:
    """Run senders until nothing waits; each that dies is followed by another."""
    outbox, books = Outbox(ledger.engine), Books(book(OUTAGES), ledger)
    now, died = T0 + 3_600_000, 0
    while True:
        dies = lambda: died < kills and random.random() < 0.02  # noqa: E731,B023 - as things stand
        bot = Mortal(SlackBot(TOKEN, slack.api_url, timeout=0.1), dies)  # type: ignore[arg-type]
        sent_by = {"slack": bot}
        sender = Sender(books, Mortal(outbox, dies), sent_by, lambda: now)  # type: ignore[arg-type] # noqa: B023
        try:
            sender.revive()
            while outbox.pending():
                sender.run()
                now += 60_000
        except Killed:
            died += 1
            continue
        return died
