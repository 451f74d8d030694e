"""Slack fails, hangs, asks to wait, or answers what is no answer."""

import time
from collections.abc import Callable, Iterator
from random import Random

from benchmarks.faults.case import NOTHING_LOST, Case
from benchmarks.faults.world import World

_FAULTS = ("rate_limited", "server_error", "server_error_after", "reset", "reset_after", "garbage",
           "nonsense", "internal_error", "an_error_nobody_knows")  # fmt: skip


def _with(fault: Callable[[str], str | None]) -> Callable[[World], Iterator[str]]:
    """Return what has calls fail so while outages begin and end."""

    def run(world: World) -> Iterator[str]:
        world.start_engine()
        world.settle()
        world.slack.fault = fault
        for service in world.truth.services:
            world.outage(service)
        time.sleep(2)
        world.slack.fault = lambda _: None
        world.settle()
        yield from world.violations()

    return run


def _always(fault: str) -> Callable[[str], str | None]:
    return lambda _: fault


def _sometimes() -> Callable[[str], str | None]:
    chance = Random(5)
    return lambda _: chance.choice(_FAULTS) if chance.random() < 0.5 else None


CASES = (
    Case("Slack", "half of all calls fail, in nine ways", NOTHING_LOST, _with(_sometimes())),
    Case("Slack", "asks to wait", NOTHING_LOST, _with(_always("rate_limited"))),
    Case("Slack", "takes each message and answers 500", NOTHING_LOST,
         _with(_always("server_error_after"))),
    Case("Slack", "takes each message and hangs up", NOTHING_LOST, _with(_always("reset_after"))),
    Case("Slack", "answers what is no JSON", NOTHING_LOST, _with(_always("garbage"))),
    Case("Slack", "answers JSON that is no answer", NOTHING_LOST, _with(_always("nonsense"))),
)  # fmt: skip
