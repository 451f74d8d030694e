"""Socket Mode end to end: a websocket, envelopes, acknowledgements, lost connections."""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from structlog.testing import capture_logs

from sla_engine.app.engine import Engine
from sla_engine.app.slack_listener import SlackListener, setup_of
from tests.programs.ports import free_port
from tests.programs.process import running
from tests.programs.slack import APP_TOKEN, TOKEN, Slack
from tests.programs.slack_people import button, command, press, submit
from tests.programs.slack_wire import Wire, slack_wire
from tests.slack_app.world import SHOP, World


@pytest.fixture
def wire(world: World) -> Iterator[Wire]:
    with slack_wire(world.slack) as made:
        world.listener.keep(leads=True)
        made.wait(lambda: made.connections == 1)
        yield made
        made.drop()  # else closing waits for a read to time out
        world.listener.close()


def said(world: World, count: int = 1) -> str:
    with world.slack.changed:
        assert world.slack.changed.wait_for(lambda: len(world.slack.said) >= count, 10)
    assert len(world.slack.said) == count
    return str(world.slack.said[-1]["text"])


def connected(world: World) -> float | None:
    return world.metrics.registry.get_sample_value("sla_engine_slack_connected")


def test_a_click_is_acknowledged_done_and_told(world: World, wire: Wire) -> None:
    [root] = world.slack.roots()
    wire.push("interactive", button(world.slack, root, "Acknowledge"))
    assert "You have acknowledged Web shop" in said(world)
    assert world.outage(SHOP).owner == "ann"
    world.tell()
    assert "acknowledged by ann" in root["text"]


def test_a_form_and_a_command_go_over_the_same_wire(world: World, wire: Wire) -> None:
    wire.push("interactive", press(world.slack, "uptime_annotate", SHOP))
    with world.slack.changed:
        assert world.slack.changed.wait_for(lambda: world.slack.views, 10)
    wire.push("interactive", submit(world.slack.views[0], cause="Disk full", ticket="OPS-7"))
    assert "Noted for Web shop" in said(world)
    assert world.outage(SHOP).cause == "Disk full"
    wire.push("slash_commands", command(world.slack, "shop"))
    assert "Web shop is down" in said(world, 2)


def test_an_envelope_that_comes_twice_is_acknowledged_twice_and_heard_once(
    world: World, wire: Wire
) -> None:
    click = press(world.slack, "uptime_acknowledge", SHOP)
    envelope = wire.push("interactive", click)
    said(world)
    wire.push("interactive", click, envelope)
    wire.push("slash_commands", command(world.slack))  # what came before it was seen by now
    assert "1 down" in said(world, 2)
    assert wire.acknowledged.count(envelope) == 2
    assert len(world.outage(SHOP).corrections) == 1


def test_it_is_acknowledged_before_slack_is_asked_who_may(world: World, wire: Wire) -> None:
    seen: list[int] = []

    def fault(method: str) -> None:
        if method == "usergroups.users.list":
            wire.wait(lambda: bool(wire.acknowledged))  # sent before, it may arrive after
            seen.append(len(wire.acknowledged))

    world.slack.fault = fault
    wire.push("interactive", press(world.slack, "uptime_acknowledge", SHOP))
    said(world)
    assert seen == [1]


def test_nonsense_does_not_end_the_listening(world: World, wire: Wire) -> None:
    for message in (
        "{not json",
        "[]",
        '{"envelope_id": 7}',
        '{"type": "interactive", "envelope_id": "e-1"}',
        '{"type": "interactive", "envelope_id": "e-2", "payload": [1]}',
        '{"type": "later", "envelope_id": "e-3", "payload": {}}',
    ):
        wire.send(message)
    wire.push("interactive", press(world.slack, "uptime_acknowledge", SHOP))
    assert "You have acknowledged" in said(world)
    assert {"e-1", "e-2", "e-3"} < set(wire.acknowledged)
    assert world.count("unreadable") == 3


def test_a_connection_that_slack_renews_is_followed(world: World, wire: Wire) -> None:
    wire.renew()
    wire.push("interactive", press(world.slack, "uptime_acknowledge", SHOP))
    assert "You have acknowledged" in said(world)
    assert wire.opened == 2


