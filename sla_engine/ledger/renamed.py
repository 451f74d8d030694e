"""A ledger read by services' new ids, before the rows of their former ids were made theirs."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar, overload

import sqlalchemy as sa

from sla_engine.domain.events import Minute
from sla_engine.domain.history import History
from sla_engine.domain.interval import Interval
from sla_engine.domain.outage import OutageSpan
from sla_engine.ledger.rows import NOTHING, Without
from sla_engine.ledger.store import Ledger

_T = TypeVar("_T")


def by_new_names(ledger: Ledger, renamed: Iterable[tuple[str, str]]) -> Ledger:
    """Return a ledger to read from in which services have the rows of their former ids.

    Those that have some of their own have them alone until the others are joined with them.

    Args:
        ledger: what is read.
        renamed: ids of services, each with a former one.
    """
    renamed = list(renamed)
    known = Ledger.covered_until(ledger) if renamed else {}
    names: dict[str, str] = {}
    for service, former in renamed:
        if former in known and service not in known and service not in names.values():
            names[former] = service
    return _Renamed(ledger.engine, names) if names else ledger


class _Renamed(Ledger):
    """Reads as `Ledger` does; ``names`` are the ids of today by former id."""

    def __init__(
        self, engine: sa.Engine, names: Mapping[str, str], without: Without = NOTHING
    ) -> None:
        super().__init__(engine, without)
        self._names = names

    def without(self, rows: Without) -> Ledger:
        return _Renamed(self.engine, self._names, rows)

    def histories(
        self, period: Interval, services: Iterable[str] | None = None
    ) -> Mapping[str, History]:
        return self._by_name(super().histories(period, self._rows_of(services)))

    def last_gaps(self, period: Interval) -> dict[str, Interval]:
        return self._by_name(super().last_gaps(period))

    def outages(self) -> Iterator[tuple[str, OutageSpan]]:
        for service, span in super().outages():
            yield self._names.get(service, service), span

    def newest_outages(
        self, since: int, services: Collection[str], most: int
    ) -> list[tuple[str, OutageSpan]]:
        found = super().newest_outages(since, self._rows_of(services), most)
        return [(self._names.get(service, service), span) for service, span in found]

    def open_outages(self) -> dict[str, OutageSpan]:
        return self._by_name(super().open_outages())

    def events(
        self, period: Interval, services: Collection[str] | None = None
    ) -> Mapping[str, Sequence[Minute]]:
        return self._by_name(super().events(period, self._rows_of(services)))

    def first_samples(self) -> dict[str, int]:
        return self._by_name(super().first_samples())

    def covered_until(self) -> dict[str, int]:
        return self._by_name(super().covered_until())

    def _by_name(self, found: Mapping[str, _T]) -> dict[str, _T]:
        return {self._names.get(service, service): one for service, one in found.items()}

    @overload
    def _rows_of(self, services: None) -> None: ...
    @overload
    def _rows_of(self, services: Iterable[str]) -> list[str]: ...
    @overload
    def _rows_of(self, services: Iterable[str] | None) -> list[str] | None: ...
    def _rows_of(self, services: Iterable[str] | None) -> list[str] | None:
        """Return under which ids the rows of some services stand."""
        if services is None:
            return None
        former = {service: name for name, service in self._names.items()}
        return [former.get(service, service) for service in services]
