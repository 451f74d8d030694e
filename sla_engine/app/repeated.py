"""Jobs that run again and again by the monotonic clock: the wall clock may step either way."""

import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger("engine")


class Repeated:
    """A job in a thread of its own, never twice at a time; one that is late runs once.

    ``seconds`` is from one start to the next; ``wait`` is how long until the first.
    """

    def __init__(
        self, name: str, job: Callable[[], None], seconds: float, *, wait: float = 0.0
    ) -> None:
        self.name, self._job, self._seconds = name, job, seconds
        self._due = time.monotonic() + wait
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Run no more; what runs goes on to its end."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def at_once(self) -> None:
        """Be due now."""
        with self._changed:
            self._due = time.monotonic()
            self._changed.notify()

    @property
    def waits(self) -> float:
        """Return in how many seconds it is due, 0 where it is."""
        return max(0.0, self._due - time.monotonic())

    def _run(self) -> None:
        while self._begins():
            try:
                self._job()
            except Exception:
                log.exception("a job failed; it runs again", job=self.name)

    def _begins(self) -> bool:
        """Wait until the job is due; False when it shall run no more."""
        with self._changed:
            while not self._stopped and self.waits > 0:
                self._changed.wait(self.waits)  # which Python measures by the monotonic clock
            self._due = next_due(self._due, self._seconds, time.monotonic())
            return not self._stopped


def next_due(due: float, every: float, now: float) -> float:
    """Return when a job that begins ``now`` is due again: what it missed is left out."""
    return due + every if due + every > now else now + every
