"""Which windows of one service need their samples read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from service_catalogue import Service
from service_catalogue.quorum import quorum
from sla_engine.accounting.terms import quorums
from sla_engine.domain.cadence import RUN, Cadence, CadenceTerms, evidence, horizon, shown_around
from sla_engine.domain.history import Unseen
from sla_engine.domain.interval import Interval, Intervals, clip, union
from sla_engine.domain.samples import overlaid
from sla_engine.domain.timeline import Segment, State, Timeline, cut, joined
from sla_engine.measurement.derive import Paced, derive, paced, state_of, unseen
from sla_engine.prometheus import Series
from sla_engine.prometheus.scan import Counts

_LONGEST_RUN = 6
_PRESUMED = 6
"""How many windows with one count are needed to read the first and the last of them alone."""

_TRUES = re.compile(rb"\x01+")

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass
class Screening:
    """One service over windows that follow one another.

    ``flagged`` windows need their samples; ``empty`` ones have none; ``seen`` ones were fetched.
    ``presumed`` are runs of windows, [first, last], that hold as many samples as those beside them,
    which tell whether that is a cadence of its own. ``asked`` is the time that was fetched.
    Where only the good samples were counted there should be one every ``step`` ms.
    """

    service: Service
    beat: Cadence
    windows: Sequence[Interval]
    flagged: Flags
    empty: Flags
    seen: Flags
    terms: Sequence[CadenceTerms] = (CadenceTerms(),)
    presumed: list[tuple[int, int]] = field(default_factory=list)
    asked: list[Interval] = field(default_factory=list)
    farther: list[Interval] = field(default_factory=list)
    counts: Numbers | None = None
    step: int | None = None
    paces: dict[Interval, tuple[list[Paced], Timeline]] = field(default_factory=dict)

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield the runs of windows, [first, last], whose samples are still to be fetched."""
        beside = np.append(True, self.empty[:-1]) & np.append(self.empty[1:], True)
        wanted = self.flagged & ~self.seen & ~(self.empty & beside)
        for first, last in _runs(wanted):
            for start in range(first, last + 1, _LONGEST_RUN):
                yield start, min(start + _LONGEST_RUN - 1, last)

    def wanted(self, now: int) -> Iterator[Interval]:
        """Yield what is to be fetched, with what shows the cadence at its edges."""
        near = _edge(self.beat)
        runs = [
            Interval(self.windows[first].start - near, min(self.windows[last].end + near, now))
            for first, last in self.runs()
        ]
        found, self.farther = [*runs, *self.farther], []
        self.asked += found
        self.seen |= self.flagged
        yield from found

    def _known(self) -> Intervals:
        """Return the time all of whose samples are known."""
        empty = (self.windows[i] for i in np.flatnonzero(self.empty).tolist())
        return union((*self.asked, *empty))

    def judged(self, series: Sequence[Series]) -> Timeline:
        """Return the timeline over all windows, from what was fetched; what was not is up."""
        whole = Interval(self.windows[0].start, self.windows[-1].end)
        pieces: list[Segment] = []
        at, before, self.paces = whole.start, self.paces, {}
        for known in self._known():
            # What was fetched before has all its samples, and is as it was.
            self.paces[known] = before.get(known) or self._derived(series, known)
            line = cut(self.paces[known][1], whole)
            if line:
                pieces += (Segment(at, line[0].start, State.UP), *line)
                at = line[-1].end
        base = joined((*pieces, Segment(at, whole.end, State.UP)))
        return overlaid(base, clip(self.looked(), whole), State.UP)

    def _derived(self, series: Sequence[Series], known: Interval) -> tuple[list[Paced], Timeline]:
        given = paced(_inside(series, known), self.terms)
        return given, derive(self.service, given, known, known.end)

    def unseen(self) -> Unseen:
        """Return the time in which samples are missing, of what was judged."""
        found = Unseen()
        for known, (given, _) in self.paces.items():
            found |= unseen(given, known, known.end)
        return found

    def reach_out(self, now: int) -> bool:
        """Want samples farther off where those judged show no cadence; say whether there are."""
        if all(one.fixed for one in self.terms):
            return False
        far = horizon(self.terms)
        for first, last in _runs(self.flagged):
            looked = self._near(first, last)
            within = next((k for k in self.paces if k.start <= looked.start < k.end), None)
            if within is None or within.end < min(looked.end, now):
                continue
            earliest, latest = looked.start - far, min(looked.end + far, now)
            paces, _ = self.paces[within]
            shown = [shown_around(one.series.times, one.shown, looked) for one in paces]
            if within.start > earliest and not all(before for before, _ in shown):
                self.farther.append(Interval(earliest, within.start))
            if within.end < latest and not all(after for _, after in shown):
                self.farther.append(Interval(within.end, latest))
        return bool(self.farther)

    def verify(self, series: Sequence[Series], line: Timeline) -> bool:
        """Flag the presumed windows whose neighbours bear nothing out; say whether there are."""
        doubtful = [run for run in self.presumed if not self._borne_out(run, series, line)]
        self.presumed = []
        for first, last in doubtful:
            self.flagged[first : last + 1] = True
        return bool(doubtful)

    def _borne_out(self, run: tuple[int, int], series: Sequence[Series], line: Timeline) -> bool:
        """Say whether both neighbours of a run are up, with the one step that the counts are of."""
        first, last = run[0] - 1, run[1] + 1
        steps = set()
        for i in (first, last):
            if any(s.state is not State.UP for s in cut(line, self.windows[i])):
                return False
            for one in _inside(series, self.windows[i]):
                shown = evidence(one.times, self.terms)
                steps |= {*shown.before[RUN:].tolist(), *shown.after[:-RUN].tolist()}
        if len(steps) != 1 or 0 in steps:
            return False
        (step,) = steps
        lengths = np.array([w.length for w in self.windows[first : last + 1]])
        assert self.counts is not None  # noqa: S101 - there are no presumed windows without
        fits = _fits(self.counts[first : last + 1], lengths, step)
        loose = all(2 * (one.max_gap or 5 * step) >= 5 * step for one in self.terms)
        return bool(fits.all()) and loose

    def suspect(self, series: Sequence[Series]) -> bool:
        """Flag the windows beside one that holds more samples or fewer than it should.

        Jitter may have moved one over the edge, to where it hides that another failed. Returns
        whether there is more to fetch.
        """
        more = False
        for first, last in list(_runs(self.flagged)) if self.step else ():
            for at, beside in ((first, first - 1), (last, last + 1)):
                if 0 <= beside < len(self.windows) and not self._is_full(series, self.windows[at]):
                    self.flagged[beside] = more = True
        return more

    def _is_full(self, series: Sequence[Series], window: Interval) -> bool:
        """Say whether all series that have samples in a window have one at every step."""
        return all(
            one.times.size * (self.step or 0) == window.length for one in _inside(series, window)
        )

    def _near(self, first: int, last: int) -> Interval:
        near, windows = self.beat.max_gap, self.windows
        return Interval(windows[first].start - near, windows[last].end + near)

    def looked(self) -> Intervals:
        """Return the time that is judged by samples: the flagged windows and what is near."""
        return union(self._near(first, last) for first, last in _runs(self.flagged))

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


