"""Tells when the wall clock steps: a scheduler that counts by it would stand still, or run wild."""

import threading
import time
from collections.abc import Callable

_EVERY = 1.0
STEP = 2.0
"""By how many seconds the wall clock may drift between two looks and still not have stepped."""


class ClockGuard:
    """Compares the wall clock with the monotonic one every second, in a thread of its own.

    ``stepped`` is called with how far the wall clock went (s, negative: back).
    """

    def __init__(
        self,
        stepped: Callable[[float], None],
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stepped, self._wall, self._monotonic = stepped, wall, monotonic
        self._offset = wall() - monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="clock guard", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> None:
        """Compare once."""
        offset = self._wall() - self._monotonic()
        step, self._offset = offset - self._offset, offset
        if abs(step) > STEP:
            self._stepped(step)

    def _run(self) -> None:
        while not self._stop.wait(_EVERY):  # which Python measures by the monotonic clock
            self.look()
