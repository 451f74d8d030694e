"""How often samples come, at each time of its own (rule 10 of the accounting policy).

The cadence of a time follows from the samples around it, so that it is the same whoever asks, and
for whatever period. A run of distances that are alike is a cadence; what is lost makes none.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sla_engine.domain.interval import Interval

Numbers = NDArray[np.int64]

RUN: Final = 7
"""How many distances of samples, one after another and all alike, show a cadence.

Fewer would be alike by chance now and then where samples are lost at random.
"""
_REACH: Final = 3_600_000
_REACH_IN_STEPS: Final = 12
_USUAL_STEP: Final = 15_000


class Cadence(NamedTuple):
    """How often samples come, and the longest distance of two without a hole (ms)."""

    step: int
    max_gap: int


class CadenceTerms(NamedTuple):
    """What the catalogue says of the cadence up to a time (ms UTC; None: for ever).

    A ``fixed`` step (ms) holds whatever the samples show. Else it counts where they show none.
    """

    step: int | None = None
    max_gap: int | None = None
    fixed: bool = False
    until: int | None = None


class Evidence(NamedTuple):
    """What the samples around each sample of a series show, as steps (ms; 0: nothing).

    ``before`` is the last cadence that ends with the sample or earlier, ``after`` the first that
    begins with it or later; ``inside`` the first that its distance to the next is part of; ``near``
    the median distance about it, where there is neither before nor after.
    """

    before: Numbers
    after: Numbers
    near: Numbers
    inside: Numbers


def horizon(terms: Sequence[CadenceTerms]) -> int:
    """Return how far from a sample others say something of its cadence (ms)."""
    return max(_REACH, *(_REACH_IN_STEPS * (one.step or 0) for one in terms))


def evidence(times: Numbers, terms: Sequence[CadenceTerms]) -> Evidence:
    """Return what the samples of one series, in order of time, show within the horizon of each."""
    count, far = times.size, horizon(terms)
    before, after, near, inside = np.zeros((4, count), np.int64)
    if count > RUN:
        distances = times[1:] - times[:-1]
        if count > 2 * RUN and (steady := _steady(distances, far)):
            before[RUN:] = after[:-RUN] = inside[:-1] = steady
            return Evidence(before, after, near, inside)
        rows = np.sort([distances[i : count - RUN + i] for i in range(RUN)], axis=0)
        middle = rows[RUN // 2]
        alike = (4 * rows[-1] <= 5 * middle) & (4 * rows[0] >= 3 * middle)
        regular = alike & (times[RUN:] - times[:-RUN] <= far)
        steps, numbers = _whole(middle), np.arange(middle.size)
        last = np.maximum.accumulate(np.where(regular, numbers, -1))
        ended = (last >= 0) & (times[RUN:] - times[last] <= far)
        before[RUN:] = np.where(ended, steps[last], 0)
        first = np.minimum.accumulate(np.where(regular, numbers, count)[::-1])[::-1]
        row = np.minimum(first, middle.size - 1)
        begun = (first < count) & (times[row + RUN] - times[:-RUN] <= far)
        after[:-RUN] = np.where(begun, steps[row], 0)
        at = np.arange(count - 1)
        holding = first[np.clip(at - RUN + 1, 0, middle.size - 1)]
        held = steps[np.minimum(holding, middle.size - 1)]
        inside[:-1] = np.where((holding <= at) & (at < holding + RUN), held, 0)
    if not all(one.step for one in terms):
        for i in np.flatnonzero((before == 0) & (np.append(after[1:], 0) == 0)).tolist():
            near[i] = _near(times, i, far)
    return Evidence(before, after, near, inside)


def _steady(distances: Numbers, far: int) -> int:
    """Return the step that all distances show, however they are taken in runs; 0: there is none."""
    least, most = int(distances.min()), int(distances.max())
    if 4 * most > 5 * least or RUN * most > far:
        return 0
    low, high = _whole((least, most)).tolist()
    return int(low) if low == high else 0


def shown_around(times: Numbers, shown: Evidence, period: Interval) -> tuple[bool, bool]:
    """Say whether the samples of a series show its cadence before and after a period."""
    before = int(np.searchsorted(times, period.start, side="right")) - 1
    after = int(np.searchsorted(times, period.end))
    return (
        before >= 0 and bool(shown.before[before] > 0),
        after < times.size and bool(shown.after[after] > 0),
    )


def _near(times: Numbers, at: int, far: int) -> int:
    """Return the median distance of the few samples about one; 0 where it is alone."""
    some = times[max(0, at - RUN) : at + RUN + 1]
    distances = np.diff(some[np.abs(some - times[at]) <= far])
    return int(_whole(np.median(distances))) if distances.size else 0


def _whole(steps: object) -> Numbers:
    """Return steps in whole seconds: jitter must not move figures."""
    seconds = np.rint(np.asarray(steps, np.float64) / 1_000).astype(np.int64)
    return np.maximum(seconds * 1_000, 1_000)


def cadences(
    times: Numbers, shown: Evidence, terms: Sequence[CadenceTerms]
) -> tuple[Numbers, Numbers]:
    """Return of each sample the step at it, and how far on the next may be without a hole (ms).

    A distance is a hole where it is one by the cadence before it, else by the one that it is part
    of, and by the one after it; where samples show none, by the catalogue's. A ``max_gap`` under
    one and a half steps cannot be meant for such samples: there it is two and a half.

    Args:
        times: ms UTC, ascending.
        shown: what they show; of several series together each sample has its own series'.
        terms: in order of time; the last holds for ever.
    """
    if len(terms) == 1 and (steady := _shown_to_all(shown)).size:
        (one,) = terms
        step = _step(steady, np.array([one.step or 0]), np.array([one.fixed]))
        gap = _gap(np.array([one.max_gap or 0]), step)
        return step.repeat(times.size), gap.repeat(times.size)
    ends = np.array([one.until for one in terms[:-1]], np.int64)
    which = np.searchsorted(ends, times, side="right")
    said = np.array([one.step or 0 for one in terms], np.int64)[which]
    fixed = np.array([one.fixed for one in terms], np.bool_)[which]
    most = np.array([one.max_gap or 0 for one in terms], np.int64)[which]
    before = _step(np.where(shown.before > 0, shown.before, shown.inside), said, fixed)
    after = np.append(_step(shown.after, said, fixed)[1:], 0)
    most_after = np.append(most[1:], 0)
    usual = np.where(said > 0, said, np.where(shown.near > 0, shown.near, _USUAL_STEP))
    neither = (before == 0) & (after == 0)
    gaps = np.maximum(_gap(most, before), _gap(most_after, after))
    gaps = np.where(neither, _gap(most, usual), gaps)
    steps = np.where(before > 0, before, np.where(after > 0, after, usual))
    return steps, gaps


def _shown_to_all(shown: Evidence) -> Numbers:
    """Return the one step that is shown to each sample, by what is before it or after the next."""
    before, after = shown.before[RUN:], shown.after[:-RUN]
    step = before[:1]
    alike = before.size > RUN and bool((before == step).all() and (after == step).all())
    return step[step > 0] if alike else step[:0]


def _step(shown: Numbers, said: Numbers, fixed: NDArray[np.bool_]) -> Numbers:
    """Return the step that holds: the catalogue's where it is fixed, or borne out by samples."""
    borne_out = (shown > 0) & (np.abs(shown - said) * 4 <= said)
    return np.where(fixed | borne_out, said, shown)


def _gap(most: Numbers, step: Numbers) -> Numbers:
    """Return the longest distance without a hole; 0 without a step."""
    return np.where((most * 2 >= step * 3) & (step > 0), most, step * 5 // 2)
