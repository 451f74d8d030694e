"""The windows of a contract: which closed, which runs, and how the running one is doing (rule 13).

A calendar window is a local day, week, two weeks from a Monday, month, quarter or year; it closes
once, with a verdict. A rolling one ends whenever it is looked at, and never closes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, NamedTuple, cast

from sla_engine.domain.availability import Figures
from sla_engine.domain.interval import Interval, Intervals, clip, total
from sla_engine.domain.period import PeriodKind, containing, local_midnight

DAY = 86_400_000
ROLLING = {f"{days}d": days * DAY for days in (7, 14, 28, 30, 90)}
"""Lengths (ms) of the windows that never close."""
_FORTNIGHT = 14
_SOME_MONDAY = date(2024, 1, 1)

WindowState = Literal["on_course", "at_risk", "lost"]


class ContractWindow(NamedTuple):
    """What a contract is judged by: ``month``, ``2w``, ``30d``, ... in a zone.

    ``monday`` is one from which two weeks are counted.
    """

    name: str
    zone: tzinfo
    monday: date | None = None

    @property
    def length(self) -> int | None:
        """Return how long a rolling window is (ms); None of one of the calendar."""
        return ROLLING.get(self.name)

    def around(self, at: int) -> Interval:
        """Return the window that holds an instant (ms UTC); a rolling one ends there."""
        if self.length is not None:
            return Interval(at - self.length, at)
        if self.name == "2w":
            day = datetime.fromtimestamp(at / 1000, self.zone).date()
            monday = self.monday or _SOME_MONDAY
            first = day - timedelta(days=(day - monday).days % _FORTNIGHT)
            after = first + timedelta(days=_FORTNIGHT)
            return Interval(local_midnight(first, self.zone), local_midnight(after, self.zone))
        period = containing(cast("PeriodKind", self.name), at, self.zone)
        return Interval(period.start, period.end)


class Held(NamedTuple):
    """The kind of window that held up to a moment (ms UTC)."""

    until: int
    window: ContractWindow


def held_at(held: Sequence[Held], moment: int) -> ContractWindow:
    """Return the kind of window that held at a moment (ms UTC); the last piece has no end."""
    return next((one.window for one in held if moment < one.until), held[-1].window)


def windows_of(held: Sequence[Held], period: Interval) -> Iterator[Interval]:
    """Yield the calendar windows that touch a period, in order; they neither overlap nor leave out.

    A window keeps to its end the kind that held at its start; the one that follows a change begins
    where the one before ends.
    """
    cursor = _first(held, period.start)
    while cursor < period.end:
        window = held_at(held, cursor)
        if window.length is not None:
            later = (one.until for one in held if cursor < one.until)
            cursor = next(later, period.end)
            continue
        span = Interval(cursor, window.around(cursor).end)
        if span.end > period.start:
            yield span
        cursor = span.end


def _first(held: Sequence[Held], start: int) -> int:
    """Return where to begin to look for the windows that touch a moment."""
    window = held_at(held, start)
    if window.length is not None:
        return start
    begin = window.around(start).start
    before = held_at(held, begin)
    return begin if before == window or before.length is not None else before.around(begin).start


def closed_in(held: Sequence[Held], period: Interval, at: int) -> list[Interval]:
    """Return the windows that closed in a period, as known ``at`` (ms UTC).

    A window closes in the period that holds its last millisecond, so that of periods that follow
    one another each window closes in one.
    """
    last = min(period.end, at)
    return [span for span in windows_of(held, period) if period.start < span.end <= last]


def running_at(held: Sequence[Held], moment: int) -> Interval | None:
    """Return the window that runs at a moment (ms UTC): None where one begins or ends there."""
    window = held_at(held, moment - 1)
    if window.length is not None:
        return window.around(moment)
    spans = windows_of(held, Interval(moment - 1, moment))
    return next((span for span in spans if span.start < moment < span.end), None)


def spent(figures: Figures) -> float | None:
    """Return what was used of the error budget: milliseconds, events or slices; None unknown."""
    whole = figures.allowed if figures.budget is None else figures.budget
    if whole is None or figures.budget_remaining is None:
        return None
    return (1 - figures.budget_remaining) * whole


def last_day(agreed: Intervals, moment: int) -> Interval | None:
    """Return the 24 hours that end with the last agreed time before a moment; None without any."""
    past = clip(agreed, Interval(agreed[0].start, moment)) if agreed else ()
    return Interval(past[-1].end - DAY, past[-1].end) if past else None


def forecast(left: float, burnt: float, over: int, ahead: Intervals) -> int | None:
    """Return when a budget is used up if a burn goes on (ms UTC); None where it lasts.

    Args:
        left: what is left of the budget.
        burnt: what was used, in the same unit, in ``over`` milliseconds of agreed time.
        over: see ``burnt``.
        ahead: the agreed time to come, up to the window's end.
    """
    if burnt <= 0 or over <= 0 or left < 0 or burnt * total(ahead) <= left * over:
        return None
    rest = left * over / burnt
    for start, end in ahead:
        if rest < end - start:
            return start + int(rest)
        rest -= end - start
    return ahead[-1].end


def state_of(figures: Figures, exhausted: int | None) -> WindowState | None:
    """Return how a window is doing that is not over; None where that cannot be judged.

    Args:
        figures: of the window up to now; their budget is that of the whole window.
        exhausted: `forecast`.
    """
    left = figures.budget_remaining
    if left is None:
        return None
    if left >= 0:
        return "on_course" if exhausted is None else "at_risk"
    return "lost" if is_gone(figures) else "at_risk"


def is_gone(figures: Figures) -> bool:
    """Say whether a window's budget is used up, however many events are still to come."""
    left = figures.budget_remaining
    if left is None or left > 0:
        return False
    used = spent(figures)
    return figures.at_most is None or (used is not None and used > figures.at_most)


