"""What people do in Slack ends in the ledger under their name, and is told."""

from typing import Any

import pytest

from sla_engine.accounting.corrections import correct
from sla_engine.domain.actor import Actor
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived
from tests.programs.slack_people import ANN, BOB, EVE, GROUP, button, command, labels, press, submit
from tests.slack_app.world import MINUTE, SHOP, T0, World


def test_an_outage_is_told_with_buttons(world: World) -> None:
    [root] = world.slack.roots()
    assert labels(root) == ["Acknowledge", "Cause and ticket", "Was planned"]


def test_acknowledging_is_a_correction_of_who_clicked_and_the_thread_is_told(world: World) -> None:
    [root] = world.slack.roots()
    said = world.act(button(world.slack, root, "Acknowledge"))
    assert "You have acknowledged Web shop, down since 2026-10-03 06:15:30 UTC" in said
    [correction] = world.outage(SHOP).corrections
    assert (correction.author, correction.field) == ("slack:U0000ANN0 (ann)", "owner")
    assert (correction.after, correction.reason) == ("ann", "acknowledged in Slack")
    assert "acknowledged by ann" in root["text"]
    assert "acknowledged by ann" in world.slack.replies(root["ts"])[0]["text"]
    assert labels(root) == ["Cause and ticket", "Was planned"]
    assert world.ledger.verify() == []


def test_what_was_clicked_twice_is_done_once(world: World) -> None:
    click = button(world.slack, world.slack.roots()[0], "Acknowledge")
    world.act(click)
    world.act(click)
    assert len(world.outage(SHOP).corrections) == 1


def test_nobody_takes_an_outage_from_who_has_it(world: World) -> None:
    click = button(world.slack, world.slack.roots()[0], "Acknowledge", BOB)
    world.act(press(world.slack, "uptime_acknowledge", SHOP, ANN))
    assert "ann did already" in world.act(click)
    assert world.outage(SHOP).owner == "ann"


def test_what_is_over_is_not_acknowledged(world: World) -> None:
    up = Segment(T0 + MINUTE, T0 + 2 * MINUTE, State.UP)
    world.ledger.apply([Derived("shop", (up,), None)])
    assert "it is over" in world.act(press(world.slack, "uptime_acknowledge", SHOP))


def test_a_form_sets_cause_and_ticket(world: World) -> None:
    [root] = world.slack.roots()
    assert world.act(button(world.slack, root, "Cause and ticket")) == ""
    [view] = world.slack.views
    said = world.act(submit(view, BOB, cause="Disk <full>", ticket="OPS-7"))
    assert "Noted for Web shop" in said
    outage = world.outage(SHOP)
    assert (outage.cause, outage.ticket) == ("Disk <full>", "OPS-7")
    assert {c.author for c in outage.corrections} == {"slack:U0000BOB0 (bob)"}
    fields = [field["text"] for block in root["blocks"] for field in block.get("fields", ())]
    assert {"*Cause*\nDisk &lt;full&gt;", "*Ticket*\nOPS-7"} <= set(fields)


def test_a_form_shows_what_holds_and_sets_only_what_was_changed(world: World) -> None:
    click = button(world.slack, world.slack.roots()[0], "Cause and ticket")
    world.act(click)
    world.act(submit(world.slack.views[0], cause="Disk full"))
    world.act(press(world.slack, "uptime_annotate", SHOP, BOB))
    world.act(submit(world.slack.views[0], ANN, cause="Disk replaced", ticket="OPS-7"))
    second = world.slack.views[1]
    assert second["blocks"][1]["element"]["initial_value"] == "Disk full"
    world.act(submit(second, BOB, ticket="OPS-8"))
    assert world.outage(SHOP).cause == "Disk replaced"
    assert world.outage(SHOP).ticket == "OPS-8"
    assert "Nothing was changed" in world.act(submit(second, BOB))


def test_an_emptied_field_holds_nothing(world: World) -> None:
    world.act(press(world.slack, "uptime_annotate", SHOP))
    world.act(submit(world.slack.views[0], cause="Disk full"))
    world.act(press(world.slack, "uptime_annotate", SHOP))
    world.act(submit(world.slack.views[1], cause=None))
    assert world.outage(SHOP).cause is None


def test_a_form_of_another_version_is_refused_as_a_whole(world: World) -> None:
    world.act(press(world.slack, "uptime_annotate", SHOP))
    [view] = world.slack.views
    field = {**view["blocks"][2], "block_id": "weather"}
    field["element"] = {**field["element"], "action_id": "weather"}
    other = {**view, "blocks": [*view["blocks"], field]}
    assert "no field weather" in world.act(submit(other, cause="Disk full", weather="rain"))
    assert world.outage(SHOP).corrections == ()


