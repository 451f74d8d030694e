"""Work too slow for a scrape: done in a thread of its own, its last result shown."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


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
            self._result = work()
        except Exception as error:  # noqa: BLE001 - shown to whoever asks for the result
            self._result = error
        finally:
            self._thread = None
