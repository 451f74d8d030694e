"""Which windows of one service need their samples read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service_catalogue import Service
from service_catalogue.quorum import quorum
from sla_engine.accounting.terms import quorums
from sla_engine.domain.interval import Interval, Intervals, union
from sla_engine.domain.timeline import State, Timeline
from sla_engine.measurement.derive import Cadence, state_of
from sla_engine.prometheus.scan import Counts

_LONGEST_RUN = 6

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass
class Screening:
    """One service over windows that follow one another.

    ``flagged`` windows need their samples; ``empty`` ones have none; ``seen`` ones were fetched.
    """

    service: Service
    beat: Cadence
    windows: Sequence[Interval]
    flagged: Flags
    empty: Flags
    seen: Flags

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield the runs of windows, [first, last], whose samples are still to be fetched."""
        beside = np.append(True, self.empty[:-1]) & np.append(self.empty[1:], True)
        wanted = self.flagged & ~self.seen & ~(self.empty & beside)
        for first, last in _runs(wanted):
            for start in range(first, last + 1, _LONGEST_RUN):
                yield start, min(start + _LONGEST_RUN - 1, last)

    def looked(self) -> Intervals:
        """Return the time that is judged by samples: the flagged windows and what is near."""
        near, windows = self.beat.max_gap, self.windows
        return union(
            Interval(windows[first].start - near, windows[last].end + near)
            for first, last in _runs(self.flagged)
        )

    def widen(self, timeline: Timeline) -> bool:
        """Flag the window beside a run that does not end in a service that is up.

        Returns whether there is more to fetch. The timeline covers the windows.
        """
        near, windows = self.beat.max_gap, self.windows
        more = False
        for first, last in list(_runs(self.flagged)):
            before = windows[first].start - near
            after = windows[last].end + near - 1
            if first > 0 and _state(timeline, before) is not State.UP:
                self.flagged[first - 1] = more = True
            if last + 1 < len(windows) and _state(timeline, after) is not State.UP:
                self.flagged[last + 1] = more = True
        return more


def screen(
    service: Service, beat: Cadence | None, windows: Sequence[Interval], series: Sequence[Counts]
) -> Screening:
    """Return what the counts of a service's series say; without a cadence all are flagged."""
    count = len(windows)
    empty = np.ones(count, np.bool_)
    for one in series:
        empty &= one.samples == 0
    flagged = ~empty
    if beat is not None:
        lengths = np.array([w.length for w in windows])
        steady = [_steady(one, lengths, beat) for one in series]
        flagged = _flagged(service, windows, series, steady)
    beat = beat or Cadence(15_000, 37_500)
    return Screening(service, beat, windows, flagged | empty, empty, np.zeros(count, np.bool_))


def quiet(
    services: Sequence[Service],
    beats: Mapping[str, Cadence],
    windows: Sequence[Interval],
    series: Mapping[str, Sequence[Counts]],
) -> set[str]:
    """Return the services whose samples need not be read, all at once: most of them, at most times.

    They have one series, which is full and good in every window, and that is enough for them.

    Args:
        services: the services.
        beats: how often their samples come, by service id, where that is known.
        windows: as for `screen`.
        series: what was counted, by service id.
    """
    single = [
        s
        for s in services
        if s.id in beats and not _tight(beats[s.id]) and len(series.get(s.id, ())) == 1
    ]
    if not single:
        return set()
    counts = [series[service.id][0] for service in single]
    samples = np.array([one.samples for one in counts])
    lengths = np.array([window.length for window in windows])
    step = np.array([[beats[service.id].step] for service in single])
    full = _fits(samples, lengths, step) & (samples > 0) & ~np.array([one.low for one in counts])
    span = Interval(windows[0].start, windows[-1].end)
    full_in_all = full.all(axis=1).tolist()
    return {s.id for s, good in zip(single, full_in_all, strict=True) if good and _alone(s, span)}


def _alone(service: Service, span: Interval) -> bool:
    """Say whether one series that is up is enough for a service to be up."""
    return all(quorum(held.locations, 1, 0) for _, held in quorums(service, span))


def _fits(samples: Numbers, lengths: Numbers, step: int | Numbers) -> Flags:
    """Say in which windows there are as many samples as their length allows."""
    fits: Flags = (samples >= lengths // step) & (samples <= -(-lengths // step))
    return fits


def _tight(beat: Cadence) -> bool:
    """Say whether one lost sample may make a hole, with jitter on both of its sides."""
    return 2 * beat.max_gap < 5 * beat.step


def _steady(series: Counts, lengths: Numbers, beat: Cadence) -> Flags:
    """Say in which windows every sample is there and good."""
    if _tight(beat):
        fits = series.samples * beat.step == lengths
    else:
        fits = _fits(series.samples, lengths, beat.step)
        fits |= _jittered(series.samples - lengths // beat.step) & (lengths % beat.step == 0)
    steady: Flags = fits & ~series.low & (series.samples > 0)
    return steady


def _jittered(deviation: Numbers) -> Flags:
    """Say which windows lack or gain the one sample that jitter moves over an edge.

    Between two edges the count is off by what one edge gained and the other lost. So -1 and +1 take
    turns, and from one to the other nothing is missing: a hole takes two samples.
    """
    jittered = np.zeros(len(deviation), np.bool_)
    at = np.flatnonzero(deviation)
    turns = np.abs(deviation[at]) == 1
    pairs = turns[:-1] & turns[1:] & (deviation[at][:-1] == -deviation[at][1:])
    jittered[at[:-1][pairs]] = True
    jittered[at[1:][pairs]] = True
    return jittered


def _flagged(
    service: Service,
    windows: Sequence[Interval],
    series: Sequence[Counts],
    steady: Sequence[Flags],
) -> Flags:
    """Say in which windows not every series that has samples is steady, or those do not decide."""
    if len(series) == 1 and _alone(service, Interval(windows[0].start, windows[-1].end)):
        return ~steady[0]
    flagged = np.zeros(len(windows), np.bool_)
    present = [one.samples > 0 for one in series]
    for here, good in zip(present, steady, strict=True):
        flagged |= here & ~good
    for i in np.flatnonzero(~flagged).tolist():
        states = (
            (one.labels, State.UP if here[i] else State.UNKNOWN)
            for one, here in zip(series, present, strict=True)
        )
        flagged[i] = state_of(service, windows[i], states) is not State.UP
    return flagged


def _runs(flags: Flags) -> Iterator[tuple[int, int]]:
    """Yield the runs of True as [first, last]."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield first, end - 1


def _state(timeline: Timeline, moment: int) -> State | None:
    found = (s.state for s in timeline if s.start <= moment < s.end)
    return next(found, None)
