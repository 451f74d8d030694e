"""Few questions for what many services want: one more question costs as much as many samples."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from sla_engine.domain.interval import Interval
from sla_engine.prometheus.extract import Ask, Source, asks

_WORTH = 1_000
"""How many samples cost as much CPU, of server and client, as one question."""
_MOST = 200_000
"""How many samples a packed question may ask for."""

Wanted = Mapping[Interval, Iterable[Source]]
"""Periods (ms UTC), each with the services whose samples are wanted there."""


class _Pack(NamedTuple):
    period: Interval
    sources: frozenset[Source]

    @property
    def samples(self) -> int:
        """Return about how many samples it asks for."""
        return sum(self.period.length // source.step for source in self.sources)

    def with_(self, other: "_Pack") -> "_Pack":
        start = min(self.period.start, other.period.start)
        end = max(self.period.end, other.period.end)
        return _Pack(Interval(start, end), self.sources | other.sources)


def packed(wanted: Wanted) -> Iterator[Ask]:
    """Yield questions that hold all that is wanted, and as much more as makes them cheaper."""
    ours: list[_Pack] = []
    others: dict[Source, list[_Pack]] = {}
    for period, sources in sorted(wanted.items()):
        if shared := frozenset(s for s in sources if s.expression is None):
            ours.append(_Pack(period, shared))
        for source in sources:
            if source.expression is not None:
                others.setdefault(source, []).append(_Pack(period, frozenset((source,))))
    for packs in (ours, *others.values()):
        for pack in _joined(packs):
            yield from asks(sorted(pack.sources), pack.period)


def _joined(packs: Iterable[_Pack]) -> Iterator[_Pack]:
    """Yield packs in order of time, those together that cost less together."""
    current: _Pack | None = None
    for pack in packs:
        if current is None:
            current = pack
            continue
        both = current.with_(pack)
        more = both.samples - current.samples - pack.samples
        if more <= _WORTH and both.samples <= _MOST:
            current = both
        else:
            yield current
            current = pack
    if current is not None:
        yield current
