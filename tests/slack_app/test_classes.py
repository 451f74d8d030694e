"""Reclassifying from Slack: at once, or when another confirms it; groups; /uptime."""

import pytest

from sla_engine.app.engine import Published
from sla_engine.domain.availability import share
from sla_engine.domain.interval import Interval
from sla_engine.ledger import Ledger
from tests.programs.slack import Slack
from tests.programs.slack_people import ANN, BOB, EVE, button, command, labels, press, submit
from tests.slack_app.world import MINUTE, SHOP, T0, World


@pytest.fixture
def four(ledger: Ledger, slack: Slack) -> World:
    made = World(ledger, slack, four_eyes=True)
    made.fails("shop")
    made.tell()
    return made


def reclassify(world: World, user: str = ANN) -> str:
    [root] = world.slack.roots()
    assert world.act(button(world.slack, root, "Was planned", user)) == ""
    return world.act(submit(world.slack.views[-1], user, reason="Disks, agreed with ops"))


def test_it_is_planned_at_once_where_two_eyes_are_enough(world: World) -> None:
    assert "is classed as planned" in reclassify(world)
    outage = world.outage(SHOP)
    assert outage.reclassified == "planned"
    assert outage.corrections[0].reason == "Disks, agreed with ops"
    [root] = world.slack.roots()
    assert "Was planned" not in labels(root)
    [reply] = world.slack.replies(root["ts"])
    assert "classed as planned by ann: Disks, agreed with ops" in reply["text"]


def test_four_eyes_make_it_a_request_that_another_confirms(four: World) -> None:
    assert "when another person confirms it" in reclassify(four)
    [root] = four.slack.roots()
    [asking] = four.slack.replies(root["ts"])
    assert "ann asks another to confirm that it was planned: Disks" in asking["text"]
    assert labels(asking) == ["Confirm planned", "Refuse"]
    assert labels(root) == ["Acknowledge", "Cause and ticket"]
    assert four.outage(SHOP).reclassified is None

    assert "another has to confirm it" in four.act(button(four.slack, asking, "Confirm planned"))
    renamed = button(four.slack, asking, "Confirm planned")
    renamed["user"] |= {"username": "ann2", "name": "ann2"}
    assert "another has to confirm it" in four.act(renamed)
    assert "Only members" in four.act(button(four.slack, asking, "Confirm planned", EVE))
    assert four.outage(SHOP).reclassified is None

    confirming = button(four.slack, asking, "Confirm planned", BOB)
    assert "is classed as planned" in four.act(confirming)
    outage = four.outage(SHOP)
    assert outage.reclassified == "planned"
    assert [c.author for c in outage.corrections] == [
        "slack:U0000ANN0 (ann)",
        "slack:U0000BOB0 (bob)",
    ]
    assert outage.corrections[1].reason == (
        "Disks, agreed with ops (asked for by slack:U0000ANN0 (ann))"
    )
    assert "classed as planned by bob" in four.slack.replies(root["ts"])[1]["text"]
    assert "Nothing waits for a decision" in four.act(confirming)
    assert len(four.outage(SHOP).corrections) == 2
    assert four.ledger.verify() == []


def test_a_request_may_be_refused_and_made_again(four: World) -> None:
    reclassify(four)
    [root] = four.slack.roots()
    assert "has asked for that already" in four.act(press(four.slack, "uptime_reclassify", SHOP))
    [asking] = four.slack.replies(root["ts"])
    four.act(button(four.slack, asking, "Refuse", BOB))
    assert four.outage(SHOP).asked is None
    assert "not classed as planned by bob" in four.slack.replies(root["ts"])[1]["text"]
    assert "Nothing waits" in four.act(button(four.slack, asking, "Confirm planned", BOB))
    reclassify(four, BOB)
    assert four.outage(SHOP).asked is not None


def test_what_waits_for_another_is_neither_planned_nor_lost(four: World, ledger: Ledger) -> None:
    reclassify(four)
    outage = four.outage(SHOP)
    parted = share(outage, (Interval(T0, four.now),), (), (), four.now)
    assert (parted.planned, parted.unplanned) == (0, four.now - T0)
    copy = list(ledger.export())
    with Ledger.open("sqlite://") as other:
        other.load(copy)
        assert other.verify() == []
        assert other.corrections.of_all() == ledger.corrections.of_all()


def test_a_group_is_acknowledged_and_annotated_as_one(world: World) -> None:
    front = world.fails("front", T0 + MINUTE)
    world.tell()
    [root] = world.slack.roots()
    assert labels(root) == ["Acknowledge", "Cause and ticket"]
    [reply] = world.slack.replies(root["ts"])
    assert labels(reply) == ["Acknowledge", "Cause and ticket", "Was planned"]
    assert "Web shop, down since" in world.act(button(world.slack, root, "Acknowledge"))
    assert {world.outage(name).owner for name in (SHOP, front)} == {"ann"}
    world.act(button(world.slack, root, "Cause and ticket"))
    world.act(submit(world.slack.views[0], cause="Power"))
    assert {world.outage(name).cause for name in (SHOP, front)} == {"Power"}


def test_a_group_s_button_means_first_what_nobody_has(world: World) -> None:
    world.act(press(world.slack, "uptime_acknowledge", SHOP))
    front = world.fails("front", T0 + MINUTE)
    world.tell()
    [root] = world.slack.roots()
    assert button(world.slack, root, "Acknowledge")["actions"][0]["value"] == f"{front} {SHOP}"
    assert "acknowledged Front" in world.act(button(world.slack, root, "Acknowledge", BOB))
    assert world.outage(SHOP).owner == "ann"
    assert labels(root) == ["Cause and ticket"]


def test_uptime_shows_every_service_worst_first(world: World) -> None:
    said = world.act(command(world.slack))
    assert "1 down, 2 unknown" in said
    lines = world.slack.said[-1]["blocks"][1]["text"]["text"].splitlines()
    assert "Web shop is down since 2026-10-03 06:15:30 UTC" in lines[0]
    assert "Front is unknown: there is no data" in lines[1]


@pytest.mark.parametrize("asked", ["shop", "Web Shop", " web shop "])
def test_uptime_shows_one_service(world: World, asked: str) -> None:
    world.act(press(world.slack, "uptime_acknowledge", SHOP))
    said = world.act(command(world.slack, asked, BOB))
    assert "Web shop is down since 2026-10-03 06:15:30 UTC" in said
    shown = str(world.slack.said[-1]["blocks"])
    assert f"*Outage*\\n{SHOP}" in shown
    assert "*Acknowledged by*\\nann" in shown


def test_anybody_may_ask_and_is_told_what_there_is(world: World) -> None:
    assert "how about shop?" in world.act(command(world.slack, "shpo", EVE))
    assert "how about front, mail, shop?" in world.act(command(world.slack, "zzz", EVE))


def test_before_the_first_look_nothing_is_said_to_be_up(world: World) -> None:
    world.listener._published = lambda: Published(world.context)
    assert "has not looked yet" in world.act(command(world.slack))