def test_a_cause_of_any_length_leaves_the_form_within_slacks_limits(world: World) -> None:
    for number, length in enumerate((3_000, 3_001)):
        values = {"cause": "&" * length}
        correct(world.ledger, SHOP, values, by=Actor("x"), reason="y", now=world.now)
        assert world.act(press(world.slack, "uptime_annotate", SHOP)) == ""
        assert len(world.slack.views) == number + 1


@pytest.mark.parametrize("action", ["acknowledge", "annotate", "reclassify", "approve"])
def test_who_is_in_no_group_changes_nothing(world: World, action: str) -> None:
    before = list(world.ledger.export())
    said = world.act(press(world.slack, f"uptime_{action}", SHOP, EVE))
    assert "Only members of the user groups" in said
    assert list(world.ledger.export()) == before
    assert world.slack.views == []
    assert world.count("refused") == 1


def test_a_form_that_somebody_else_sends_off_changes_nothing(world: World) -> None:
    world.act(press(world.slack, "uptime_annotate", SHOP))
    said = world.act(submit(world.slack.views[0], EVE, cause="me"))
    assert "Only members" in said
    assert world.outage(SHOP).corrections == ()


@pytest.mark.parametrize("fault", ["server_error", "missing_scope", "reset", "rate_limited"])
def test_nobody_may_while_slack_does_not_say_who(world: World, fault: str) -> None:
    world.slack.fault = lambda method: fault if method == "usergroups.users.list" else None
    said = world.act(press(world.slack, "uptime_acknowledge", SHOP))
    assert "Slack does not say whether you may do this" in said
    assert world.outage(SHOP).corrections == ()


def test_who_left_the_group_may_no_more_after_a_minute(world: World) -> None:
    world.act(press(world.slack, "uptime_annotate", SHOP))
    world.slack.groups[GROUP] = [BOB]
    world.act(press(world.slack, "uptime_annotate", SHOP))
    assert len(world.slack.views) == 2
    world.now += 60_000
    assert "Only members" in world.act(press(world.slack, "uptime_annotate", SHOP))
    asked = [method for method, _ in world.slack.calls if method == "usergroups.users.list"]
    assert len(asked) == 2


def test_a_form_that_opens_too_late_is_said(world: World) -> None:
    click = press(world.slack, "uptime_annotate", SHOP)
    at = world.slack.clock() + 3.1
    world.slack.clock = lambda: at
    assert "expired_trigger_id. Press again" in world.act(click)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (("uptime_dance", SHOP), "does not know 'dance'"),
        (("uptime_acknowledge", "O-NONE"), "There is no outage O-NONE any more"),
        (("uptime_acknowledge", ""), "The button says of no outage"),
        (("uptime_approve", "M-NONE"), "There is no window M-NONE any more"),
        (("uptime_confirm", SHOP), "Nothing waits for a decision here"),
    ],
)
def test_what_cannot_be_done_is_said(world: World, payload: tuple[str, str], said: str) -> None:
    assert said in world.act(press(world.slack, *payload))
    assert world.outage(SHOP).corrections == ()


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("interactive", None),
        ("interactive", {"type": "block_actions", "user": {"id": ANN}, "actions": []}),
        ("interactive", {"type": "block_actions", "user": "ann"}),
        ("interactive", {"type": "view_closed", "user": {"id": ANN}}),
        ("interactive", {"type": "view_submission", "user": {"id": ANN},
                         "view": {"private_metadata": "not json"}}),
        ("slash_commands", {"user_id": 7}),
        ("events_api", {}),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_counted_and_harms_nobody(
    world: World, kind: str, payload: Any
) -> None:
    world.listener.hear(kind, payload)
    assert world.count("unreadable") == 1
    assert "You have acknowledged" in world.act(press(world.slack, "uptime_acknowledge", SHOP))


def test_a_failure_nobody_thought_of_is_said_and_counted(world: World) -> None:
    world.listener._published = lambda: 1 / 0  # type: ignore[assignment, return-value]
    assert "That failed; the engine's log says why" in world.act(command(world.slack))
    assert world.count("failed") == 1


def test_a_failure_of_the_ledger_is_said_and_counted(world: World) -> None:
    world.ledger.engine.dispose()
    with world.ledger.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE correction RENAME TO elsewhere")
    world.listener.hear("interactive", press(world.slack, "uptime_acknowledge", SHOP))
    assert "That failed" in world.slack.said[-1]["text"]
    assert world.count("failed") == 1
