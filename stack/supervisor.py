"""The Procfile's programs under honcho, in the foreground."""

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TextIO

from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from stack.layout import ROOT

KILL_AFTER_SECONDS = 3.5
TOLD_TO_STOP = {130, 143}  # how honcho says SIGINT and SIGTERM


class CalmPrinter(Printer):  # type: ignore[misc]  # honcho ships no types
    """Prints a message after the one that is being printed.

    honcho prints from its signal handler; a stream that is interrupted while it writes refuses
    that, and the exception would leave the programs behind.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: deque[Any] = deque()
        self._busy = False

    def write(self, message: Any) -> None:
        """Print, or leave it to who prints now."""
        self._waiting.append(message)
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                super().write(self._waiting.popleft())
        finally:
            self._busy = False


class Supervisor(Manager):  # type: ignore[misc]  # honcho ships no types
    """honcho's manager, which also ends programs that ignore SIGTERM all together.

    honcho's own patience begins only when a first program has ended, and it cannot be told to stop
    before all have begun.
    """

    def terminate(self) -> None:
        """Ask every program to end, and make it end soon."""
        if not self._all_started():
            self._later(0.05, self.terminate)
        elif not self._terminating:
            self._later(KILL_AFTER_SECONDS, self.kill)
            super().terminate()

    @staticmethod
    def _later(seconds: float, action: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, action)
        timer.daemon = True
        timer.start()


def supervise(procfile: str, environment: dict[str, str], meanwhile: Callable[[], None]) -> int:
    """Run a Procfile's programs until told to stop or one of them ends; return the exit code.

    ``meanwhile`` runs in a thread of its own. 0: told to stop by SIGINT, SIGTERM or SIGHUP;
    1: a program ended by itself, so the others were ended too.
    """
    manager = Supervisor(CalmPrinter(sys.stdout))
    for name, command in parse_procfile(procfile).processes.items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    # A closed terminal ends the stack as Ctrl-C does; honcho alone would leave the programs behind.
    signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    threading.Thread(target=meanwhile, daemon=True).start()
    manager.loop()
    return 0 if manager.returncode in TOLD_TO_STOP else 1
