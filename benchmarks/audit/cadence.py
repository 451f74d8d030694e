"""The audit's oracle: how often samples come at each time, read from docs/accounting.md alone."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from benchmarks.audit.time import duration, instant

Point = tuple[int, float]

_SAMPLES = 8
_HOUR = 3_600_000


class Said(NamedTuple):
    """What the catalogue says of a time: step, longest gap, and whether samples may object."""

    step: int | None
    gap: int | None
    told: bool


class Shown(NamedTuple):
    """What the samples around one show: the cadence before, after, or of the few about it.

    The one ``before`` is else the first that the distance to the next sample is part of.
    """

    before: int | None
    after: int | None
    near: int


class Catalogue:
    """What a catalogue says of one service, whenever."""

    def __init__(self, catalogue: dict[str, Any], service: dict[str, Any]) -> None:
        both = catalogue["prometheus"]
        self._now = {
            key: duration(service.get(key) or both.get(key))
            for key in ("scrape_interval", "max_gap")
        }
        changes = service.get("history", ())
        self.turns = sorted((instant(c["until"], "UTC"), c) for c in changes)  # never at one time
        steps = [duration(c.get("scrape_interval")) or 0 for c in (*changes, {})]
        self.far = max(_HOUR, 12 * max(*steps, self._now["scrape_interval"] or 0, 0))

    def at(self, moment: int) -> Said:
        """Return what it says of a moment."""
        told = {}
        for key in self._now:
            held = (c[key] for until, c in self.turns if moment < until and key in c)
            told[key] = duration(next(held, None))
        step, gap = told["scrape_interval"], told["max_gap"]
        return Said(step or self._now["scrape_interval"], gap or self._now["max_gap"], bool(step))


def shown(times: Sequence[int], far: int) -> list[Shown]:
    """Return what every sample's neighbours show."""
    runs = [_of_run(times[i : i + _SAMPLES], far) for i in range(len(times) - _SAMPLES + 1)]
    before: list[int | None] = []
    last: int | None = None
    for i, at in enumerate(times):
        first = i - _SAMPLES + 1
        if first >= 0 and runs[first]:
            last = first
        ended = runs[last] if last is not None and at - times[last] <= far else None
        part_of = (runs[j] for j in range(max(0, first + 1), min(i + 1, len(runs))))
        has_next = i + 1 < len(times)
        before.append(ended or (next(filter(None, part_of), None) if has_next else None))
    after: list[int | None] = []
    following: int | None = None
    for i in range(len(times) - 1, -1, -1):
        if i < len(runs) and runs[i]:
            following = i
        reached = following is not None and times[following + _SAMPLES - 1] - times[i] <= far
        after.append(runs[following] if reached and following is not None else None)
    after.reverse()
    return [
        Shown(b, a, _near(times, i, far))
        for i, (b, a) in enumerate(zip(before, after, strict=True))
    ]


def _of_run(some: Sequence[int], far: int) -> int | None:
    apart = [b - a for a, b in pairwise(some)]
    middle = median(apart)
    alike = all(4 * abs(distance - middle) <= middle for distance in apart)
    return _whole(middle) if alike and some[-1] - some[0] <= far else None


def _near(times: Sequence[int], i: int, far: int) -> int:
    some = [t for t in times[max(0, i - 7) : i + 8] if abs(t - times[i]) <= far]
    apart = [b - a for a, b in pairwise(some)]
    return _whole(median(apart)) if apart else 0


def _whole(middle: float) -> int:
    return max(1_000, round(middle / 1_000) * 1_000)


def until(
    at: int,
    following: int | None,
    now: int,
    both: tuple[Shown, Shown | None],
    said: Catalogue,
    *,
    sure: bool,
) -> int:
    """Return until when a sample holds: to the following one, or one step where that is a hole.

    The last one holds on until ``now``, in the hope of the next, but where it must be ``sure``.
    """
    here, there = both
    mine = said.at(at)
    steps = [(step, mine) for step in [_held(mine, here.before)] if step]
    if following is not None and there is not None:
        theirs = said.at(following)
        steps += [(step, theirs) for step in [_held(theirs, there.after)] if step]
    steps = steps or [(mine.step or here.near or 15_000, mine)]
    end = now if following is None else following
    longest = max(_gap(step, told.gap) for step, told in steps)
    hoped = following is not None or not sure
    return end if hoped and end - at <= longest else min(at + steps[0][0], end)


def _held(said: Said, found: int | None) -> int | None:
    if said.told:
        return said.step
    if found and said.step and 4 * abs(found - said.step) <= said.step:
        return said.step
    return found


def _gap(step: int, gap: int | None) -> int:
    return gap if gap and 2 * gap >= 3 * step else step * 5 // 2
