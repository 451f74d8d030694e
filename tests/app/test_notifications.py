"""Each notifier delivers in a thread of its own: one that hangs delays no other."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.app import notifiers
from sla_engine.app.context import Context, now
from sla_engine.app.notifications import Notifications
from sla_engine.domain.notice import Message, OutageSnapshot, outage_notice
from sla_engine.ledger import Ledger, Outbox
from sla_engine.metrics import EngineMetrics
from sla_engine.notifiers import Delivered, Notifier, Outcome
from sla_engine.prometheus import Client
from tests.catalogues import catalogue


class Slow(Notifier):
    """Answers when it is let go."""

    name = "slow"

    def __init__(self) -> None:
        self.let_go, self.began, self.asked = threading.Event(), threading.Event(), 0

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        del message, key, thread
        self.asked += 1
        self.began.set()
        assert self.let_go.wait(60)
        return Delivered(place)


class Quick(Notifier):
    """Says each time that it was told."""

    name = "quick"

    def __init__(self) -> None:
        self.told = threading.Semaphore(0)

    def post(self, place: str, message: Message, key: str, thread: str | None = None) -> Outcome:
        del message, key, thread
        self.told.release()
        return Delivered(place)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    made = Slow()
    monkeypatch.setitem(notifiers.NOTIFIERS, "slow", lambda _c, _e: made)
    monkeypatch.setattr("sla_engine.app.notifications._WAIT_SECONDS", 0.01)
    yield made
    made.let_go.set()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Quick:
    made = Quick()
    monkeypatch.setitem(notifiers.NOTIFIERS, "quick", lambda _c, _e: made)
    return made


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    routes = [{"channel": "slow:"}, {"channel": "quick:"}]
    book = catalogue("shop", "mail", slack={"routes": routes})
    with (
        Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger,
        Client(book.prometheus) as client,
    ):
        yield Context(book, ledger, client)


def fail(context: Context, service: str) -> None:
    facts = OutageSnapshot(f"O-{service}", now() - 60_000, None)
    Outbox(context.ledger.engine).add([outage_notice("opened", service, facts, now())])


def sample(metrics: EngineMetrics, notifier: str) -> float | None:
    name = "sla_engine_notices_sent_total"
    return metrics.registry.get_sample_value(name, {"notifier": notifier})


def test_a_notifier_that_hangs_delays_no_other_and_is_not_asked_twice(
    context: Context, slow: Slow, quick: Quick
) -> None:
    metrics = EngineMetrics("test")
    notifications = Notifications(context, metrics)
    for service in ("shop", "mail"):
        fail(context, service)
        notifications.send()
        assert quick.told.acquire(timeout=60)
    assert slow.began.wait(60)
    assert slow.asked == 1
    assert not notifications.idle(0)
    slow.let_go.set()
    assert notifications.idle()
    notifications.send()
    assert notifications.idle()
    assert slow.asked == 2
    assert (sample(metrics, "slow"), sample(metrics, "quick")) == (2, 2)
    assert sample(metrics, "console") == 0


def test_a_ledger_that_breaks_under_a_notifier_is_counted(context: Context, quick: Quick) -> None:
    metrics = EngineMetrics("test")
    notifications = Notifications(context, metrics)
    fail(context, "shop")
    notifications.sender.address()
    with context.ledger.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE delivery RENAME TO elsewhere")
    notifications._deliver("quick")
    assert metrics.registry.get_sample_value("sla_engine_ledger_errors_total") == 1
    assert not quick.told.acquire(blocking=False)
