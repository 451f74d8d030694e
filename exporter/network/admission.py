"""Who may begin: a few at a turn of the event loop, so that nobody waits for our CPU.

A turn of the loop does all the work whose input has come. Whatever waits for its peer costs nothing
and is not counted; only what would compute in the same turn is held back.
"""

import asyncio
from collections import deque
from typing import Final

AT_ONCE: Final = 5
"""Beginners in a turn: TLS handshakes take 1 to 2 ms each, by which the others' times grow."""


class Admission:
    """Lets tasks begin in the order in which they came, a few in each turn of the running loop."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._loop = asyncio.get_running_loop()
        self._left = at_once
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def begin(self) -> None:
        """Return when the caller may begin; there is nothing to give back."""
        if self._left:
            self._take()
            return
        turn: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(turn)
        await turn

    def _take(self) -> None:
        if self._left == self._at_once:
            self._loop.call_soon(self._next)
        self._left -= 1

    def _next(self) -> None:
        self._left = self._at_once
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                self._take()
