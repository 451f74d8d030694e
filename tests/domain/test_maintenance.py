from dataclasses import replace

import pytest

from sla_engine.domain.interval import Interval
from sla_engine.domain.maintenance import (
    DecisionError,
    MaintenanceWindow,
    Scope,
    WindowEvent,
    WindowEventKind,
    decide,
    planned_time,
)

ASKED = WindowEvent(0, "requested", "ann")
APPROVED = WindowEvent(10, "approved", "bob")
SHOP = Scope(services=("shop",))


def window(
    *events: WindowEvent,
    occurrences: tuple[Interval, ...] = (Interval(100, 200),),
    recurring: bool = False,
) -> MaintenanceWindow:
    return MaintenanceWindow("w", "cli", "Patching", SHOP, occurrences, (ASKED, *events), recurring)


@pytest.mark.parametrize(
    ("events", "now", "state"),
    [
        ((), 150, "requested"),
        ((APPROVED,), 99, "approved"),
        ((APPROVED,), 100, "active"),
        ((APPROVED,), 199, "active"),
        ((APPROVED,), 200, "completed"),
        ((WindowEvent(10, "rejected", "bob"),), 150, "rejected"),
        ((APPROVED, WindowEvent(20, "cancelled", "ann")), 150, "cancelled"),
    ],
)
def test_the_state_follows_from_decisions_and_time(
    events: tuple[WindowEvent, ...], now: int, state: str
) -> None:
    assert window(*events).state(now) == state


def test_only_approved_time_is_planned() -> None:
    assert window().planned() == ()
    assert window(WindowEvent(10, "rejected", "bob")).planned() == ()
    assert window(APPROVED).planned() == (Interval(100, 200),)


def test_what_was_approved_before_a_cancellation_stays_planned() -> None:
    assert window(APPROVED, WindowEvent(150, "cancelled", "ann")).planned() == (Interval(100, 150),)
    assert window(APPROVED, WindowEvent(50, "cancelled", "ann")).planned() == ()


def test_an_approval_after_the_fact_plans_it_and_is_known_as_such() -> None:
    late = window(WindowEvent(500, "approved", "bob"))
    assert late.planned() == (Interval(100, 200),)
    assert late.retroactive
    assert not window(APPROVED).retroactive
    at_its_start, after = WindowEvent(100, "approved", "bob"), WindowEvent(101, "approved", "bob")
    assert [window(event).retroactive for event in (at_its_start, after)] == [False, True]


def test_overlapping_windows_count_once() -> None:
    other = window(APPROVED, occurrences=(Interval(150, 250),))
    assert planned_time([window(APPROVED), other]) == (Interval(100, 250),)


@pytest.mark.parametrize(
    ("before", "kind", "at"),
    [
        ((APPROVED,), "approved", 20),
        ((APPROVED,), "rejected", 20),
        ((WindowEvent(10, "rejected", "bob"),), "approved", 20),
        ((APPROVED,), "cancelled", 300),
        ((), "requested", 20),
    ],
)
def test_a_decision_that_the_state_does_not_allow_is_refused(
    before: tuple[WindowEvent, ...], kind: WindowEventKind, at: int
) -> None:
    with pytest.raises(DecisionError, match="w is "):
        decide(window(*before), WindowEvent(at, kind, "bob"), four_eyes=False)


def test_four_eyes_want_another_approver() -> None:
    with pytest.raises(DecisionError, match="four_eyes wants another"):
        decide(window(), WindowEvent(10, "approved", "ann"), four_eyes=True)
    decide(window(), WindowEvent(10, "approved", "bob"), four_eyes=True)
    decide(window(), WindowEvent(10, "approved", "ann"), four_eyes=False)


def test_a_recurring_window_can_be_cancelled_between_two_occurrences() -> None:
    weekly = window(APPROVED, recurring=True)
    assert weekly.state(300) == "approved"
    decide(weekly, WindowEvent(300, "cancelled", "ann"), four_eyes=False)


def test_every_key_of_a_scope_must_fit() -> None:
    scope = Scope(tiers=("gold", "silver"), labels=(("site", "a"),))
    assert scope.covers("x", "gold", [("site", "a"), ("rack", "7")])
    assert not scope.covers("x", "bronze", [("site", "a")])
    assert not scope.covers("x", "gold", [("site", "b")])
    assert not Scope().covers("x", "gold", [])


def test_a_recurring_window_is_active_in_each_occurrence_and_approved_between() -> None:
    twice = window(APPROVED, occurrences=(Interval(100, 200), Interval(300, 400)), recurring=True)
    states = [twice.state(now) for now in (199, 200, 299, 300, 400)]
    assert states == ["active", "approved", "approved", "active", "approved"]
    once = window(APPROVED, occurrences=(Interval(100, 200), Interval(300, 400)))
    assert [once.state(now) for now in (200, 399, 400)] == ["approved", "active", "completed"]


@pytest.mark.parametrize(
    ("events", "approved", "by_two"),
    [
        ((), None, False),
        ((APPROVED,), 10, True),
        ((WindowEvent(10, "approved", "ann"),), 10, False),
        ((WindowEvent(10, "approved", "Ann"),), 10, False),
        ((APPROVED, WindowEvent(20, "revoked", "eve")), None, False),
        ((APPROVED, WindowEvent(20, "cancelled", "ann")), 10, True),
    ],
)
def test_when_it_was_approved_and_by_whom_else_follows_from_what_holds(
    events: tuple[WindowEvent, ...], approved: int | None, by_two: bool
) -> None:
    found = window(*events)
    assert (found.approved_at, found.by_two) == (approved, by_two)
    assert replace(found, is_dated=False).approved_at is None
