"""The engine's time: the wall clock's while that is right, else by the monotonic clock."""

import time
from collections.abc import Callable
from typing import Final

TOLERANCE: Final = 60_000
"""How far two clocks may be apart and still show the same time (ms)."""


class Clock:
    """Time that does not jump when the wall clock steps; arguments and results in milliseconds UTC.

    It is the wall clock until `steady` is called, which ``serve`` does and no other command. Then a
    step of more than a minute is followed only once Prometheus' own clock bears it out: of the wall
    clock, the monotonic one and Prometheus' two decide.
    """

    def __init__(
        self,
        wall: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000,
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._offset: int | None = None
        self._borne_out = False

    def steady(self) -> None:
        """Go on by the monotonic clock from here."""
        self._offset = self._wall() - self._monotonic()

    def now(self) -> int:
        """Return the time."""
        wall, offset = self._wall(), self._offset
        if offset is None:
            return wall
        own = offset + self._monotonic()
        return wall if abs(wall - own) <= TOLERANCE else own

    def hear(self, server: int, took: int = 0) -> int:
        """Take what Prometheus' clock says; return how far the wall clock is ahead of it.

        Args:
            server: what it says.
            took: how long it took to answer, of which nobody knows when it looked at its clock.
        """
        wall = self._wall()
        ahead = _apart(wall, server, took)
        if self._offset is not None:
            own = self._offset + self._monotonic()
            if abs(ahead) <= TOLERANCE:
                self._offset, self._borne_out = wall - self._monotonic(), True
            elif abs(_apart(own, server, took)) <= TOLERANCE:
                self._borne_out = True
            elif (
                not self._borne_out and ahead > 0
            ):  # what is the future to Prometheus has no samples
                self._offset = server - self._monotonic()
        return ahead


def _apart(clock: int, server: int, took: int) -> int:
    """Return how far a clock is ahead of the server's, at the least."""
    ahead = clock - server
    return ahead - min(max(ahead, 0), took)


CLOCK: Final = Clock()
"""The clock of this process, as there is one wall clock."""
