"""When each target runs: spread over its interval, woken in small batches.

A wake-up of the process costs more than a probe, so up to five runs that are due within 100 ms of
each other start together; larger batches would make the probes wait for each other and inflate
what they measure.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable
from time import time
from typing import NamedTuple

from exporter.network.admission import Admission
from exporter.services.target import Key, Target, fraction

BATCH = 5
WINDOW = 0.1
"""Seconds by which the first run of a batch may be late."""
FIRST_WITHIN = 5.0
"""Seconds after the start in which every target has had its first run, if they are not too many."""
FIRST_A_SECOND = 1_000
"""First runs that a second takes without making regular ones late."""

Job = Callable[[Target, float], Awaitable[None]]
"""Runs a target once; takes the seconds by which the run is late."""


class _Turn(NamedTuple):
    due: float  # on the loop's clock, like anchor
    key: Key
    anchor: float  # some time at which a regular turn is due
    target: Target


class Schedule:
    """Starts a job for every target at its offset in each interval, for as long as it runs."""

    def __init__(self, job: Job, *, at_once: int = 1_000) -> None:
        self._job = job
        self._loop = asyncio.get_running_loop()
        self._turns: list[_Turn] = []
        self._batch: list[_Turn] = []
        self._timer: asyncio.TimerHandle | None = None
        self._running: dict[Key, tuple[Target, asyncio.Task[None]]] = {}
        self._slots = asyncio.Semaphore(at_once)
        self._admission = Admission()
        self.skipped = 0

    @property
    def in_flight(self) -> int:
        """Return how many runs have started and not ended."""
        return len(self._running)

    def replace(self, targets: Iterable[Target]) -> None:
        """Run these targets from now on; those that run already keep their turns."""
        known = {turn.key: turn for turn in (*self._turns, *self._batch)}
        targets, now, epoch = list(targets), self._loop.time(), time()
        soon = max(FIRST_WITHIN, len(targets) / FIRST_A_SECOND)
        self._turns = [
            turn if (turn := known.get(t.key)) and turn.target == t else _first(t, now, epoch, soon)
            for t in targets
        ]
        heapq.heapify(self._turns)
        self._batch = []
        wanted = {turn.key: turn.target for turn in self._turns}
        for target, task in self._running.values():
            if wanted.get(target.key) != target:
                task.cancel()
        self._arm()

    def _arm(self) -> None:
        """Take the next batch and sleep until its last run is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._turns:
            return
        latest = self._turns[0].due + WINDOW
        while self._turns and len(self._batch) < BATCH and self._turns[0].due <= latest:
            self._batch.append(heapq.heappop(self._turns))
        self._timer = self._loop.call_at(self._batch[-1].due, self._fire)

    def _fire(self) -> None:
        now = self._loop.time()
        batch, self._batch = self._batch, []
        for turn in batch:
            self._start(turn)
            heapq.heappush(self._turns, turn._replace(due=_next(turn, now)))
        self._arm()

    def _start(self, turn: _Turn) -> None:
        if turn.key in self._running:
            self.skipped += 1
            return
        task = self._loop.create_task(self._run(turn))
        self._running[turn.key] = turn.target, task
        # Not in a finally of the run: one that is cancelled before it begins never gets there.
        task.add_done_callback(lambda _: self._running.pop(turn.key, None))

    async def _run(self, turn: _Turn) -> None:
        async with self._slots:
            await self._admission.begin()
            await self._job(turn.target, self._loop.time() - turn.due)

    async def close(self) -> None:
        """Start nothing more and cancel what runs."""
        if self._timer is not None:
            self._timer.cancel()
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _first(target: Target, now: float, epoch: float, soon: float) -> _Turn:
    """Return a target's first turn.

    Its regular one if that is soon, else a place of its own in the first seconds: a probe that
    runs hourly should not leave its service unknown for an hour after each restart.
    """
    wait = (target.offset - epoch) % target.interval
    first = wait if wait <= soon else fraction(str(target.key)) * soon
    return _Turn(now + first, target.key, now + wait, target)


def _next(turn: _Turn, now: float) -> float:
    """Return the first regular time after now; missed ones are not made up for."""
    interval = turn.target.interval
    after = max(turn.due + interval / 4, now)
    return turn.anchor + ((after - turn.anchor) // interval + 1) * interval
