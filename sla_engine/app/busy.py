"""A line on the terminal while a command works for more than two seconds; gone when it speaks."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, Final, TextIO, cast

AFTER_SECONDS: Final = 2.0
_CLEAR: Final = "\r\x1b[K"


class Busy:
    """Counts seconds on a terminal until it is told to stop; never begins where there is none."""

    def __init__(self, text: str, terminal: TextIO, after: float = AFTER_SECONDS) -> None:
        self._text, self._terminal = text, terminal
        self._after = after
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._shown = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        if terminal.isatty():
            self._thread.start()

    def _work(self) -> None:
        seconds, pause = 0.0, self._after
        while not self._stopped.wait(pause):
            seconds, pause = seconds + pause, 1.0
            with self._lock:
                if not self._stopped.is_set():
                    self._shown = True
                    self._terminal.write(f"{_CLEAR}{self._text}: {seconds:.0f} s ...")
                    self._terminal.flush()

    def stop(self) -> None:
        """Take the line away; what is written next stands where it was."""
        with self._lock:
            self._stopped.set()
            if self._shown:
                self._terminal.write(_CLEAR)
                self._terminal.flush()
                self._shown = False


class _First:
    """A stream that stops the line before the first byte of it is written."""

    def __init__(self, stream: TextIO, busy: Busy) -> None:
        self._stream, self._busy = stream, busy

    def __getattr__(self, name: str) -> Any:
        if name in ("write", "writelines", "buffer"):
            self._busy.stop()
        return getattr(self._stream, name)


@contextmanager
def busy(text: str, *, quiet: bool) -> Iterator[None]:
    """Show a line while the block works and says nothing; ``quiet`` where it has its own."""
    if quiet or not sys.stderr.isatty():
        yield
        return
    line = Busy(text, sys.stderr)
    try:
        out, err = (cast("TextIO", _First(one, line)) for one in (sys.stdout, sys.stderr))
        with redirect_stdout(out), redirect_stderr(err):
            yield
    finally:
        line.stop()
