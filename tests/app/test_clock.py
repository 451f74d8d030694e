"""Whose clock the engine goes by: two of three decide."""

from dataclasses import dataclass

import pytest

from sla_engine.app.clock import TOLERANCE, Clock

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_794_312_000_000
STEPS = (-HOUR, HOUR, 40 * DAY, -40 * DAY, -TOLERANCE - 1, TOLERANCE + 1)


@dataclass
class Machine:
    """A wall clock and a monotonic one, and Prometheus' own beside them."""

    true: int = NOW
    wrong: int = 0
    server_wrong: int = 0

    def __post_init__(self) -> None:
        self.clock = Clock(lambda: self.true + self.wrong, lambda: self.true - NOW + 77)

    def passes(self, milliseconds: int = 30_000) -> int:
        self.true += milliseconds
        return self.clock.now()

    def hears(self, took: int = 0) -> int:
        return self.clock.hear(self.true + self.server_wrong, took)


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    machine.clock.steady()
    machine.hears()
    return machine


@pytest.mark.parametrize("step", STEPS)
def test_time_goes_on_when_the_wall_clock_steps(machine: Machine, step: int) -> None:
    machine.wrong = step
    for _ in range(5):
        assert machine.passes() == machine.true
        assert machine.hears() == step
        assert machine.clock.now() == machine.true
    machine.wrong = 0
    assert machine.passes() == machine.true
    assert machine.hears() == 0


@pytest.mark.parametrize("step", STEPS)
def test_a_wall_clock_that_prometheus_bears_out_is_followed(machine: Machine, step: int) -> None:
    machine.wrong = machine.server_wrong = step  # as after a suspension, or on one machine
    assert machine.passes() == machine.true
    assert machine.hears() == 0
    assert machine.clock.now() == machine.true + step


@pytest.mark.parametrize("step", STEPS)
def test_a_step_of_prometheus_alone_moves_nothing(machine: Machine, step: int) -> None:
    machine.server_wrong = step
    for _ in range(5):
        assert machine.hears() == -step
        assert machine.passes() == machine.true


def test_who_starts_with_a_clock_that_is_ahead_goes_by_prometheus() -> None:
    machine = Machine(wrong=40 * DAY)
    machine.clock.steady()
    assert machine.clock.now() == NOW + 40 * DAY
    assert machine.hears() == 40 * DAY
    assert machine.passes() == machine.true
    machine.wrong = 0
    assert machine.passes() == machine.true
    assert machine.hears() == 0


def test_who_starts_with_a_clock_that_is_behind_keeps_to_it_until_it_is_set() -> None:
    machine = Machine(wrong=-HOUR)
    machine.clock.steady()
    assert machine.hears() == -HOUR
    assert machine.passes() == machine.true - HOUR
    machine.wrong = 0
    machine.hears()
    assert machine.clock.now() == machine.true


def test_small_steps_add_up_to_no_other_time(machine: Machine) -> None:
    for _ in range(100):
        machine.wrong += TOLERANCE // 2
        machine.server_wrong = machine.wrong
        machine.hears()
        assert machine.passes() == machine.true + machine.wrong


def test_an_answer_that_takes_long_is_of_any_time_in_between(machine: Machine) -> None:
    machine.server_wrong = -2 * TOLERANCE
    assert machine.hears(took=3 * TOLERANCE) == 0
    assert machine.hears(took=TOLERANCE) == TOLERANCE
    assert machine.hears(took=0) == 2 * TOLERANCE


def test_without_serve_the_wall_clock_is_the_time() -> None:
    machine = Machine(wrong=40 * DAY)
    machine.hears()
    assert machine.passes() == machine.true + 40 * DAY
