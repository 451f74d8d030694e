"""Jobs go on whatever the wall clock does."""

import threading
import time

import pytest

from sla_engine.app.repeated import Repeated, next_due


def ran(times: int, failure: Exception | None = None) -> bool:
    """Say whether a job runs so many times."""
    count, enough = [], threading.Event()

    def job() -> None:
        count.append(1)
        if len(count) >= times:
            enough.set()
        if failure is not None:
            raise failure

    repeated = Repeated("job", job, 0.001)
    repeated.start()
    try:
        return enough.wait(10)
    finally:
        repeated.stop()
        repeated._thread.join(10)  # it logs until then


@pytest.mark.parametrize("step", [-3_600, 3_600, 40 * 86_400])
def test_a_step_of_the_wall_clock_delays_no_job(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, begun = time.time, time.monotonic()
    stepped = [0]

    def wall() -> float:
        stepped[0] = step if time.monotonic() > begun + 0.005 else 0
        return real() + stepped[0]

    monkeypatch.setattr(time, "time", wall)
    assert ran(20)


def test_a_job_that_fails_runs_again() -> None:
    assert ran(3, ValueError("a fault of ours"))


def test_what_is_due_at_once_waits_no_longer() -> None:
    done = threading.Event()
    job = Repeated("job", done.set, 3_600, wait=3_600)
    job.start()
    assert job.waits > 3_500
    assert not done.is_set()
    job.at_once()
    assert done.wait(10)
    job.stop()
    job._thread.join(10)


@pytest.mark.parametrize(
    ("now", "expected"), [(100.5, 130), (129, 130), (130, 160), (3_600, 3_630)]
)
def test_what_was_missed_is_made_up_for_once(now: float, expected: float) -> None:
    assert next_due(100, 30, now) == expected
