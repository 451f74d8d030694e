"""The audit's oracle, second half: states -> every figure of a report, from elementary stretches.

Written from docs/accounting.md alone; it shares no code with the engine. Fractions, milliseconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.audit import cadence, states
from benchmarks.audit.cadence import Catalogue
from benchmarks.audit.plans import own_plans
from benchmarks.audit.states import Minute, Piece, Pieces, Point, held, state
from benchmarks.audit.time import Span, calendar_spans, duration, instant
from benchmarks.audit.world import Meaning, World

_LAST = 59_999
_REACH = 600_000
_STEP = 15_000
_DAY = 86_400_000


class Outage(NamedTuple):
    """From the first failed sample to the first good one; ``end`` is None while open."""

    start: int
    end: int | None


@dataclass
class Truth:
    """What is so of one service, whatever the period."""

    entry: dict[str, Any]
    pieces: Pieces
    outages: list[Outage]
    minutes: list[Minute] | None
    first: int | None


class Oracle:
    """Answers for one world; ``truths`` are known where it has no samples."""

    def __init__(self, world: World, truths: dict[str, Truth] | None = None) -> None:
        self.world = world
        self._entries = {entry["id"]: entry for entry in world.catalogue["services"]}
        self.truths = dict(truths or {})
        self.chosen = list(self._entries)
        self.memory: dict[Any, Any] = {}
        for name in self._entries:
            self._truth(name)

    def seen_as(self, truths: dict[str, Truth]) -> "Oracle":
        """Return one that knows the same of some services, by other terms."""
        other = copy(self)
        other.memory = {}
        other.truths, other.chosen = self.truths | truths, list(truths)
        entries = self._entries | {name: truth.entry for name, truth in truths.items()}
        other._entries = entries  # noqa: SLF001 - its own
        return other

    def _truth(self, name: str) -> Truth:
        if name not in self.truths:
            self.truths[name] = self._made(self._entries[name])
        return self.truths[name]

    def _made(self, entry: dict[str, Any]) -> Truth:
        zone, (start, end) = self.world.zone, self.world.span
        alive = (
            max(start, instant(entry["since"], zone)) if "since" in entry else start,
            min(end, instant(entry["until"], zone)) if "until" in entry else end,
        )
        counted = None
        if "components" in entry:
            parts = [self._truth(part).pieces for part in entry["components"]]
            need = entry.get("need", len(parts))
            pieces = states.judged(parts, lambda _, s: states.composite(need, s))
        elif "total" in entry.get("sli", {}):
            pieces, counted = self._events(entry)
        else:
            pieces = self._sampled(entry)
        pieces = states.within(pieces, alive)
        if counted is not None:
            counted = [m for m in counted if any(_meets(m, p) for p in pieces)]
            runs = failing_runs(entry, counted, max(end, self.world.clock))
            pieces = states.judged([pieces, states.merged(runs)], _known_and_not_bad)
        found = outages(pieces)
        if "until" in entry and alive[1] <= min(end, self.world.clock):
            # Nobody watches longer.
            found = [Outage(a, alive[1] if b is None else b) for a, b in found]
        return Truth(entry, pieces, found, counted, pieces[0].start if pieces else None)

    def _chosen(self, meaning: Meaning) -> dict[states.Key, list[Point]]:
        """Return the series that are meant, as far as they are there when the clock strikes."""
        found = states.matching(self.world.series, meaning.metric, **meaning.labels)
        return {key: [p for p in some if p[0] < self.world.clock] for key, some in found.items()}

    def _reach(self, gap: int) -> int:
        return min(self.world.clock, self.world.span[1] + gap)

    def _sampled(self, entry: dict[str, Any]) -> Pieces:
        (meaning,) = self.world.meanings[entry["id"]]
        found = self._chosen(meaning)
        said = Catalogue(self.world.catalogue, entry)
        if meaning.name == "raw":

            def lines(*, sure: bool) -> dict[states.Key, Pieces]:
                clock = self.world.clock
                return {k: states.of_series(p, said, clock, sure=sure) for k, p in found.items()}
        else:
            moments = self._grid(said)
            found = states.stepped((meaning.name, meaning.least), found, moments, self.world.closed)
            steps = {at: said.at(at).step or _STEP for at in moments}
            reach = self._reach(_DAY // 8)

            def lines(*, sure: bool) -> dict[states.Key, Pieces]:
                shown = {
                    key: [(t, value, cadence.Shown(steps[t], steps[t], 0)) for t, value in points]
                    for key, points in found.items()
                }
                return {k: states.of_samples(p, said, reach, sure=sure) for k, p in shown.items()}

        hoped = states.of_locations(entry, lines(sure=False), found)
        if len(found) == 1:
            return hoped
        return states.certain(hoped, states.of_locations(entry, lines(sure=True), found))

    def _grid(self, said: Catalogue) -> list[int]:
        """Return when an expression is evaluated: at the steps of each time."""
        start, end = self.world.span[0] - _DAY // 8, self._reach(_DAY // 8)
        found: list[int] = []
        at = start
        for turn in [*(until for until, _ in said.turns if start < until < end), end]:
            step = said.at(at).step or _STEP
            found += range(-(-at // step) * step, turn, step)
            at = turn
        return found

    def _events(self, entry: dict[str, Any]) -> tuple[Pieces, list[Minute]]:
        good, total = (self._chosen(m) for m in self.world.meanings[entry["id"]])
        said = Catalogue(self.world.catalogue, entry)
        at: dict[int, cadence.Shown] = {}
        for points in total.values():
            times = [time for time, _ in points]
            for time, shown in zip(times, cadence.shown(times, said.far), strict=True):
                at.setdefault(time, shown)
        known = states.of_samples(
            [(time, 1, at[time]) for time in sorted(at)], said, self.world.clock
        )
        today = said.at(self.world.clock + _DAY)
        gap = today.gap or (today.step or _STEP) * 5 // 2
        minutes = states.minutes(good.values(), total.values(), max(gap, _REACH))
        return known, minutes

    def agreed(self, name: str, span: Span) -> list[Span]:
        """Return the agreed service time in a span, as stretches in order."""
        entry = self._entries[name]
        zone = entry.get("timezone", self.world.zone)
        first = self.truths[name].first
        begin = span[0] if first is None else max(span[0], first)
        if "since" in entry:
            begin = max(span[0], instant(entry["since"], zone))
        end = min(span[1], instant(entry["until"], zone)) if "until" in entry else span[1]
        turns = [instant(c["until"], "UTC") for c in entry.get("history", ())]
        edges = sorted({begin, end, *(t for t in turns if begin < t < end)})
        found: list[Span] = []
        for a, b in pairwise(edges):
            if begin <= a and b <= end:
                found += self._owed(held(entry, "calendar", a), zone, (a, b))
        return found

    def _owed(self, calendar: str | None, zone: str, span: Span) -> list[Span]:
        if calendar is None:
            return [span]
        entry = self.world.catalogue["calendars"][calendar]
        spans = calendar_spans(entry, zone, span)
        return united((max(a, span[0]), min(b, span[1])) for a, b in spans)

    def planned(self, name: str, span: Span) -> list[Span]:
        """Return the planned time: the service's windows, and a composite's parts' all failing."""
        entry = self._entries[name]
        ours = united(own_plans(self.world, entry, span))
        if "components" not in entry:
            return ours
        parts = entry["components"]
        plans = [self.planned(part, span) for part in parts]
        lines = [self.truths[part].pieces for part in parts]
        edges = {*span, *(e for spans in plans for s in spans for e in s)}
        edges |= {e for line in lines for p in line for e in (p.start, p.end)}
        marks = sorted(e for e in edges if span[0] <= e <= span[1])
        masked = []
        for a, b in pairwise(marks):
            failing = [i for i, line in enumerate(lines) if state(line, a) is False]
            if failing and all(inside(plans[i], a) for i in failing):
                masked.append((a, b))
        return united([*ours, *masked])


