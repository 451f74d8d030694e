"""Whose fault a failure is: one service's own, or everybody's."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, NamedTuple, TypeVar, get_args

FaultReason = Literal[
    "rejected", "limit", "answer", "unreachable", "derivation", "accounting", "tampered"
]
"""Why a service cannot be measured: its query is rejected, over a limit of the server, answered
with what is no answer, or not answered while others are; our own work on it failed; or somebody
changed what the ledger holds of it."""
FAULT_REASONS: tuple[FaultReason, ...] = get_args(FaultReason)
SPLITS = 256
"""How often a pass does work again in halves, at the most."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Fault(NamedTuple):
    """Why one service failed; ``text`` is one line."""

    reason: FaultReason
    text: str


Judge = Callable[[Exception], FaultReason]
"""Returns the reason of a failure that may be one service's own; raises what is everybody's."""


class Isolation:
    """Runs work for many services so that only the culprits of a failure go without.

    ``faults`` are those found so far, by service id. Several threads need a ``lock``.
    """

    def __init__(
        self,
        judge: Judge,
        splits: int = SPLITS,
        lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self.faults: dict[str, Fault] = {}
        self._judge = judge
        self._splits = splits
        self._everybodys: Exception | None = None
        self._lock = lock or nullcontext()

    def divided(
        self,
        items: Sequence[Item],
        service: Callable[[Item], str],
        run: Callable[[Sequence[Item]], Result],
    ) -> Iterator[Result]:
        """Yield what ``run`` makes of the items: at once, or in parts without the culprits.

        Services that failed before are left out.

        Raises:
            Exception: a failure is everybody's, or there are more culprits than the splits find.
        """
        items = [item for item in items if service(item) not in self.faults]
        if not items:
            return
        try:
            found = run(items)
        except Exception as error:  # noqa: BLE001 - judged below: it is told or raised
            self._failed(error, [service(item) for item in items])
        else:
            yield found
            return
        middle = len(items) // 2
        if middle:
            yield from self.divided(items[:middle], service, run)
            yield from self.divided(items[middle:], service, run)

    def _failed(self, error: Exception, services: Sequence[str]) -> None:
        """Take note of a failure; it is told of one service, or looked for in the parts."""
        with self._lock:
            if self._everybodys is not None:
                raise self._everybodys
            try:
                reason = self._judge(error)
            except Exception as everybodys:
                self._everybodys = everybodys
                raise
            if len(services) == 1:
                self.faults[services[0]] = Fault(reason, one_line(error))
            elif self._splits:
                self._splits -= 1
            else:
                self._everybodys = error
                raise error


def exhaust(parts: Iterable[object]) -> None:
    """Do work in parts whose results nobody wants."""
    deque(parts, maxlen=0)


def one_line(error: Exception) -> str:
    """Return what an error says in one line."""
    text = " ".join(str(error).split())
    return text or type(error).__name__