def _edge(beat: Cadence) -> int:
    """Return how far beside a window samples are wanted that show the cadence at its edge (ms)."""
    return max(2 * beat.max_gap, beat.max_gap + (RUN + 2) * beat.step)


def _inside(series: Sequence[Series], period: Interval) -> list[Series]:
    """Return the samples of a period, of those series that have some."""
    found = []
    for one in series:
        first, end = np.searchsorted(one.times, (period.start, period.end)).tolist()
        if first < end:
            found.append(Series(one.labels, one.times[first:end], one.values[first:end]))
    return found


def screen(
    service: Service,
    beat: Cadence | None,
    windows: Sequence[Interval],
    series: Sequence[Counts],
    terms: Sequence[CadenceTerms] = (CadenceTerms(),),
    *,
    since: int | None = None,
) -> Screening:
    """Return what the counts of a service's series say; without a cadence all are flagged.

    Of time before ``since`` (ms UTC) only what shows the state then is wanted: of the windows that
    ended before that none is flagged, but the next one where one of them would be.
    """
    count = len(windows)
    empty = np.ones(count, np.bool_)
    for one in series:
        empty &= one.samples == 0
    flagged = ~empty
    if beat is not None:
        lengths = _lengths(tuple(windows))
        beats = _by_window(beat, windows, terms)
        steady = [_steady(one, lengths, *beats) for one in series]
        flagged = _flagged(service, windows, series, steady)
    beat = beat or Cadence(15_000, 37_500)
    gaps = (one.max_gap or (one.step or 0) * 5 // 2 for one in terms)
    beat = Cadence(beat.step, max(beat.max_gap, *gaps))
    flagged |= empty
    if since is not None:
        wanted = np.array([window.end > since - _edge(beat) for window in windows])
        flagged[np.argmax(wanted)] |= bool(flagged[~wanted].any())
        flagged &= wanted
    found = Screening(service, beat, windows, flagged, empty, np.zeros(count, np.bool_), terms)
    if any(one.good_counted for one in series):
        found.step = beat.step
        return found
    if len(series) == 1 and _alone(service, Interval(windows[0].start, windows[-1].end)):
        found.counts = series[0].samples
        found.presumed = list(_presumed(series[0], windows, flagged & ~empty))
        for first, last in found.presumed:
            flagged[first : last + 1] = False
    return found


def _presumed(
    counts: Counts, windows: Sequence[Interval], flagged: Flags
) -> Iterator[tuple[int, int]]:
    """Yield the inner windows of flagged runs that have one count, but for one sample."""
    alike = flagged & ~counts.low & (counts.samples > RUN + 1)
    lengths = _lengths(tuple(windows))
    alike &= lengths == lengths[0]
    for first, last in _runs(alike):
        start = first
        for i in range(first, last + 2):
            some = counts.samples[start : min(i, last) + 1]
            if i > last or some.max() - some.min() > 1:
                if i - start >= _PRESUMED:
                    yield start + 1, i - 2
                start = i


def _by_window(
    beat: Cadence, windows: Sequence[Interval], terms: Sequence[CadenceTerms]
) -> tuple[Numbers, Numbers]:
    """Return the step and the longest gap of each window as the catalogue has them."""
    if len(terms) == 1:
        step, gap = _beat_of(beat, terms[0])
        return np.full(len(windows), step), np.full(len(windows), gap)
    held = (next(t for t in terms if t.until is None or w.start < t.until) for w in windows)
    steps, gaps = np.array([_beat_of(beat, one) for one in held], np.int64).T
    return steps, gaps


def _beat_of(beat: Cadence, held: CadenceTerms) -> Cadence:
    step = (held.step if held.fixed else None) or beat.step
    usual = beat.max_gap if step == beat.step else step * 5 // 2
    return Cadence(step, held.max_gap or usual)


@lru_cache(4)
def _lengths(windows: tuple[Interval, ...]) -> Numbers:
    """Return how long windows are, which those of all services share."""
    return np.array([window.length for window in windows])


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
        if s.id in beats and not is_tight(*beats[s.id]) and len(series.get(s.id, ())) == 1
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
    """Say in which windows there are as many samples as their length allows.

    One that lacks a little of a whole step may hold one more by jitter at both edges: two that are
    missing leave what it holds at the least without it.
    """
    least = (lengths + step // 4) // step
    fits: Flags = (samples >= least) & (samples <= -(-lengths // step))
    return fits


def is_tight(step: int, max_gap: int) -> bool:
    """Say whether one lost sample may make a hole, with jitter on both of its sides."""
    return 2 * max_gap < 5 * step


def _steady(series: Counts, lengths: Numbers, steps: Numbers, gaps: Numbers) -> Flags:
    """Say in which windows every sample is there and good.

    Beside one that holds more samples than jitter brings the cadence may be another one, by which
    as many samples as there should be leave a hole.
    """
    fits = _fits(series.samples, lengths, steps)
    fits |= _jittered(series.samples - lengths // steps) & (lengths % steps == 0)
    fits = np.where(2 * gaps < 5 * steps, series.samples * steps == lengths, fits)
    steady: Flags = fits & ~series.low & (series.samples > 0)
    dense = series.samples > -(-lengths // steps) + 1
    steady[1:] &= ~dense[:-1]
    steady[:-1] &= ~dense[1:]
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
    for run in _TRUES.finditer(flags.tobytes()):
        yield run.start(), run.end() - 1


def _state(timeline: Timeline, moment: int) -> State | None:
    found = (s.state for s in timeline if s.start <= moment < s.end)
    return next(found, None)
