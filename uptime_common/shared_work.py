"""Work in threads for many who ask: so much at a time, the same only once, none for nobody."""

import asyncio
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

Result = TypeVar("Result")
GivenUp = Callable[[], bool]
"""Says whether nobody waits for a piece of work any more."""


class BusyError(Exception):
    """As much as may be is under way; the message says how much of what."""


class NobodyWaitsError(BaseException):
    """Ends work that nobody waits for: no failure of what it went through, so no ``Exception``."""


class _Piece(NamedTuple, Generic[Result]):
    """A piece of work, with those who wait for it."""

    done: asyncio.Future[Result]
    given_up: threading.Event
    waiting: set[object]


class SharedWork(Generic[Result]):
    """Up to ``at_once`` pieces of work, under way or waiting for one of ``threads``.

    ``name`` is what they are called, in the plural. For one event loop.
    """

    def __init__(self, name: str, at_once: int, threads: int | None = None) -> None:
        self._name = name
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(threads or at_once, name)
        self._shared: dict[Hashable, _Piece[Result]] = {}
        self._under_way = 0

    async def result(self, key: Hashable, work: Callable[[GivenUp], Result]) -> Result:
        """Return what the work returns, or what the same work returns that is under way.

        When all who wait for it are cancelled, work that has not begun never does, and work that
        has can see it; it counts until it ends.

        Args:
            key: what the same work has in common.
            work: called in a thread. It may raise ``NobodyWaitsError`` once nobody waits.

        Raises:
            BusyError: as much as may be is under way.
            Exception: what the work raises.
        """
        piece = self._shared.get(key)
        if piece is None:
            piece = self._shared[key] = self._begun(work)
        me = object()
        piece.waiting.add(me)
        try:
            await asyncio.wait([piece.done])
            return piece.done.result()
        finally:
            piece.waiting.discard(me)
            if not piece.waiting:
                piece.given_up.set()
                piece.done.cancel()
                if self._shared.get(key) is piece:
                    del self._shared[key]

    def _begun(self, work: Callable[[GivenUp], Result]) -> _Piece[Result]:
        if self._under_way >= self._at_once:
            raise BusyError(f"{self._at_once} {self._name} are under way, as many as may be")
        loop, given_up = asyncio.get_running_loop(), threading.Event()

        def ended(_: Future[Result]) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody counts any more
                loop.call_soon_threadsafe(self._ended)

        running = self._pool.submit(work, given_up.is_set)
        self._under_way += 1
        running.add_done_callback(ended)
        return _Piece(asyncio.wrap_future(running), given_up, set())

    def _ended(self) -> None:
        self._under_way -= 1
