"""The catalogue's windows over time: what each version of a window planned, and since when.

What an edit says of time that is over does not undo what was planned there: an occurrence that had
begun stays, one that is new counts from when it was first seen, and is marked as afterwards.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import tzinfo
from typing import NamedTuple

from service_catalogue.maintenance import WindowEntry
from service_catalogue.model import WindowVersion
from sla_engine.domain.clock import milliseconds
from sla_engine.domain.interval import Interval, subtract, union
from sla_engine.domain.maintenance import MaintenanceWindow, Scope, WindowEvent
from sla_engine.maintenance.recurrence import occurrences


class _Seen(NamedTuple):
    """An occurrence: by which version, and when it was first seen as it is (None: unknown)."""

    version: int
    approved: bool
    seen: int | None


_Found = dict[tuple[Scope, Interval], _Seen]


def of_versions(
    versions: Sequence[WindowVersion], zone: tzinfo, period: Interval
) -> tuple[MaintenanceWindow, ...]:
    """Return a window of the catalogue with the occurrences that touch a period (ms UTC).

    Those that are known since different moments come as windows of the same id.
    """
    found: _Found = {}
    for number, (entry, seen, until) in enumerate(versions):
        scope, ours = _scope(entry), union(occurrences(entry, zone, period))
        new = _Seen(number, entry.approver is not None, seen)
        for occurrence in ours:
            if (scope, occurrence) in found or seen is None or occurrence.start >= seen:
                found[scope, occurrence] = _joined(found.get((scope, occurrence)), new, occurrence)
                continue
            known = union(o for (s, o), one in found.items() if s == scope and one.approved)
            for rest in subtract((occurrence,), known):
                found[scope, rest] = new
        if until is not None:
            after = versions[number + 1] if number + 1 < len(versions) else None
            stays = _keys(after, zone, period) if after and after.seen == until else set()
            found = dict(_over(found, until, stays))
    groups: dict[_Seen, list[tuple[Scope, Interval]]] = defaultdict(list)
    for key, one in found.items():
        groups[one].append(key)
    return tuple(
        _window(versions[one.version].entry, one, keys, zone) for one, keys in groups.items()
    )


def _joined(known: _Seen | None, new: _Seen, occurrence: Interval) -> _Seen:
    """Return what is known of an occurrence that another version has, too."""
    if known is None:
        return new
    if known.approved == new.approved:
        return new._replace(seen=known.seen)
    over = new.seen is not None and occurrence.start < new.seen
    return known if known.approved and over else new


def _keys(version: WindowVersion, zone: tzinfo, period: Interval) -> set[tuple[Scope, Interval]]:
    scope = _scope(version.entry)
    return {(scope, one) for one in union(occurrences(version.entry, zone, period))}


def _over(found: _Found, moment: int, stays: set[tuple[Scope, Interval]]) -> _Found:
    """Return what had begun when a version ended, up to there, and what the next one has, too."""
    kept: _Found = {}
    for (scope, occurrence), one in found.items():
        if (scope, occurrence) in stays:
            kept[scope, occurrence] = one
        elif occurrence.start < moment:
            kept[scope, Interval(occurrence.start, min(occurrence.end, moment))] = one
    return kept


def _scope(entry: WindowEntry) -> Scope:
    return Scope(entry.services, entry.tiers, tuple(sorted(entry.labels.items())))


def _window(
    entry: WindowEntry, known: _Seen, keys: Sequence[tuple[Scope, Interval]], zone: tzinfo
) -> MaintenanceWindow:
    seen = milliseconds(entry.start, entry.timezone or zone) if known.seen is None else known.seen
    events = [WindowEvent(seen, "requested", entry.requester)]
    if known.approved:
        events.append(WindowEvent(seen, "approved", entry.approver or entry.requester))
    return MaintenanceWindow(
        id=entry.id,
        source="catalogue",
        title=entry.title,
        scope=keys[0][0],
        occurrences=union(occurrence for _, occurrence in keys),
        events=tuple(events),
        recurring=entry.rrule is not None,
        is_dated=known.seen is not None,
    )
