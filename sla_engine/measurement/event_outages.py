"""Minutes of events -> outages: judged with all the minutes that an outage is made of.

An outage of events takes so many failed ones in all, and goes on through minutes without any. So
what a derived period says of its edges depends on minutes before and after it, which are in the
ledger. The timeline is widened to the whole outage, so that any pieces give the same rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import chain, takewhile

from service_catalogue import Service
from sla_engine.accounting.terms import failing
from sla_engine.domain.events import MINUTE, Minute, failed_runs, is_failing
from sla_engine.domain.history import History, timeline_of
from sla_engine.domain.interval import Interval, Intervals, clip, subtract
from sla_engine.domain.isolation import Isolation
from sla_engine.domain.outage import OutageSpan
from sla_engine.domain.timeline import State, Timeline, during, joined
from sla_engine.ledger import Books, Derived
from sla_engine.measurement.outlived_events import as_recorded

_EVER = 2**62
_SETTLING = 300_000
"""How long after a minute of events its samples may still come (ms)."""
_FIRST = 3_600_000
_FARTHER = 8
"""How many times farther each next look goes for the end of an outage."""


class EventOutages:
    """Judges the minutes of services in one period (ms UTC), and those that the ledger holds."""

    def __init__(self, books: Books, period: Interval) -> None:
        self._books = books
        self._period = period

    def all(self, derived: Sequence[Derived], isolation: Isolation | None) -> list[Derived]:
        """Return what `judged` makes of each; one that fails is left out and named in isolation."""

        def judge(some: Sequence[Derived]) -> list[Derived]:
            return [self.judged(item) for item in some]

        if isolation is None:
            return judge(derived)
        return list(chain(*isolation.divided(derived, lambda item: item.service, judge)))

    def judged(self, derived: Derived) -> Derived:
        """Return what was derived, with its outages where it is of a service that counts events."""
        if derived.events is None or not derived.timeline:
            return derived
        service = self._books.catalogue.service(derived.service)
        minutes = self._as_recorded(derived, derived.events)
        line, minutes = self.settled(service, derived.timeline, minutes, derived.released)
        return derived._replace(timeline=line, events=minutes)

    def _as_recorded(self, derived: Derived, minutes: Sequence[Minute]) -> Sequence[Minute]:
        """Return minutes, those as the ledger has them of which some samples are lost since."""
        missing = subtract(derived.unseen.counters, derived.released)
        until = self._covered.get(derived.service, 0) - _SETTLING
        if not clip(missing, Interval(-_EVER, until)):
            return minutes
        start = derived.timeline[0].start // MINUTE * MINUTE
        period = Interval(start, derived.timeline[-1].end)
        history = self._books.ledger.histories(period, [derived.service])
        past = history.get(derived.service, History())
        known = subtract(clip(past.covered, Interval(-_EVER, until)), past.gaps)
        found = self._books.ledger.events(period, [derived.service]).get(derived.service, ())
        recorded = [m for m in found if start <= m.start < period.end]
        return as_recorded(minutes, recorded, missing, subtract(known, derived.released))

    def settled(
        self,
        service: Service,
        known: Timeline,
        minutes: Sequence[Minute],
        released: Intervals = (),
    ) -> tuple[Timeline, tuple[Minute, ...]]:
        """Return the timeline of a service, its outages in it, and the minutes that it spans.

        Args:
            service: it counts events.
            known: up where its events are known, else unknown.
            minutes: those of ``known``, from the one on in which it begins.
            released: what the ledger knows there may be forgotten.
        """
        if all(segment.state is State.UNKNOWN for segment in known):
            return known, tuple(minutes)
        bar = partial(failing, service)
        start, end = known[0].start, known[-1].end
        first = start // MINUTE * MINUTE
        inside = sorted([*minutes, *self._kept(service, known, minutes, released)])
        inside = [minute for minute in inside if first <= minute.start < end]
        before = self._before(service, start, inside)
        after = self._after(service, end)
        every = [*before, *inside, *after]
        runs = tuple(failed_runs(every, bar, max(end, self._until(service))))
        whole = Interval(
            self._begun(service, start, before, inside), self._ended(service, end, after, runs)
        )
        wide, states = self._widened(service, known, whole)
        spans = tuple(OutageSpan(*run) for run in clip(runs, wide))
        history = History(spans, during(states, State.UNKNOWN), (wide,))
        first = wide.start // MINUTE * MINUTE
        stay = tuple(minute for minute in every if first <= minute.start < wide.end)
        return timeline_of(history, wide), stay

    def _widened(
        self, service: Service, known: Timeline, whole: Interval
    ) -> tuple[Interval, Timeline]:
        """Return a timeline and its period, widened as far as the ledger knows something."""
        start, end = known[0].start, known[-1].end
        if whole == (start, end):
            return whole, known
        history = self._books.ledger.histories(whole, [service.id]).get(service.id, History())
        near = [i for i in history.covered if i.start <= end and i.end >= start]
        first = min(start, max(whole.start, min([start, *(i.start for i in near)])))
        last = max(end, min(whole.end, max([end, *(i.end for i in near)])))
        bare = history._replace(outages=())
        lines = (
            timeline_of(bare, Interval(first, start)),
            known,
            timeline_of(bare, Interval(end, last)),
        )
        return Interval(first, last), joined(segment for line in lines for segment in line)

    def _begun(
        self, service: Service, start: int, before: Sequence[Minute], inside: Sequence[Minute]
    ) -> int:
        """Return where the failures around an edge begin."""
        near = [*before, *(minute for minute in inside[:1] if minute.start < start)]
        failing_ones = list(takewhile(partial(self._fails, service), reversed(near)))
        crossing = [start // MINUTE * MINUTE] if service.id in self._crossing else []
        return min([start, *crossing, *(minute.start for minute in failing_ones)])

    def _ended(self, service: Service, end: int, after: Sequence[Minute], runs: Intervals) -> int:
        """Return where the failures after an edge end: at one that is none, or where a run does."""
        better = next((m.start for m in after if not self._fails(service, m)), None)
        if better is not None:
            return better if self._fails(service, after[0]) else end
        return max([end, *(run.end for run in runs if run.start <= end)])

    def _kept(
        self,
        service: Service,
        known: Timeline,
        minutes: Sequence[Minute],
        released: Intervals,
    ) -> Iterator[Minute]:
        """Yield the minutes that outlive their samples: those of time that is unknown now."""
        new = {minute.start for minute in minutes}
        for hole in during(known, State.UNKNOWN):
            if not clip(released, hole):
                for minute in self._stored(service, hole):
                    if hole.start <= minute.start < hole.end and minute.start not in new:
                        yield minute

    def _before(self, service: Service, start: int, inside: Sequence[Minute]) -> list[Minute]:
        """Return the minutes before a moment, back to one that is no failure."""
        edge = start // MINUTE * MINUTE
        steady = inside and inside[0].start == edge and not self._fails(service, inside[0])
        first = self._first.get(service.id, start)
        if first >= edge or (steady and service.id not in self._crossing):
            return []
        return self._looked(service, edge, first // MINUTE * MINUTE - MINUTE)

    def _after(self, service: Service, end: int) -> list[Minute]:
        """Return the minutes from a moment on, up to one that is no failure."""
        until = self._until(service)
        return self._looked(service, end, until) if until > end else []

    def _looked(self, service: Service, edge: int, last: int) -> list[Minute]:
        """Return the stored minutes from an edge to the first that is no failure, or ``last``."""
        found: list[Minute] = []
        step, at, back = _FIRST, edge, last < edge
        while at > last if back else at < last:
            far = max(last, at - step) if back else min(last, at + step)
            part = Interval(far, at) if back else Interval(at, far)
            new = [m for m in self._stored(service, part) if part.start <= m.start < part.end]
            found = [*new, *found] if back else [*found, *new]
            if any(not self._fails(service, minute) for minute in new):
                break
            at, step = far, step * _FARTHER
        return found

    def _fails(self, service: Service, minute: Minute) -> bool:
        return is_failing(minute, failing(service, minute.start))

    def _stored(self, service: Service, period: Interval) -> Sequence[Minute]:
        return self._books.ledger.events(period, [service.id]).get(service.id, ())

    def _until(self, service: Service) -> int:
        return self._covered.get(service.id, self._period.start)

    @cached_property
    def _covered(self) -> dict[str, int]:
        return self._books.ledger.covered_until()

    @cached_property
    def _first(self) -> dict[str, int]:
        return self._books.ledger.first_samples()

    @cached_property
    def _crossing(self) -> set[str]:
        """Return the services with an outage over the beginning of the period."""
        edge = Interval(self._period.start - 1, self._period.start + 1)
        return {name for name, one in self._books.ledger.histories(edge).items() if one.outages}


def widened(period: Interval, derived: Iterable[Derived]) -> Interval:
    """Return a period with all that was derived of it."""
    spans = [(item.timeline[0].start, item.timeline[-1].end) for item in derived if item.timeline]
    return Interval(
        min([period.start, *(start for start, _ in spans)]),
        max([period.end, *(end for _, end in spans)]),
    )
