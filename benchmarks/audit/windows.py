"""The audit's own reading of contracts' windows: local days, weeks, months, and those that roll."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from benchmarks.audit.time import Span, moment, wall

DAY = 86_400_000
_ROLLING = {"7d": 7, "14d": 14, "28d": 28, "30d": 30, "90d": 90}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_WEEKS = {"day": 1, "week": 7, "2w": 14}


class Kind(NamedTuple):
    """What a contract is judged by: ``monday`` is one from which two weeks count."""

    name: str
    zone: str
    monday: str | None = None

    @property
    def length(self) -> int | None:
        """Return how long a rolling window is (ms); None of one of the calendar."""
        return _ROLLING[self.name] * DAY if self.name in _ROLLING else None

    def around(self, at: int) -> Span:
        """Return the window of the calendar that holds a moment."""
        day = wall(at, self.zone).date()
        if self.name in _MONTHS:
            many = _MONTHS[self.name]
            number = (day.year * 12 + day.month - 1) // many * many
            first, after = (date(n // 12, n % 12 + 1, 1) for n in (number, number + many))
        else:
            many = _WEEKS[self.name]
            known = date.fromisoformat(self.monday or "2024-01-01")
            first = day - timedelta(days=(day - known).days % many)
            after = first + timedelta(days=many)
        return self._midnight(first), self._midnight(after)

    def _midnight(self, day: date) -> int:
        return moment(datetime.combine(day, datetime.min.time()), self.zone)


def kind_of(entry: dict[str, Any], zone: str) -> Kind:
    """Return the window of a service or an agreement, as the catalogue has it."""
    name = entry.get("window", "month")
    return Kind(name, entry.get("timezone", zone), entry.get("window_from"))


def of_time(kinds: Sequence[tuple[int, Kind]], until: int, since: int) -> Iterator[Span]:
    """Yield the calendar's windows up to a moment, one after another.

    Each keeps the kind of its start to its end; ``kinds`` say from when each holds, the first one
    for ever before, and ``since`` is about where to begin.
    """
    at = min([since, *(begin for begin, _ in kinds[1:])])
    first = kinds[0][1]
    at = at if first.length else first.around(at)[0]
    while at < until:
        kind = [one for begin, one in kinds if begin <= at or one is first][-1]
        if kind.length:
            at = min([begin for begin, _ in kinds if begin > at], default=until)
            continue
        end = kind.around(at)[1]
        yield at, end
        at = end


def closed_in(kinds: Sequence[tuple[int, Kind]], period: Span, now: int) -> list[Span]:
    """Return the windows whose last millisecond a period holds, as far as they are over."""
    last = min(period[1], now)
    spans = of_time(kinds, period[1], period[0])
    return [span for span in spans if period[0] < span[1] <= last]


def running_at(kinds: Sequence[tuple[int, Kind]], at: int) -> tuple[Span, bool] | None:
    """Return the window that runs at a moment, and whether it rolls; None at an edge of one."""
    kind = [one for begin, one in kinds if begin < at or one is kinds[0][1]][-1]
    if kind.length:
        return (at - kind.length, at), True
    spans = of_time(kinds, at, at - 1)
    return next(((span, False) for span in spans if span[0] < at < span[1]), None)
