"""Planned work: who asked, who approved, and which time is planned because of it (rule 4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sla_engine.domain import actor
from sla_engine.domain.interval import Interval, Intervals, clip, union

WindowEventKind = Literal["requested", "approved", "rejected", "cancelled", "revoked"]
WindowState = Literal["requested", "approved", "rejected", "active", "completed", "cancelled"]

_FROM: dict[str, tuple[WindowState, ...]] = {
    "approved": ("requested",),
    "rejected": ("requested",),
    "cancelled": ("requested", "approved", "active"),
}


class DecisionError(ValueError):
    """A decision that the state of the window or the rules do not allow."""


class WindowEvent(NamedTuple):
    """Something that happened to a window at ``time`` (ms UTC); append-only.

    ``revoked`` takes back the decision before it. ``login`` is who was logged in, if known.
    """

    time: int
    kind: WindowEventKind
    author: str
    reason: str = ""
    login: str | None = None

    @property
    def actor(self) -> actor.Actor:
        """Return who did it."""
        return actor.Actor(self.author, self.login)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which services are meant; several keys all hold, several values are alternatives."""

    services: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()

    def covers(self, service: str, tier: str, labels: Iterable[tuple[str, str]]) -> bool:
        """Say whether a service is meant; an empty scope means none."""
        if not (self.services or self.tiers or self.labels):
            return False
        return (
            (not self.services or service in self.services)
            and (not self.tiers or tier in self.tiers)
            and set(self.labels) <= set(labels)
        )


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """Planned work; ``occurrences`` are those in and around the period that is looked at.

    ``source`` says where it is from: ``catalogue``, ``cli``, ``feed:ID``, ``silence``;
    ``is_dated`` that somebody wrote down when things happened to it.
    """

    id: str
    source: str
    title: str
    scope: Scope
    occurrences: Intervals
    events: tuple[WindowEvent, ...]
    recurring: bool = False
    is_dated: bool = True

    @property
    def requester(self) -> str:
        """Return who asked for it."""
        return self.events[0].author

    @property
    def holding(self) -> tuple[WindowEvent, ...]:
        """Return the events without decisions that were revoked, and without what revoked them."""
        held: list[WindowEvent] = []
        for event in self.events:
            if event.kind != "revoked":
                held.append(event)
            elif len(held) > 1:
                held.pop()
        return tuple(held)

    @property
    def approval(self) -> WindowEvent | None:
        """Return the approval, if any."""
        return next((e for e in self.holding if e.kind == "approved"), None)

    @property
    def approved_at(self) -> int | None:
        """Return when it was approved (ms UTC), if it was and that is known."""
        return self.approval.time if self.approval is not None and self.is_dated else None

    @property
    def by_two(self) -> bool:
        """Say whether another approved it than asked for it."""
        asked, approval = self.events[0], self.approval
        return approval is not None and not actor.same(asked.actor, approval.actor)

    @property
    def retroactive(self) -> bool:
        """Say whether it was approved after it had begun."""
        first = self.occurrences[0].start if self.occurrences else None
        return self.approval is not None and first is not None and self.approval.time > first

    def afterwards(self, occurrence: Interval) -> bool:
        """Say whether an occurrence was approved, or first seen approved, after it had begun."""
        return self.approval is not None and self.approval.time > occurrence.start

    def planned(self) -> Intervals:
        """Return the time that is planned: approved, and not after a cancellation."""
        if self.approval is None:
            return ()
        end = next((e.time for e in self.holding if e.kind == "cancelled"), None)
        if end is None:
            return self.occurrences
        return clip(self.occurrences, Interval(-(2**62), end))

    def state(self, now: int) -> WindowState:
        """Return the state at ``now``; a recurring window is never completed by this look."""
        last = self.holding[-1].kind
        if last == "rejected" or last == "cancelled":  # noqa: PLR1714 - mypy narrows this form
            return last
        if self.approval is None:
            return "requested"
        if any(i.start <= now < i.end for i in self.occurrences):
            return "active"
        over = self.occurrences and self.occurrences[-1].end <= now
        return "completed" if over and not self.recurring else "approved"


def decide(window: MaintenanceWindow, event: WindowEvent, *, four_eyes: bool) -> None:
    """Accept a decision or refuse it; a past window may be approved: that restates its outages.

    Raises:
        DecisionError: the state does not allow it, or four eyes are needed and two were used.
    """
    if event.kind == "revoked":
        _revoke(window, event, four_eyes=four_eyes)
        return
    state = window.state(event.time)
    allowed = _FROM.get(event.kind, ())
    if state not in allowed:
        raise DecisionError(
            f"{window.id} is {state}; only {' or '.join(allowed)} can be {event.kind}"
        )
    if event.kind == "approved" and four_eyes and actor.same(event.actor, window.events[0].actor):
        raise DecisionError(
            f"{event.author} requested {window.id}; four_eyes wants another to approve"
        )


def _revoke(window: MaintenanceWindow, event: WindowEvent, *, four_eyes: bool) -> None:
    """Accept that the last decision is taken back, or refuse it.

    What plans time again (a cancellation that is revoked) needs another than who asked for it.

    Raises:
        DecisionError: there is no decision, or four eyes are needed and two were used.
    """
    last = window.holding[-1]
    if last.kind == "requested":
        raise DecisionError(f"nothing was decided on {window.id} that could be revoked")
    asked = window.events[0]
    if last.kind == "cancelled" and four_eyes and actor.same(event.actor, asked.actor):
        raise DecisionError(
            f"{event.author} requested {window.id}; four_eyes wants another to revoke that"
        )


def planned_time(windows: Sequence[MaintenanceWindow]) -> Intervals:
    """Return the time that any window plans, overlaps counted once."""
    return union(*(window.planned() for window in windows))
