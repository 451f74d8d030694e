"""The ledger as it is at one moment, to read from many times."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.ledger.corrections import Corrections, CorrectionsAt
from sla_engine.ledger.maintenance import Known, Requests
from sla_engine.ledger.store import Ledger

Found = TypeVar("Found")


@contextmanager
def snapshot(ledger: Ledger, decided: "Decided | None" = None) -> Iterator[Ledger]:
    """Yield a ledger of one transaction, which is read from and not written to.

    What takes no arguments is read once: a tick asks for it many times, and a statement costs more
    than most answers. What people ``decided`` is read again only where that is more than last time.
    """
    with ledger.engine.begin() as connection:
        yield _Snapshot(connection, Decided() if decided is None else decided)


class Decided:
    """The corrections and windows of one ledger, which nobody takes back, from look to look."""

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None
        self._known = _Once()

    def until(self, last: tuple[int, int]) -> "_Once":
        """Return what is known up to the ``last`` decisions, as `Ledger.decisions` has them."""
        if last != self._last:
            self._last, self._known = last, _Once()
        return self._known


class _Held:
    """An engine whose transactions all are the one that is open."""

    def __init__(self, connection: sa.Connection, *, writes: bool = False) -> None:
        self._connection, self._writes = connection, writes

    def begin(self) -> AbstractContextManager[sa.Connection]:
        if self._writes:
            raise TypeError("a snapshot of the ledger is not written to")
        return nullcontext(self._connection)

    def execution_options(self, *, write: bool) -> "_Held":
        return _Held(self._connection, writes=write)


class _Once:
    """Keeps what was read."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def get(self, name: str, read: Callable[[], Found]) -> Found:
        if name not in self._known:
            self._known[name] = read()
        return cast(Found, self._known[name])


class _Snapshot(Ledger):
    def __init__(self, connection: sa.Connection, decided: Decided) -> None:
        engine = cast(sa.Engine, _Held(connection))
        super().__init__(engine)
        self._once = _Once()

        def known() -> _Once:
            return decided.until(self.decisions())

        self.corrections = _Corrections(engine, known)
        self.windows = _Requests(engine, known)

    def first_samples(self) -> dict[str, int]:
        return self._once.get("first", super().first_samples)

    def open_outages(self) -> dict[str, OutageSpan]:
        return self._once.get("open", super().open_outages)

    def covered_until(self) -> dict[str, int]:
        return self._once.get("covered", super().covered_until)

    def derived_until(self) -> int | None:
        return max(self.covered_until().values(), default=None)

    def decisions(self) -> tuple[int, int]:
        return self._once.get("decisions", super().decisions)


class _Corrections(Corrections):
    def __init__(self, engine: sa.Engine, known: Callable[[], _Once]) -> None:
        super().__init__(engine)
        self._known = known

    def of_all(self) -> Mapping[str, CorrectionsAt]:
        return self._known().get("corrections", super().of_all)


class _Requests(Requests):
    def __init__(self, engine: sa.Engine, known: Callable[[], _Once]) -> None:
        super().__init__(engine)
        self._decided = known

    def all(self) -> Known:
        return self._decided().get("windows", super().all)

    def touching(self, period: Interval) -> Known:
        return tuple(
            known
            for known in self.all()
            if known[0].rrule is not None
            or (known[0].start < period.end and known[0].end > period.start)
        )
