"""The audit's oracle, first half: samples -> when a service was up, down, or nobody knows.

Written from docs/accounting.md alone; it shares no code with the engine.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from benchmarks.audit import cadence
from benchmarks.audit.cadence import Catalogue
from benchmarks.audit.time import Span, instant

Point = tuple[int, float]
Key = tuple[str, tuple[tuple[str, str], ...]]
"""A series: its metric and its labels."""

_LOOKBACK = 300_000
_MINUTE = 60_000


class Piece(NamedTuple):
    """``[start, end)`` in a known state; what no piece covers is unknown."""

    start: int
    end: int
    up: bool


Pieces = list[Piece]


def of_series(points: Sequence[Point], said: Catalogue, now: int, *, sure: bool = False) -> Pieces:
    """Let every sample hold until the next, or for one step where that is too far."""
    shown = cadence.shown([at for at, _ in points], said.far)
    samples = [(*point, one) for point, one in zip(points, shown, strict=True)]
    return of_samples(samples, said, now, sure=sure)


def of_samples(
    samples: Sequence[tuple[int, float, cadence.Shown]],
    said: Catalogue,
    now: int,
    *,
    sure: bool = False,
) -> Pieces:
    """Do the same for samples with what those around them show."""
    found: Pieces = []
    for i, (at, value, here) in enumerate(samples):
        following, _, there = samples[i + 1] if i + 1 < len(samples) else (None, 0, None)
        end = cadence.until(at, following, now, (here, there), said, sure=sure)
        if at < end:
            found.append(Piece(at, end, value != 0))
    return merged(found)


def merged(pieces: Iterable[Piece]) -> Pieces:
    """Join neighbours that touch and are alike."""
    found: Pieces = []
    for piece in pieces:
        if found and found[-1].end == piece.start and found[-1].up == piece.up:
            found[-1] = Piece(found[-1].start, piece.end, piece.up)
        else:
            found.append(piece)
    return found


def state(pieces: Pieces, at: int) -> bool | None:
    """Return the state at a moment; None is unknown."""
    i = bisect_right(pieces, at, key=lambda piece: piece.start) - 1
    return pieces[i].up if i >= 0 and at < pieces[i].end else None


def within(pieces: Pieces, span: Span) -> Pieces:
    """Return what lies inside a span."""
    cut = (Piece(max(p.start, span[0]), min(p.end, span[1]), p.up) for p in pieces)
    return [piece for piece in cut if piece.start < piece.end]


Judge = Callable[[int, Sequence[bool | None]], bool | None]
"""A moment and the states of the parts -> the state of the whole."""


def judged(parts: Sequence[Pieces], judge: Judge, edges: Iterable[int] = ()) -> Pieces:
    """Ask a judge about every stretch in which no part changes."""
    marks = sorted({*edges, *(e for part in parts for p in part for e in (p.start, p.end))})
    found = []
    for start, end in pairwise(marks):
        verdict = judge(start, [state(part, start) for part in parts])
        if verdict is not None:
            found.append(Piece(start, end, verdict))
    return merged(found)


def quorum(need: str | int, states: Sequence[bool | None]) -> bool | None:
    """Judge what is known (rule 2)."""
    up, down = states.count(True), states.count(False)
    if isinstance(need, int):
        return True if up >= need else False if up + down >= need else None
    if need == "any":
        return True if up else False if down else None
    if need == "all":
        return False if down else True if up else None
    return True if up > down else False if down > up else None


def composite(need: int, states: Sequence[bool | None]) -> bool | None:
    """Judge components: down only when so many cannot be up, whatever the silent ones are."""
    if states.count(True) >= need:
        return True
    return False if len(states) - states.count(False) < need else None


def held(service: dict[str, Any], field: str, at: int) -> Any:
    """Return what a field of the service was at a moment: its history holds until then."""
    changes = sorted(service.get("history", ()), key=lambda c: instant(c["until"], "UTC"))
    for change in changes:
        if field in change and at < instant(change["until"], "UTC"):
            return change[field]
    return service.get(field)


def of_locations(
    service: dict[str, Any], series: dict[Key, Pieces], points: dict[Key, list[Point]]
) -> Pieces:
    """Combine series: those of a location by majority, locations by the quorum of the time.

    A state that no sample begins is known where one that told before still tells in it, where the
    quorum is another one and nobody fell silent yet, else from its first sample on.
    """
    places: dict[object, list[Pieces]] = defaultdict(list)
    for (_, labels), pieces in series.items():
        places[dict(labels).get("location") or labels].append(pieces)
    parts = [judged(group, lambda _, s: quorum("majority", s)) for group in places.values()]
    turns = [instant(change["until"], "UTC") for change in service.get("history", ())]

    def judge(at: int, states: Sequence[bool | None]) -> bool | None:
        chosen = held(service, "quorum", at) or {}
        return quorum(chosen.get("locations", "majority"), states)

    whole = judged(parts, judge, turns)
    if len(series) == 1:
        return whole
    found: Pieces = []
    moments = sorted(at for some in points.values() for at, _ in some)
    for piece in whole:
        i = bisect_left(moments, piece.start)
        first = moments[i] if i < len(moments) else piece.end
        before = moments[i - 1] if i else piece.start
        turned = piece.start in turns and all(
            state(part, before) == state(part, piece.start) for part in parts
        )
        if first == piece.start or turned or _still_told(piece, series, points):
            found.append(piece)
        elif first < piece.end:
            found.append(piece._replace(start=first))
    return found


def _still_told(piece: Piece, series: dict[Key, Pieces], points: dict[Key, list[Point]]) -> bool:
    """Say whether a series that held a sample at the start of a piece has its next one in it."""
    for key, some in points.items():
        i = bisect_left(some, (piece.start,))
        following = some[i][0] if 0 < i < len(some) else piece.end
        if following < piece.end and state(series[key], following - 1) is not None:
            return True
    return False


def certain(hoped: Pieces, sure: Pieces) -> Pieces:
    """Return what is known if the last samples hold on, but for changes that hang on that."""
    edges = sorted({edge for some in (hoped, sure) for piece in some for edge in piece[:2]})
    found: Pieces = []
    before: bool | None = None
    for start, end in pairwise(edges):
        now = state(hoped, start)
        before = now if now in (before, state(sure, start)) else None
        if before is not None:
            found.append(Piece(start, end, before))
    return merged(found)


def matching(series: dict[Key, list[Point]], metric: str, **labels: str) -> dict[Key, list[Point]]:
    """Return the series of a metric that carry all of some labels."""
    return {k: v for k, v in series.items() if k[0] == metric and labels.items() <= set(k[1])}


def stepped(
    meaning: tuple[str, float], series: dict[Key, list[Point]], moments: Iterable[int], closed: bool
) -> dict[Key, list[Point]]:
    """Evaluate an expression as Prometheus does: from the last sample of five minutes."""
    found: dict[Key, list[Point]] = defaultdict(list)
    for at in moments:
        seen = {}
        for key, points in series.items():
            i = bisect_right(points, at, key=lambda point: point[0]) - 1
            if i >= 0 and at - points[i][0] < _LOOKBACK + closed:
                seen[key] = points[i][1]
        for key, value in _evaluated(meaning, seen):
            found[key].append((at, value))
    return found


def _evaluated(meaning: tuple[str, float], seen: dict[Key, float]) -> Iterable[tuple[Key, float]]:
    name, least = meaning
    values, whole = list(seen.values()), ("", ())
    match name:
        case "each":
            return list(seen.items())
        case "good":
            return [(key, value) for key, value in seen.items() if value == 1]
        case "min" | "max" if values:
            return [(whole, min(values) if name == "min" else max(values))]
        case "avg" if values:
            return [(whole, float(sum(values) / len(values) >= least))]
        case "count" if values.count(1):
            return [(whole, float(values.count(1) >= least))]
    return []


class Minute(NamedTuple):
    """The events of a minute."""

    start: int
    good: float
    total: float


def minutes(
    good: Iterable[Sequence[Point]], total: Iterable[Sequence[Point]], reach: int
) -> list[Minute]:
    """Add up increases sample by sample; each belongs to the minute of the sample that shows it.

    What a counter gained between samples farther apart than ``reach`` (ms) does not count.
    """
    sums: dict[int, list[float]] = defaultdict(lambda: [0, 0])
    for which, many in enumerate((good, total)):
        for points in many:
            for (then, before), (at, after) in pairwise(points):
                if at - then > reach:
                    continue
                increase = after - before if after >= before else after
                sums[at // _MINUTE * _MINUTE][which] += increase
    found = (Minute(at, min(some, every), every) for at, (some, every) in sorted(sums.items()))
    return [minute for minute in found if minute.total]
