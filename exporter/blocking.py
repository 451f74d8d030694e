"""Calls that may hang in the kernel, as stat(2) does on a dead NFS server, in threads of their own.

asyncio's pool would soon hold nothing but such calls, and would hold up the end of the process.
`BlockingCalls` waits for one beside the event loop, `TimedCalls` for many up to a limit,
`Background` for none: it shows what the last one returned.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_STEP = 0.05  # seconds without progress after which another thread takes over the rest


class ThreadsError(Exception):
    """No thread can be started."""


class StuckError(Exception):
    """A call has not returned within its limit."""


def outcome(call: Callable[[], T]) -> T | Exception:
    """Return the call's result, or the exception that it raised."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - handed to the caller as the call's result
        return error


class BlockingCalls:
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
            result = outcome(call)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(end, result)

        try:
            threading.Thread(target=work, name="blocking", daemon=True).start()
        except RuntimeError as error:
            raise ThreadsError(str(error)) from error
        return future


class Background(Generic[T]):
    """Remembers a slow function's result while a key stays the same, for ``max_age`` s at most."""

    def __init__(self, name: str, max_age: float) -> None:
        self._name = name
        self._max_age = max_age
        self._key: object = None
        self._started = 0.0
        self._thread: threading.Thread | None = None
        self._result: T | Exception | None = None

    def get(self, key: object, work: Callable[[], T]) -> T | None:
        """Return the last result, None when there is none yet.

        The work begins anew when the key changed or the result is old.

        Raises:
            Exception: what the work raised.
        """
        old = time.monotonic() - self._started > self._max_age
        if self._thread is None and (key != self._key or old):
            self._key, self._started = key, time.monotonic()
            self._thread = threading.Thread(target=self._do, args=(work,), name=self._name)
            self._thread.daemon = True
            self._thread.start()
        if isinstance(self._result, Exception):
            raise self._result
        return self._result

    def wait(self) -> None:
        """Return when no work is under way."""
        if thread := self._thread:
            thread.join()

    def _do(self, work: Callable[[], T]) -> None:
        try:
            self._result = outcome(work)
        finally:
            self._thread = None


class Batch(Generic[K, T]):
    """Calls under way; any number of threads may work on them together."""

    def __init__(
        self, calls: Mapping[K, Callable[[], T]], running: set[K], on_finished: Callable[[], None]
    ) -> None:
        self._calls = calls
        self._running = running
        self._on_finished = on_finished
        self._pending = deque(key for key in calls if key not in running)
        self._expected = len(self._pending)
        self._results: dict[K, T | Exception] = {}
        self._seen = 0
        self.deadline = 0.0

    @property
    def empty(self) -> bool:
        """Say whether there is nothing to do: every call is stuck since an earlier batch."""
        return self._expected == 0

    def work(self) -> None:
        """Make the calls that nobody makes yet."""
        while self._pending:
            try:
                key = self._pending.popleft()
            except IndexError:  # another thread took the last one
                return
            self._running.add(key)
            self._results[key] = outcome(self._calls[key])
            self._running.discard(key)
            if len(self._results) == self._expected:
                self._on_finished()

    def stalled(self) -> bool:
        """Say whether nothing was finished since the last question, with calls still waiting."""
        seen, self._seen = self._seen, len(self._results)
        return bool(self._pending) and seen == self._seen

    def results(self, limit: float) -> dict[K, T | Exception]:
        """Give up what is not finished; return every call's result or error."""
        self._pending.clear()
        done = dict(self._results)
        if len(done) == len(self._calls):
            return done
        stuck = StuckError(f"no answer within {limit:g} s")
        return {key: done.get(key, stuck) for key in self._calls}


class TimedCalls(Generic[K, T]):
    """Runs calls in a thread; one that hangs delays the others by a step, not for ever.

    A call that is stuck is not started again until it has returned. Results are the call's value or
    its exception; a StuckError for those that take longer than the limit, in seconds.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._running: set[K] = set()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads = 0

    def run(self, calls: Mapping[K, Callable[[], T]], limit: float) -> dict[K, T | Exception]:
        """Return the results, waiting for them."""
        finished = threading.Event()
        batch = self._begin(calls, finished.set, limit)
        while not batch.empty and (left := batch.deadline - time.monotonic()) > 0:
            if finished.wait(min(_STEP, left)):
                break
            self._hasten(batch)
        return batch.results(limit)

    async def gather(
        self, calls: Mapping[K, Callable[[], T]], limit: float
    ) -> dict[K, T | Exception]:
        """Return the results; the event loop runs on meanwhile."""
        loop = asyncio.get_running_loop()
        finished: asyncio.Future[None] = loop.create_future()

        def finish() -> None:
            if not finished.done():
                finished.set_result(None)

        def tell() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(finish)

        batch = self._begin(calls, tell, limit)
        while not batch.empty and (left := batch.deadline - time.monotonic()) > 0:
            if (await asyncio.wait((finished,), timeout=min(_STEP, left)))[0]:
                break
            self._hasten(batch)
        finished.cancel()
        return batch.results(limit)

    def close(self) -> None:
        """Let the threads end; one that is stuck ends when its call returns."""
        for _ in range(self._threads):
            self._work.put(None)
        self._threads = 0

    def _begin(
        self, calls: Mapping[K, Callable[[], T]], on_finished: Callable[[], None], limit: float
    ) -> Batch[K, T]:
        batch = Batch(calls, self._running, on_finished)
        batch.deadline = time.monotonic() + limit
        if not batch.empty:
            self._start(batch.work)
        return batch

    def _hasten(self, batch: Batch[K, T]) -> None:
        if batch.stalled():
            self._start(batch.work)

    def _start(self, work: Callable[[], None]) -> None:
        """Hand the work to a thread that waits for some; start one only when none does."""
        self._work.put(work)
        if not self._idle.acquire(blocking=False):
            self._threads += 1
            threading.Thread(target=self._serve, name=self._name, daemon=True).start()

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            self._idle.release()
