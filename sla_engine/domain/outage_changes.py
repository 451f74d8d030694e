"""What the difference of two outage lists means to people."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from sla_engine.domain.interval import Intervals
from sla_engine.domain.outage import OutageSpan

ChangeKind = Literal["opened", "resolved", "reopened", "changed", "withdrawn", "unwatched"]


class Change(NamedTuple):
    """What happened to an outage; ``before`` is None for a new one, ``after`` for one withdrawn.

    ``gaps`` are those inside it, in which nothing is known. ``unwatched``: its service left the
    catalogue while it was down, or its ``until`` came.
    """

    kind: ChangeKind
    service: str
    before: OutageSpan | None
    after: OutageSpan | None
    gaps: Intervals = ()


def changes(
    service: str,
    before: Iterable[OutageSpan],
    after: Iterable[OutageSpan],
    ends: int | None = None,
) -> tuple[Change, ...]:
    """Return what happened to a service's outages, in order of their starts.

    An outage whose start moved is the same one as long as the two overlap. From ``ends`` on
    (ms UTC) nobody watches the service: an outage that ends then is over for no better reason.
    """
    old, new = set(before), set(after)
    if old == new:
        return ()
    gone = sorted(old - new, key=lambda o: o.start)
    found: list[Change] = []
    for outage in sorted(new - old, key=lambda o: o.start):
        match = next((o for o in gone if _overlap(o, outage)), None)
        if match is not None:
            gone.remove(match)
        last = ends is not None and outage.end == ends
        found += [
            Change("unwatched" if last and kind == "resolved" else kind, service, match, outage)
            for kind in _kinds(match, outage)
        ]
    found += [Change("withdrawn", service, outage, None) for outage in gone]
    return tuple(found)


def _overlap(a: OutageSpan, b: OutageSpan) -> bool:
    return (b.end is None or a.start < b.end) and (a.end is None or b.start < a.end)


def _kinds(before: OutageSpan | None, after: OutageSpan) -> Iterator[ChangeKind]:
    if before is None:
        yield "opened"
        if after.end is not None:
            yield "resolved"
        return
    if before.end is None and after.end is not None:
        yield "resolved"
    elif before.end is not None and after.end is None:
        yield "reopened"
    elif before.end != after.end:
        yield "changed"
    if before.start != after.start:
        yield "changed"
