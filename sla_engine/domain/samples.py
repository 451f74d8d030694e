"""Samples -> a timeline (the accounting policy's rule 1), as arrays: there are months of them."""

import numpy as np
from numpy.typing import NDArray

from sla_engine.domain.interval import Interval
from sla_engine.domain.timeline import Segment, State, Timeline, joined

Times = NDArray[np.int64]
Flags = NDArray[np.bool_]


def from_arrays(
    times: Times,
    up: Flags,
    period: Interval,
    step: int | Times,
    max_gap: int | Times,
    *,
    seen_until: int,
) -> Timeline:
    """Return the timeline of one series (rule 1).

    A sample holds until the next one. Where the next is more than ``max_gap`` later, or where none
    came by ``seen_until``, the state is unknown from one ``step`` after the sample on.

    Args:
        times: milliseconds UTC, ascending; those within ``max_gap`` before and after the period
            matter too.
        up: whether each sample was good.
        period: what to cover.
        step: the scrape interval, milliseconds; of all, or at each sample.
        max_gap: the longest distance without a hole to the next sample, likewise.
        seen_until: samples up to here were asked for (ms UTC): ``now``, or later than the
            period's end.
    """
    if times.size == 0:
        return joined([Segment(period.start, period.end, State.UNKNOWN)])
    following = np.append(times[1:], seen_until)
    apart = following - times > max_gap
    held = np.where(apart, np.minimum(times + step, following), following)
    ends = np.flatnonzero(np.append(apart[:-1] | (up[1:] != up[:-1]), True))
    first = np.append(0, ends[:-1] + 1)
    pieces = []
    at = period.start
    runs = zip(times[first].tolist(), held[ends].tolist(), up[first].tolist(), strict=True)
    for run_start, run_end, good in runs:
        start, end = max(run_start, at), min(run_end, period.end)
        if start < end:
            pieces.append(Segment(at, start, State.UNKNOWN))
            pieces.append(Segment(start, end, State.UP if good else State.DOWN))
            at = end
    pieces.append(Segment(at, period.end, State.UNKNOWN))
    return joined(pieces)


def overlaid(base: Timeline, looked: tuple[Interval, ...], state: State) -> Timeline:
    """Return ``base`` inside the sorted intervals and ``state`` everywhere else of its period."""
    pieces = []
    at, end = base[0].start, base[-1].end
    segments = iter(base)
    segment = next(segments)
    for interval in looked:
        pieces.append(Segment(at, interval.start, state))
        while segment.end <= interval.start:
            segment = next(segments)
        while True:
            start, stop = max(segment.start, interval.start), min(segment.end, interval.end)
            pieces.append(Segment(start, stop, segment.state))
            if segment.end >= interval.end:
                break
            segment = next(segments)
        at = interval.end
    pieces.append(Segment(at, end, state))
    return joined(pieces)
