"""What held before: a service as it was, from moment to moment, as far as anybody wrote it down.

An edit of services.yml counts from when it was first seen; where ``history`` says since when, that
decides. Moments are milliseconds UTC.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from service_catalogue.service import FOREVER, Change, Piece, Service, ms

KEPT = tuple(name for name in Change.model_fields if name != "until")
"""The fields that ``history`` may say something of."""


class Version(NamedTuple):
    """A service as the file had it from when that was seen; None: it was not there any more."""

    seen: int
    service: Service | None


class Afterwards(NamedTuple):
    """What ``history`` says of ``start`` to ``end`` against what was in force there.

    ``seen`` is when it was first seen.
    """

    field: str
    start: int
    end: int
    before: Any
    after: Any
    seen: int


def pieces(service: Service, start: int, end: int) -> Iterator[tuple[int, int, Service | None]]:
    """Yield what held of a service from ``start`` to ``end``: a start, an end, the service then.

    None stands for time in which it was not watched.
    """
    past = service.past
    if not past:
        if not service.history:
            yield start, end, service
            return
        service.keep(past := pieces_of((Version(0, service),)))
    for until, held in past:
        if start < until:
            yield start, min(until, end), held
            start = until
        if start >= end:
            return


def at(service: Service, moment: int) -> Service:
    """Return what held at a moment; where it was not watched then, what held at last."""
    if not service.past and not service.history:
        return service
    _, _, held = next(pieces(service, moment, moment + 1))
    return service if held is None else held


def is_constant(service: Service) -> bool:
    """Say whether the same held of a service, or nothing, at all times."""
    past = service.past
    return len(past) == 1 if past else not service.history


def measured_since(service: Service) -> int | None:
    """Return since when its state is read where it is read now (ms UTC); None: it always was."""
    if is_constant(service):  # so are most, at every tick
        return None
    since, ours = None, _source(service)
    for start, _, held in reversed([*pieces(service, -FOREVER, FOREVER)]):
        if held is None:
            continue
        if _source(held) != ours:
            return since
        since = start
    return None


def _source(service: Service) -> tuple[object, ...]:
    sli = service.sli
    counted = None if sli is None else (sli.promql, sli.good, sli.errors, sli.total)
    return service.method, counted, service.components, service.need


def pieces_of(versions: Sequence[Version]) -> tuple[Piece, ...]:
    """Return what held of a service, piece by piece, from its versions, oldest first.

    The oldest counts before it was seen, too: nothing else is known of that time.
    """
    found: list[Piece] = []
    for _, until in pairwise((-FOREVER, *_edges(versions), FOREVER)):
        held = _held(versions, until - 1)
        if found and found[-1].service == held:
            found.pop()
        found.append(Piece(until, held))
    return tuple(found)


def afterwards(versions: Sequence[Version]) -> Iterator[Afterwards]:
    """Yield what was said of time that was over, against what was in force then."""
    edges = (-FOREVER, *_edges(versions), FOREVER)
    for number in range(1, len(versions)):
        seen = versions[number].seen
        for start, end in pairwise(edges):
            for field in KEPT if end <= seen else ():
                before = _value(versions[:number], field, end - 1)
                after = _value(versions[: number + 1], field, end - 1)
                if before != after:
                    yield Afterwards(field, start, end, before, after, seen)


def _edges(versions: Sequence[Version]) -> list[int]:
    """Return the moments at which anything may change."""
    seen = {version.seen for version in versions[1:]}
    said = {ms(c.until) for v in versions if v.service for c in v.service.history}
    return sorted(seen | said)


def _held(versions: Sequence[Version], moment: int) -> Service | None:
    seen = [version for version in versions if version.seen <= moment]
    service = (seen or versions)[-1 if seen else 0].service
    if service is None:
        return None
    kept = {field: _value(versions, field, moment) for field in KEPT}
    changed = {field: value for field, value in kept.items() if value != getattr(service, field)}
    if not changed and not service.history:
        return service
    return service.model_copy(update={"history": (), **changed})


def _value(versions: Sequence[Version], field: str, moment: int) -> Any:
    """Return what held of a field: what was seen, unless ``history`` said so when it changed."""
    known = [version for version in versions if version.service is not None]
    first = known[0].service
    assert first is not None  # noqa: S101 - chosen so
    found, said = _declared(first, field, moment), _untils(first, field)
    for seen, service in known[1:]:
        assert service is not None  # noqa: S101 - chosen so
        untils = _untils(service, field)
        last = max(untils, default=None)
        speaks = last is not None and (moment < last or last not in said)
        if moment >= seen or speaks:
            found = _declared(service, field, moment)
        said = untils
    return found


def _untils(service: Service, field: str) -> set[int]:
    return {ms(c.until) for c in service.history if getattr(c, field) is not None}


def _declared(service: Service, field: str, moment: int) -> Any:
    """Return what a version of the file says of a field at a moment."""
    changes = sorted(service.history, key=lambda change: change.until)
    said = (c for c in changes if moment < ms(c.until) and getattr(c, field) is not None)
    change = next(said, None)
    return getattr(service if change is None else change, field)