def test_a_lost_connection_is_told_once_and_opened_again(world: World, wire: Wire) -> None:
    with capture_logs() as told:
        wire.drop()
        while connected(world):  # until the client has read the end of it
            world.listener.keep(leads=True)
        for _ in range(3):
            world.listener.keep(leads=True)
        wire.wait(lambda: wire.opened == 2 and wire.connections == 1)
        world.listener.keep(leads=True)
    assert [entry["reason"] for entry in told if "reason" in entry] == ["no connection"]
    wire.push("interactive", press(world.slack, "uptime_acknowledge", SHOP))
    assert "You have acknowledged" in said(world)


def test_only_the_leader_listens_and_the_metric_says_so(world: World, wire: Wire) -> None:
    world.listener.keep(leads=True)
    assert (wire.opened, connected(world)) == (1, 1)
    world.listener.keep(leads=False)
    wire.wait(lambda: wire.connections == 0)
    assert connected(world) == 0
    world.listener.keep(leads=True)
    wire.wait(lambda: wire.connections == 1)
    world.listener.keep(leads=True)
    assert connected(world) == 1


@pytest.mark.usefixtures("wire")
def test_closing_ends_a_session_that_begins_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = world.listener._socket
    assert socket is not None
    client, close = socket._client, socket._client.close

    def begun_late() -> None:
        """As slack-sdk does when its session begins after close() told it to end."""
        state = client.current_session_state
        state.terminated = False
        while not state.terminated:
            Event().wait(0.01)
        close()

    monkeypatch.setattr(client, "close", begun_late)
    closing = Thread(target=world.listener.close, daemon=True)
    closing.start()
    closing.join(10)
    assert not closing.is_alive()


def test_a_start_without_slack_is_tried_again_and_logged_once(world: World) -> None:
    world.slack.fault = lambda method: "invalid_auth" if method.startswith("apps.") else None
    with capture_logs() as told:
        for _ in range(3):
            world.listener.keep(leads=True)
        world.now += 30_000
        world.listener.keep(leads=True)
    assert [method for method, _ in world.slack.calls].count("apps.connections.open") == 2
    assert connected(world) == 0
    assert [entry["reason"] for entry in told] == ["slack: invalid_auth"]
    world.slack.fault = lambda _: None
    world.now += 30_000
    with slack_wire(world.slack) as wire:
        world.listener.keep(leads=True)
        wire.wait(lambda: wire.connections == 1)
        world.listener.keep(leads=True)
        assert connected(world) == 1
        wire.drop()
        world.listener.close()


def test_another_catalogue_keeps_the_connection_unless_it_says_otherwise(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    engine = Engine(world.context, world.metrics)
    listener = SlackListener(engine)
    engine._leading = True
    setup = setup_of(world.book)
    assert setup is not None
    with slack_wire(world.slack) as wire:
        listener.keep()
        wire.wait(lambda: wire.connections == 1)
        listener.follow(setup_of(world.book))
        listener.keep()
        assert (wire.opened, wire.connections) == (1, 1)
        listener.follow(setup._replace(user_groups=("S0OTHER",)))
        wire.wait(lambda: wire.connections == 0)
        listener.keep()
        wire.wait(lambda: wire.connections == 1)
        assert wire.opened == 2
        listener.follow(None)
        listener.keep()
        wire.wait(lambda: wire.connections == 0)
        assert math.isnan(connected(world) or 0)


CATALOGUE = """\
organization: Example
timezone: UTC
prometheus: {{url: "http://127.0.0.1:1"}}
slack: {{api_url: "{api}", user_groups: [S0000OPS0]}}
services: [{{id: shop, name: Shop, sli: {{promql: up}}}}]
"""


@pytest.mark.integration
def test_a_running_engine_listens_and_stops(slack: Slack, tmp_path: Path) -> None:
    (tmp_path / "services.yml").write_text(CATALOGUE.format(api=slack.api_url))
    address = f"127.0.0.1:{free_port()}"
    command_line = [
        *(sys.executable, "-m", "sla_engine", "serve"),
        f"--config.file={tmp_path / 'services.yml'}",
        f"--storage.ledger=sqlite:///{tmp_path}/ledger.db",
        f"--web.listen-address={address}",
    ]
    env = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
    healthy, log = f"http://{address}/-/healthy", tmp_path / "log"
    with (
        slack_wire(slack) as wire,
        running(command_line, ready_url=healthy, log=log, env=env) as engine,
    ):
        wire.wait(lambda: wire.connections == 1)
        wire.push("slash_commands", command(slack))
        with slack.changed:
            assert slack.changed.wait_for(lambda: slack.said, 10)
        first = slack.said[0]["text"]  # the first tick may have failed already
        assert "has not looked yet" in first or "1 unknown" in first
        engine.terminate()
        assert engine.wait(10) == 0
