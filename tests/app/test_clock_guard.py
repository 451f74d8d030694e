"""Jobs go on whatever the wall clock does."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sla_engine.app.clock_guard import STEP, ClockGuard
from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.app.scheduler import Scheduler, _Every
from sla_engine.app.slack_listener import SlackListener
from sla_engine.ledger import Ledger
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import catalogue


def steps_of(*clocks: tuple[float, float]) -> list[float]:
    """Return the steps that are told of when wall and monotonic clock show these."""
    shown, found = iter(clocks), list[float]()
    now = next(shown)
    guard = ClockGuard(found.append, lambda: now[0], lambda: now[1])
    for now in shown:  # noqa: B007 - the clocks read it
        guard.look()
    return found


@pytest.mark.parametrize("step", [-3_600.0, 3_600.0, 40 * 86_400.0, -2.5])
def test_a_step_of_the_wall_clock_is_told_once(step: float) -> None:
    assert steps_of((1000, 0), (1001, 1), (1002 + step, 2), (1003 + step, 3)) == [step]


def test_a_clock_that_is_slewed_has_not_stepped() -> None:
    assert steps_of((1000, 0), (1001 + STEP, 1), (1002 + 2 * STEP, 2)) == []


def test_a_machine_that_was_suspended_has_stepped() -> None:
    assert steps_of((1000, 0), (8200, 1)) == [7199]


def test_jobs_that_a_step_back_put_off_for_an_hour_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticked = threading.Event()
    monkeypatch.setattr(Engine, "tick", lambda _: ticked.set())
    book = catalogue("a")
    with (
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(book.prometheus) as client,
    ):
        engine = Engine(Context(book, ledger, client), EngineMetrics("test"))
        jobs = Scheduler(engine, SlackListener(engine), 3_600, None)
        later = datetime.now(UTC) + timedelta(hours=1)
        for job in jobs._scheduler.get_jobs():
            job.modify(next_run_time=later)
        jobs.start()
        assert not ticked.is_set()
        jobs.stepped(-3_600)
        assert ticked.wait(30)
        assert jobs.stop()
        assert engine.idle(30)


@pytest.mark.parametrize("passed", [-40 * 86_400, -3_600, 0, 3, 5, 3_600, 40 * 86_400])
def test_a_job_is_due_once_and_within_an_interval_wherever_the_clock_went(passed: float) -> None:
    planned = datetime(2026, 11, 10, tzinfo=UTC)
    now = planned + timedelta(seconds=passed)
    due = _Every(5).get_next_fire_time(planned, now)
    assert now < due <= now + timedelta(seconds=5)
    assert _Every(5).get_next_fire_time(None, now) == now + timedelta(seconds=5)


def test_a_job_keeps_its_pace_however_late_it_runs() -> None:
    planned = datetime(2026, 11, 10, tzinfo=UTC)
    late = planned + timedelta(seconds=1)
    assert _Every(5).get_next_fire_time(planned, late) == planned + timedelta(seconds=5)