@dataclass(frozen=True, slots=True)
class ClosedWindow:
    """A window that is over: its verdict, and the percent of its fee to credit.

    ``entered`` is when the service began to be owed, where that was inside (ms UTC): its budget is
    that of the rest.
    """

    span: Interval
    figures: Figures
    credit: float | None = None
    entered: int | None = None


@dataclass(frozen=True, slots=True)
class RunningWindow:
    """A window that is not over; ``figures`` are up to now, their budget is that of all of it.

    ``exhausted`` is when its budget is used up if the burn of the last day goes on (ms UTC).
    """

    span: Interval
    figures: Figures
    state: WindowState | None
    exhausted: int | None = None
    entered: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What a contract says of a period: the windows that closed in it, and the one that runs.

    ``previous`` are the verdicts of the windows that closed in the period before; ``zone`` is the
    one in which the windows begin.
    """

    window: str
    closed: tuple[ClosedWindow, ...] = ()
    running: RunningWindow | None = None
    previous: tuple[bool | None, ...] = ()
    zone: tzinfo | None = None

    @property
    def met(self) -> bool | None:
        """Say whether every window that closed was met; None where none could be judged."""
        return all_met(one.figures.met for one in self.closed)

    @property
    def previous_met(self) -> bool | None:
        """Say `met` of the period before."""
        return all_met(self.previous)

    @property
    def state(self) -> WindowState | None:
        """Return how the running window is doing, where no window closed with a verdict."""
        return None if self.met is not None or self.running is None else self.running.state

    @property
    def credit(self) -> float | None:
        """Return the credits of all windows that closed, added up: percents of a window's fee."""
        due = [one.credit for one in self.closed if one.credit is not None]
        return sum(due) if due else None

    @property
    def judged(self) -> ClosedWindow | RunningWindow | None:
        """Return the window that is told of: the running one, else of those closed the worst.

        Verdict or state and what is left of the budget are of the same.
        """
        if self.running is not None and self.met is None:
            return self.running
        known = [one for one in self.closed if one.figures.budget_remaining is not None]
        return min(known, key=lambda one: one.figures.budget_remaining or 0.0, default=None)

    @property
    def budget_remaining(self) -> float | None:
        """Return what is left of the budget of the window that is `judged`."""
        judged = self.judged
        return None if judged is None else judged.figures.budget_remaining


def all_met(verdicts: Iterator[bool | None] | Sequence[bool | None]) -> bool | None:
    """Say whether all verdicts are good; None where there are none."""
    judged = [met for met in verdicts if met is not None]
    return all(judged) if judged else None
