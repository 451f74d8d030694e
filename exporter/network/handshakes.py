"""A bound on TLS handshakes at once: more than the cores can do would only measure each other."""

import asyncio
from collections.abc import Callable

AT_ONCE = 8
LEASE = 0.25
"""Seconds after which a handshake no longer counts: it waits for its peer, not for our CPU."""


class Handshakes:
    """Slots that are given back when a handshake ends, or after the lease."""

    def __init__(self, at_once: int = AT_ONCE, lease: float = LEASE) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._lease = lease

    async def begin(self) -> Callable[[], None]:
        """Wait for a slot; call what is returned, once or more, when the handshake has ended."""
        await self._slots.acquire()
        timer: asyncio.TimerHandle | None = None

        def end() -> None:
            nonlocal timer
            if timer is not None:
                timer.cancel()
                timer = None
                self._slots.release()

        timer = asyncio.get_running_loop().call_later(self._lease, end)
        return end
