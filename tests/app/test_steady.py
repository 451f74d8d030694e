"""What a tick asks, of Prometheus and of the ledger, when nothing happens: it does so for ever."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.domain.interval import Interval
from sla_engine.ledger import Books, Ledger
from sla_engine.measurement.backfill import backfill
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import PROBES, catalogue
from tests.programs.prometheus import running_prometheus

pytestmark = pytest.mark.integration

MINUTE, HOUR = 60_000, 3_600_000
START = 1_793_491_200_000  # 2026-11-01T00:00:00Z
NOW = START + 6 * HOUR
NAMES = [f"s{i}" for i in range(5)]
ENDED = Interval(NOW - 100 * MINUTE, NOW - 70 * MINUTE)
OPENED = NOW - 35 * MINUTE
STATEMENTS, STATEMENTS_WITH_AN_OUTAGE = 20, 24  # each costs more than what it finds
STATEMENTS_OF_A_LOOK = 12


class World:
    """An engine whose clock is turned by hand, and what its ticks asked for."""

    def __init__(self, engine: Engine, patch: pytest.MonkeyPatch) -> None:
        self.engine, self._patch = engine, patch
        self.questions: list[str] = []
        self.statements: list[str] = []

    def tick(self, now: int) -> None:
        for module in ("engine", "notifications"):
            self._patch.setattr(f"sla_engine.app.{module}.now", lambda: now)
        self.questions.clear()
        self.statements.clear()
        self.engine.tick()


def _samples(opened: bool) -> str:
    """Return the past of five services: two failed, and one of them may not have come back."""
    down = {"s1": [ENDED], "s2": [Interval(OPENED, 2 * NOW)] if opened else []}
    rows = ["# TYPE service_up gauge"]
    for name in NAMES:
        for at in range(START, NOW + HOUR, 15_000):
            up = not any(one.start <= at < one.end for one in down.get(name, ()))
            rows.append(f'service_up{{service="{name}"}} {int(up)} {at / 1000}')
    return "\n".join([*rows, "# EOF\n"])


@pytest.fixture
def opened() -> bool:
    return False


@pytest.fixture
def world(tmp_path: Path, opened: bool, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with running_prometheus(tmp_path / "p", openmetrics=_samples(opened)) as prometheus:
        services = [{"id": name, "probes": PROBES} for name in NAMES]
        settings = {"url": prometheus.url, "scrape_interval": "15s"}
        book = catalogue(*services, prometheus=settings)
        with (
            Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
            Client(book.prometheus) as client,
        ):
            backfill(Books(book, ledger), client, Interval(START, NOW), NOW)
            found = World(Engine(Context(book, ledger, client), EngineMetrics("t")), monkeypatch)
            asked = Client._asked

            def keep(client: Client, path: str, form: dict[str, str], method: str) -> bytes:
                found.questions.append(form["query"])
                return asked(client, path, form, method)

            monkeypatch.setattr(Client, "_asked", keep)
            sa.event.listen(
                ledger.engine,
                "before_cursor_execute",
                lambda _, __, statement, *___: found.statements.append(statement),
            )
            for minute in (1, 2):
                found.tick(NOW + minute * MINUTE)
            yield found


def test_a_tick_asks_for_the_time_and_for_counts(world: World) -> None:
    world.tick(NOW + 3 * MINUTE)
    assert world.engine.context.ledger.derived_until() == NOW + 3 * MINUTE
    time, counts = world.questions
    assert time == "time()"
    assert counts.startswith("2 * count_over_time(")
    assert len(world.statements) <= STATEMENTS


@pytest.mark.parametrize("opened", [True])
def test_of_what_failed_only_the_time_that_is_derived_is_read(world: World) -> None:
    world.tick(NOW + 3 * MINUTE)
    _, _, samples = world.questions
    found = re.fullmatch(r'service_up{service=~"s1\|s2"}\[(\d+)ms\]', samples)
    assert found is not None
    assert int(found[1]) < HOUR + 4 * MINUTE
    assert len(world.statements) <= STATEMENTS_WITH_AN_OUTAGE


def test_a_look_for_notices_reads_no_decision_again(world: World) -> None:
    for _ in range(2):
        world.statements.clear()
        world.engine.send()
    assert len(world.statements) <= STATEMENTS_OF_A_LOOK
