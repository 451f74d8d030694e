"""Complaints that could be made without end: one a minute of each kind, with their number."""

import time
from collections.abc import Callable, Hashable

_PAUSE = 60.0  # seconds
_KINDS = 256  # kinds that are told apart


class Seldom:
    """Says when a complaint is due; ``clock`` tells seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kinds: dict[Hashable, tuple[float, int]] = {}

    def due(self, kind: Hashable) -> int:
        """Return how many of this kind there were since the last that was told; 0: not now."""
        now = self._clock()
        told, count = self._kinds.get(kind, (now - _PAUSE, 0))
        if now - told < _PAUSE:
            self._kinds[kind] = told, count + 1
            return 0
        if len(self._kinds) >= _KINDS:
            self._kinds.clear()
        self._kinds[kind] = now, 0
        return count + 1
