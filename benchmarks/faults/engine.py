"""The engine dies by SIGKILL."""

import random
import time
from collections.abc import Iterator

from benchmarks.faults.case import NOTHING_LOST, Case
from benchmarks.faults.world import World


def _killed_again_and_again(world: World) -> Iterator[str]:
    """Outages begin and end while the engine is killed at random moments."""
    chance = random.Random(7)
    for number in range(6):
        world.start_engine()
        service = world.truth.services[number % 3]
        (world.truth.up if world.truth.is_down(service) else world.truth.down)(service)
        time.sleep(chance.uniform(0.2, 3))
        world.kill_engine()
    world.start_engine()
    world.settle()
    yield from world.violations()


def _killed_between_writing_and_telling(world: World) -> Iterator[str]:
    """Slack hangs, so that the engine is killed with a message on its way."""
    world.start_engine()
    world.settle()
    world.slack.fault = lambda _: "timeout_after"
    world.truth.down("shop")
    world.until("a message is on its way", lambda: world.slack.messages)
    world.kill_engine()
    world.slack.fault = lambda _: None
    world.truth.up("shop")
    world.start_engine()
    world.settle()
    yield from world.violations()


CASES = (
    Case("engine", "killed six times while outages begin and end", NOTHING_LOST,
         _killed_again_and_again),
    Case("engine", "killed with a message on its way", NOTHING_LOST,
         _killed_between_writing_and_telling),
)  # fmt: skip
