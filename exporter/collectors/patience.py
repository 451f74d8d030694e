"""Runs calls that may hang, without hanging."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

_STEP = 0.05  # seconds without progress after which another thread takes over the rest


class StuckError(Exception):
    """A call has not returned within its limit."""


class Patience(Generic[K, T]):
    """Runs calls in a thread; one that hangs delays the others by a step, not for ever.

    A call that is stuck is not started again until it has returned.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._running: set[K] = set()

    def run(self, calls: Mapping[K, Callable[[], T]], limit: float) -> dict[K, T | Exception]:
        """Return each call's result or error; a StuckError for those over ``limit`` s."""
        pending = deque(key for key in calls if key not in self._running)
        results: dict[K, T | Exception] = {}
        finished, expected = threading.Event(), len(pending)

        def work() -> None:
            while pending:
                try:
                    key = pending.popleft()
                except IndexError:  # another thread took the last one
                    return
                self._running.add(key)
                results[key] = _outcome(calls[key])
                self._running.discard(key)
                if len(results) == expected:
                    finished.set()

        if pending:
            self._wait(work, pending, results, finished, time.monotonic() + limit)
            pending.clear()
        done = dict(results)
        return {key: done.get(key, StuckError(f"no answer within {limit:g} s")) for key in calls}

    def _wait(
        self,
        work: Callable[[], None],
        pending: deque[K],
        results: dict[K, T | Exception],
        finished: threading.Event,
        deadline: float,
    ) -> None:
        seen = -1
        while time.monotonic() < deadline:
            if pending and len(results) == max(seen, 0):
                threading.Thread(target=work, name=self._name, daemon=True).start()
            seen = len(results)
            if finished.wait(min(_STEP, deadline - time.monotonic())):
                return


def _outcome(call: Callable[[], T]) -> T | Exception:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - handed to the caller as the call's result
        return error
