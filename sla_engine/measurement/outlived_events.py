"""Minutes of events whose samples are lost since: what was recorded of them stays."""

from collections.abc import Iterable, Mapping, Sequence
from math import isclose

from sla_engine.domain.events import MINUTE, Minute
from sla_engine.domain.interval import Interval, Intervals, clip, union

_SAME = 1e-9  # sums of floats, in whatever order


def as_recorded(
    derived: Sequence[Minute], recorded: Sequence[Minute], missing: Intervals, known: Intervals
) -> list[Minute]:
    """Return minutes as derived, but as recorded where samples of a counter are missing.

    Where some series are lost their events stand in no minute, or all in the one in which they are
    back. Where recorded and derived minutes do not agree beside that time, they are of other
    counters, or samples came late: there what was derived counts.

    Args:
        derived: minutes with events, in order.
        recorded: what the ledger has of the same time.
        missing: when samples of any series are missing (ms UTC), up to the one that is back.
        known: what the ledger knows, and is no guess.
    """
    spans = union(_minutes(hole) for hole in missing)
    new, old = ({m.start: m for m in some} for some in (derived, recorded))
    beside = sorted(m for m in {*new, *old} if _is_known(m, known) and not _touches(m, spans))
    kept = tuple(span for span in spans if _alike(span, beside, new, old))

    def stays(moment: int) -> bool:
        return _touches(moment, kept) and _is_known(moment, known)

    made = [m for m in derived if not stays(m.start)]
    return sorted([*made, *(m for m in recorded if stays(m.start))])


def _minutes(hole: Interval) -> Interval:
    """Return the minutes of a hole, with that of the sample at its end."""
    return Interval(hole.start // MINUTE * MINUTE, hole.end // MINUTE * MINUTE + MINUTE)


def _touches(moment: int, spans: Intervals) -> bool:
    return bool(clip(spans, Interval(moment, moment + MINUTE)))


def _is_known(moment: int, known: Intervals) -> bool:
    inside = clip(known, Interval(moment, moment + MINUTE))
    return sum(i.length for i in inside) == MINUTE


def _alike(
    span: Interval, beside: Iterable[int], new: Mapping[int, Minute], old: Mapping[int, Minute]
) -> bool:
    """Say whether the minutes next to a time are as recorded; where there is none nobody can."""
    around = [*beside]
    before = [m for m in around if m < span.start][-1:]
    after = [m for m in around if m >= span.end][:1]
    return all(_same(new.get(m), old.get(m)) for m in (before or after))


def _same(one: Minute | None, other: Minute | None) -> bool:
    return (
        one is not None
        and other is not None
        and isclose(one.good, other.good, rel_tol=_SAME, abs_tol=_SAME)
        and isclose(one.total, other.total, rel_tol=_SAME, abs_tol=_SAME)
    )