def _meets(minute: Minute, piece: Piece) -> bool:
    return minute.start < piece.end and piece.start <= minute.start + _LAST


def _failed(entry: dict[str, Any], minute: Minute) -> bool:
    objective = held(entry, "objective", minute.start)
    allowed = Fraction(1) if objective is None else 1 - ratio(objective)
    share = min(Fraction(1, 2), Fraction(144, 10) * allowed)
    if "share" in (asked := entry["sli"].get("outage", {})):
        share = Fraction(str(asked["share"]))
    bad = Fraction(minute.total) - Fraction(minute.good)
    return bad > 0 and bad >= share * Fraction(minute.total)


def failing_runs(entry: dict[str, Any], minutes: Sequence[Minute], end: int) -> list[Piece]:
    """Walk over the minutes with events: failing ones that follow one another, if enough failed."""
    found: list[Piece] = []
    least = entry["sli"].get("outage", {}).get("min_events", 5)
    run: list[Minute] = []
    for at, minute in [*((m.start, m) for m in minutes), (end, None)]:
        if minute is not None and _failed(entry, minute):
            run.append(minute)
            continue
        if run and sum(Fraction(m.total) - Fraction(m.good) for m in run) >= least:
            found.append(Piece(run[0].start, at, False))
        run = []
    return found


def _known_and_not_bad(_: int, both: Sequence[bool | None]) -> bool | None:
    known, bad = both
    return None if known is None else bad is None


def ratio(percent: float) -> Fraction:
    """Return the ratio of a percentage as it is written."""
    return Fraction(str(percent)) / 100


def outages(pieces: Pieces) -> list[Outage]:
    """Walk over the known states: an outage goes from a failure to the next good moment."""
    found: list[Outage] = []
    start: int | None = None
    for piece in pieces:
        if not piece.up and start is None:
            start = piece.start
        elif piece.up and start is not None:
            found.append(Outage(start, piece.start))
            start = None
    return found if start is None else [*found, Outage(start, None)]


def united(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, those that overlap or touch as one."""
    found: list[Span] = []
    for start, end in sorted(s for s in spans if s[0] < s[1]):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def inside(spans: Sequence[Span], at: int) -> bool:
    """Say whether a moment is in one of the spans, which are in order and apart."""
    i = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return i >= 0 and at < spans[i][1]


def least_outage(entry: dict[str, Any]) -> int:
    """Return how long an outage must be to count (ms)."""
    return duration(entry.get("min_outage")) or 0
