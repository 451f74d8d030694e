"""The engine's wall clock steps, by libfaketime; Prometheus' does not."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.case import TIME, Case
from benchmarks.faults.truth import now
from benchmarks.faults.world import World
from sla_engine.ledger import Ledger

_HOUR = 3_600
_DAY = 24 * _HOUR
_LIBRARY = "*/faketime/libfaketimeMT.so.1"
MISSED = 30.0
"""How long no tick may be missed for (s)."""


def _library() -> Path:
    found = sorted(Path("/usr/lib").glob(_LIBRARY))
    if not found:
        raise FileNotFoundError("libfaketime is not installed; run `make dev-setup`")
    return found[0]


def _step(world: World, seconds: int) -> None:
    (world.folder / "clock").write_text(f"{seconds:+d}\n")


def _faked(world: World, seconds: int = 0) -> None:
    """Have the engine see the wall clock of a file, and the monotonic one as it is."""
    _step(world, seconds)
    world.env = {
        "LD_PRELOAD": str(_library()),
        "FAKETIME_TIMESTAMP_FILE": str(world.folder / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


class _Ticks(threading.Thread):
    """Looks how far the ledger is behind the true time, and whether ever ahead of it."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url, self._end = url, threading.Event()
        self.behind = self.ahead = 0.0

    def run(self) -> None:
        """Look five times a second."""
        with Ledger.open(self._url) as ledger:
            while not self._end.wait(0.2):
                until = ledger.derived_until()
                if until is not None:
                    behind = (now() - until) / 1000
                    self.behind, self.ahead = max(self.behind, behind), max(self.ahead, -behind)

    def done(self) -> Iterator[str]:
        """Yield what went wrong until now."""
        self._end.set()
        self.join()
        if self.behind > MISSED:
            yield f"no tick for {self.behind:.1f} s"
        if self.ahead > 1:
            yield f"coverage {self.ahead:.1f} s ahead"


def stepping(*steps: int) -> Callable[[World], Iterator[str]]:
    """Return what steps the clock (s from the true time), with an outage after each."""

    def run(world: World) -> Iterator[str]:
        _faked(world)
        world.start_engine()
        world.settle()
        ticks = _Ticks(world.url)
        ticks.start()
        for number, seconds in enumerate((*steps, 0)):
            _step(world, seconds)
            world.outage(world.truth.services[number % 3])
        world.settle()
        yield from ticks.done()
        yield from world.violations()

    return run


def _begun_ahead(world: World) -> Iterator[str]:
    """An engine that starts 40 days ahead derives nothing of that time."""
    _faked(world, 40 * _DAY)
    world.start_engine()
    world.outage("shop")
    _step(world, 0)
    world.outage("mail")
    world.settle()
    yield from world.violations()


def _begun_behind(world: World) -> Iterator[str]:
    """An engine that starts an hour behind says so, and makes up for it when its clock is set."""
    _faked(world, -_HOUR)
    world.start_engine()
    time.sleep(2)
    world.truth.down("shop")
    time.sleep(3)
    world.truth.up("shop")
    skew = world.metric("sla_engine_clock_skew_seconds")
    if skew is None or not -_HOUR - 10 < skew < 10 - _HOUR:
        yield f"the difference of the clocks is shown as {skew}"
    _step(world, 0)
    world.settle()
    yield from world.violations()


CASES = (
    Case("clock", "an hour back, and right again", TIME, stepping(-_HOUR)),
    Case("clock", "an hour ahead, and right again", TIME, stepping(_HOUR)),
    Case("clock", "40 days ahead, and right again", TIME, stepping(40 * _DAY)),
    Case("clock", "an hour back, an hour ahead, 40 days ahead, right again", TIME,
         stepping(-_HOUR, _HOUR, 40 * _DAY), cheap=True),
    Case("clock", "40 days ahead, 40 days back, right again", TIME,
         stepping(40 * _DAY, -40 * _DAY)),
    Case("clock", "40 days ahead at the start", TIME, _begun_ahead),
    Case("clock", "an hour behind at the start", TIME, _begun_behind),
)  # fmt: skip
