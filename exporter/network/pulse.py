"""How long the event loop did not run when it should have: whoever waits meanwhile waits for us."""

import asyncio
from typing import Final

BEAT: Final = 0.25  # seconds


class Pulse:
    """Adds up the seconds by which the running loop's timers were late."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.stalled = 0.0
        self._due = 0.0
        self._timer: asyncio.TimerHandle
        self._arm()

    def _arm(self) -> None:
        self._due = self._loop.time() + BEAT
        self._timer = self._loop.call_at(self._due, self._beat)

    def _beat(self) -> None:
        self.stalled += max(0.0, self._loop.time() - self._due)
        self._arm()

    def close(self) -> None:
        """Beat no more."""
        self._timer.cancel()
