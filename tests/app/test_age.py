"""What the engine shows when it stopped knowing, by an injected clock."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.app.views import pages
from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.domain.outage import Correction
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger
from sla_engine.ledger.maintenance import Request
from sla_engine.measurement.ingest import Ingested
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client, PrometheusError
from sla_engine.slack_app.uptime_command import uptime
from tests.catalogues import catalogue

NOW = 1_794_312_000_000  # 2026-11-10T12:00:00Z
BEGIN = NOW - 3_600_000
OPEN = b'sla_outage_open_since_timestamp_seconds{service="shop"}'
MAX_GAP = 37_500
SERVICES = ({"id": "shop", "objective": 99}, {"id": "mail", "objective": 99})


class World:
    """An engine whose Prometheus says that the shop is down and the mail is up, or is dead."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.now, self.dead = engine, NOW, False
        self.page = pages(engine).status

    def ingest(self, *_: Any, **__: Any) -> Ingested:
        if self.dead:
            raise PrometheusError("no answer")
        states = {"shop": State.DOWN, "mail": State.UP}
        lines = [
            Derived(s, (Segment(BEGIN, self.now, state),), BEGIN) for s, state in states.items()
        ]
        changes = self.engine.context.ledger.apply(lines, at=self.now)
        return Ingested(Interval(BEGIN, self.now), changes)

    def ask(self, service: str = "") -> str:
        context, levels, _ = self.engine.published
        message = uptime(context.books, levels, service, self.now)
        return " | ".join([message.title, *message.lines, *(f"{k} {v}" for k, v in message.fields)])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    book = catalogue(*SERVICES)
    with (
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(book.prometheus) as client,
    ):
        world = World(Engine(Context(book, ledger, client), EngineMetrics("test")))
        for module in ("engine", "notifications", "views"):
            monkeypatch.setattr(f"sla_engine.app.{module}.now", lambda: world.now)
        monkeypatch.setattr(Client, "now", lambda _: world.now)
        monkeypatch.setattr("sla_engine.measurement.failing.ingest", world.ingest)
        world.engine.tick()
        yield world


def test_a_page_says_within_two_gaps_that_prometheus_is_dead(world: World) -> None:
    assert "1 down, 1 up" in world.page()
    world.dead = True
    world.now = NOW + 2 * MAX_GAP
    world.engine.tick()
    assert "1 down, 1 up" in world.page()
    assert OPEN in world.engine.exposition()
    assert world.engine.unready() is None
    world.now += 1
    assert "2 unknown" in world.page()
    assert "known until 2026-11-10 12:00:00 UTC" in world.page()
    assert OPEN not in world.engine.exposition()
    assert world.engine.unready() == "the data reach 2026-11-10 12:00:00 UTC"


def test_slack_is_told_no_state_that_is_too_old(world: World) -> None:
    assert "is down since" in world.ask("shop")
    world.now += 2 * MAX_GAP + 1
    assert "is unknown: there is no data, known until 2026-11-10 12:00:00 UTC" in world.ask("shop")
    assert "2 unknown" in world.ask()


@pytest.mark.parametrize("ticks", [True, False])
def test_figures_say_as_of_when_they_are_and_that_they_are_stale(
    world: World, *, ticks: bool
) -> None:
    world.dead = True
    world.now += 300_000 + 2 * MAX_GAP
    if ticks:
        world.engine.tick()
    assert "as of 2026-11-10 12:00:00 UTC<" in world.page()
    world.now += 1
    assert "as of 2026-11-10 12:00:00 UTC, stale<" in world.page()
    assert "stale: as of 2026-11-10 12:00:00 UTC" in world.ask()
    assert "Figures as of 2026-11-10 12:00:00 UTC (stale)" in world.ask("mail")


def _coverage(world: World) -> float | None:
    return next(x for x in world.engine.levels if x.service == "mail").windows["1d"].coverage


def test_coverage_falls_while_the_engine_is_blind_and_comes_back(world: World) -> None:
    before = _coverage(world)
    assert before == 1
    world.dead = True
    world.now += 600_000
    world.engine.tick()
    blind = _coverage(world)
    assert blind is not None
    assert blind < 0.9
    world.dead = False
    world.engine.tick()
    assert _coverage(world) == 1


def test_a_clock_that_went_back_does_not_make_old_data_new(world: World) -> None:
    world.now -= 3_600_000
    assert "2 unknown" in world.page()


def _approve(world: World) -> None:
    request = Request("M-1", "cli", "Work", Scope(("shop",), (), ()), BEGIN, NOW + 60_000, "UTC")
    windows = world.engine.context.ledger.windows
    windows.add(request, WindowEvent(NOW, "requested", "ann"))
    windows.append("M-1", WindowEvent(NOW, "approved", "bob"))


def _reclassify(world: World) -> None:
    change = Correction(NOW, "ann", "class", None, "planned", "agreed by phone")
    world.engine.context.ledger.corrections.add("shop", BEGIN, change)


@pytest.mark.parametrize("decide", [_approve, _reclassify])
def test_a_decision_of_another_process_shows_at_once(
    world: World, decide: Callable[[World], None]
) -> None:
    def downtime() -> tuple[int, int]:
        shop = next(level for level in world.engine.levels if level.service == "shop")
        return shop.windows["1d"].planned, shop.windows["1d"].unplanned

    assert downtime() == (0, 3_600_000)
    decide(world)
    world.engine.refresh_decided()
    assert downtime() == (3_600_000, 0)


def test_an_engine_without_decisions_works_nothing_out_again(world: World) -> None:
    before = world.engine.published
    world.engine.refresh_decided()
    assert world.engine.published is before
