"""Calls that may hang in the kernel, as stat(2) does on a dead NFS server, beside the event loop.

Each has a thread of its own: asyncio's pool would soon hold nothing but such calls, and would hold
up the end of the process.
"""

import asyncio
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class ThreadsError(Exception):
    """No thread can be started."""


class Aside:
    """Makes calls in threads; at most one per key at a time."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Future[Any]] = {}

    def busy(self, key: Hashable) -> bool:
        """Say whether a call of this key is under way."""
        return key in self._under_way

    async def call(self, key: Hashable, call: Callable[[], T]) -> T:
        """Return what the call returns; while one of the same key is under way, what that returns.

        Raises:
            ThreadsError: it cannot be made.
            Exception: what the call raised.
        """
        future = self._under_way.get(key)
        if future is None:
            future = self._under_way[key] = self._begin(key, call)
        result = await asyncio.shield(future)
        if isinstance(result, Exception):
            raise result
        return result  # type: ignore[no-any-return]  # what call returned

    def _begin(self, key: Hashable, call: Callable[[], T]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def end(result: T | Exception) -> None:
            del self._under_way[key]
            if not future.done():
                future.set_result(result)

        def work() -> None:
            result: T | Exception
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 - handed to the caller
                result = error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(end, result)

        try:
            threading.Thread(target=work, name="aside", daemon=True).start()
        except RuntimeError as error:
            raise ThreadsError(str(error)) from error
        return future
