"""Windows that wait for approval are told of, and decided from Slack."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_engine.domain.actor import Actor
from sla_engine.domain.maintenance import Scope, WindowEvent
from sla_engine.ledger import Books, Ledger
from sla_engine.maintenance.requests import request, resolve
from sla_engine.notices.approvals import approval_notices
from sla_engine.notices.sender import Sender
from sla_engine.slack.notifier import SlackBot
from tests.programs.slack import TOKEN, local_slack
from tests.programs.slack_people import BOB, EVE, button, labels
from tests.slack_app.world import World

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with local_slack() as slack, Ledger.open(f"sqlite:///{tmp_path}/l.db") as ledger:
        yield World(ledger, slack, four_eyes=True)


def ask(world: World, ahead: int, author: str = "ann", source: str = "cli") -> str:
    start = world.now + ahead
    return request(
        Books(world.book, world.ledger),
        title="New disks",
        scope=Scope(("shop", "mail")),
        start=start,
        end=start + HOUR,
        timezone="UTC",
        rrule=None,
        event=WindowEvent(world.now, "requested", author, "they are full"),
        source=source,
    ).id


def tell(world: World, wait: int = 0) -> None:
    world.now += wait
    outbox = world.outbox
    outbox.add(approval_notices(Books(world.book, world.ledger), outbox, world.now))
    bot = SlackBot(TOKEN, world.slack.api_url, timeout=1, buttons=True)
    Sender(Books(world.book, world.ledger), outbox, {"slack": bot}, lambda: world.now).run()


def act(world: World, payload: dict[str, object]) -> str:
    world.listener.hear("interactive", payload)
    return str(world.slack.said[-1]["text"])


def test_a_request_is_told_with_buttons_once(world: World) -> None:
    ask(world, 3 * DAY)
    tell(world)
    tell(world, 1_000)
    [root] = world.slack.messages
    assert "ann asks for planned work on Web shop, mail: 2026-10-06 06:20:30" in root["text"]
    assert labels(root) == ["Approve", "Reject"]


@pytest.mark.parametrize(("label", "kind"), [("Approve", "approved"), ("Reject", "rejected")])
def test_it_is_decided_by_another_and_the_buttons_go(world: World, label: str, kind: str) -> None:
    identifier = ask(world, 3 * DAY)
    tell(world)
    [root] = world.slack.roots()
    click = button(world.slack, root, label, BOB)
    assert f"New disks is {kind}" in act(world, click)
    [(asked, events)] = world.ledger.windows.all()
    assert (asked.id, events[-1].kind, events[-1].author) == (
        identifier,
        kind,
        "slack:U0000BOB0 (bob)",
    )
    tell(world, 1_000)
    assert f"Planned work on Web shop, mail is {kind} by bob" in root["text"]
    assert labels(root) == []
    assert f"{kind} by bob" in world.slack.replies(root["ts"])[0]["text"]
    assert "only requested can be" in act(world, click)
    assert len(world.ledger.windows.all()[0][1]) == 2
    assert world.ledger.verify() == []


@pytest.mark.parametrize("author", ["ann", "Ann", "slack:U0000ANN0 (ann)", "slack:U0000ANN0 (a)"])
def test_who_asked_may_not_approve_by_whatever_name(world: World, author: str) -> None:
    ask(world, 3 * DAY, author)
    tell(world)
    [root] = world.slack.roots()
    assert "four_eyes wants another to approve" in act(world, button(world.slack, root, "Approve"))
    assert "Only members" in act(world, button(world.slack, root, "Approve", EVE))
    assert len(world.ledger.windows.all()[0][1]) == 1


@pytest.mark.parametrize(
    ("ahead", "before"), [(3 * DAY, DAY), (DAY + 1, DAY), (DAY, HOUR // 2), (HOUR, HOUR // 2)]
)
def test_approvers_are_reminded_once(world: World, ahead: int, before: int) -> None:
    ask(world, ahead)
    tell(world)
    tell(world, ahead - before - 1)
    assert len(world.slack.messages) == 1
    tell(world, 1)
    tell(world, 1)
    [root] = world.slack.roots()
    [reply] = world.slack.replies(root["ts"])
    assert "Still waits for approval" in reply["text"]
    assert labels(root) == ["Approve", "Reject"]


def test_a_request_less_than_half_an_hour_ahead_is_told_once(world: World) -> None:
    ask(world, HOUR // 4)
    tell(world)
    tell(world, HOUR // 8)
    assert len(world.slack.messages) == 1


def test_what_nobody_was_asked_about_is_not_told_as_decided(world: World) -> None:
    identifier = ask(world, DAY)
    resolve(
        Books(world.book, world.ledger),
        identifier,
        "approved",
        by=Actor("bob"),
        reason="",
        now=world.now,
    )
    tell(world)
    assert world.slack.messages == []


def test_what_a_feed_asks_for_is_told_a_day_before(world: World) -> None:
    for days in (-2, 1, 30):
        ask(world, days * DAY + HOUR, source="feed:plan")
    tell(world)
    assert world.slack.messages == []
    tell(world, HOUR)
    [root] = world.slack.messages
    assert "2026-10-04 07:20:30" in root["text"]
    assert labels(root) == ["Approve", "Reject"]
    tell(world, DAY - HOUR // 2)
    assert "Still waits" in world.slack.replies(root["ts"])[0]["text"]
    assert len(world.slack.roots()) == 1


def test_requests_of_long_ago_are_left_alone(world: World) -> None:
    ask(world, -3 * DAY)
    tell(world, 2 * DAY)
    assert world.slack.messages == []


def due(world: World, after: int) -> list[str]:
    """Return the kinds of notices that are due some ms from now."""
    rows = approval_notices(Books(world.book, world.ledger), world.outbox, world.now + after)
    return [row.kind for row in rows]


def test_a_request_is_told_for_a_day_and_never_before_it_was_made(world: World) -> None:
    ask(world, 3 * DAY)
    assert [due(world, after) for after in (-1, 0, DAY - 1)] == [
        [],
        ["maintenance_requested"],
        ["maintenance_requested"],
    ]
    assert due(world, DAY) == []


def test_a_reminder_is_due_from_its_moment_until_the_work_begins(world: World) -> None:
    ask(world, 3 * DAY)
    found = [due(world, after) for after in (2 * DAY - 1, 2 * DAY, 3 * DAY - 1, 3 * DAY)]
    assert found == [[], ["maintenance_waiting"], ["maintenance_waiting"], []]


def test_what_was_asked_for_exactly_half_an_hour_ahead_has_no_reminder(world: World) -> None:
    ask(world, HOUR // 2)
    assert due(world, 0) == ["maintenance_requested"]
    assert due(world, HOUR // 2 - 1) == ["maintenance_requested"]


def test_a_decision_is_told_for_a_day(world: World) -> None:
    identifier = ask(world, 3 * DAY)
    tell(world)
    resolve(
        Books(world.book, world.ledger),
        identifier,
        "approved",
        by=Actor("bob"),
        reason="",
        now=world.now,
    )
    assert due(world, DAY - 1) == ["maintenance_decided"]
    assert due(world, DAY) == []


def test_what_a_feed_asked_for_is_not_told_once_it_is_over(world: World) -> None:
    ask(world, -HOUR + 5, source="feed:plan")
    assert due(world, 4) == ["maintenance_requested"]
    assert due(world, 5) == []
