"""What people do in the local Slack: the payloads that their clicks bring."""

from typing import Any

from tests.programs.slack import Slack

Json = dict[str, Any]
ANN, BOB, EVE = "U0000ANN0", "U0000BOB0", "U0000EVE0"
GROUP = "S0000OPS0"
_NAMES = {ANN: "ann", BOB: "bob", EVE: "eve"}


def press(slack: Slack, action: str, value: str, user: str = ANN) -> Json:
    """Return the payload of a button."""
    return {
        "type": "block_actions",
        "user": _user(user),
        "trigger_id": slack.trigger(),
        "response_url": slack.response_url(),
        "container": {"type": "message"},
        "actions": [
            {"type": "button", "action_id": action, "block_id": "x", "value": value},
        ],
    }


def button(slack: Slack, message: Json, label: str, user: str = ANN) -> Json:
    """Return the payload of a message's button of that label."""
    [found] = [e for b in message["blocks"] for e in b.get("elements", ())
               if e.get("text", {}).get("text") == label]  # fmt: skip
    return press(slack, found["action_id"], found["value"], user)


def labels(message: Json) -> list[str]:
    """Return the labels of a message's buttons."""
    blocks = [b for b in message["blocks"] if b["type"] == "actions"]
    return [element["text"]["text"] for block in blocks for element in block["elements"]]


def submit(view: Json, user: str = ANN, **typed: str | None) -> Json:
    """Return the payload of a form that is sent off; what is not typed stays as it was."""
    state = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element, name = block["element"], block["block_id"]
            value = typed.pop(name, element.get("initial_value"))
            if not value and not block["optional"]:
                raise AssertionError(f"Slack lets nobody leave {name} empty")
            state[name] = {element["action_id"]: {"type": element["type"], "value": value}}
    if typed:
        raise AssertionError(f"the form has no {typed}")
    return {
        "type": "view_submission",
        "user": _user(user),
        "view": {**view, "id": "V1", "state": {"values": state}},
        "response_urls": [],
    }


def command(slack: Slack, text: str = "", user: str = ANN) -> Json:
    """Return the payload of ``/uptime``."""
    return {
        "command": "/uptime",
        "text": text,
        "user_id": user,
        "user_name": _NAMES[user],
        "trigger_id": slack.trigger(),
        "response_url": slack.response_url(),
    }


def _user(user: str) -> Json:
    return {"id": user, "username": _NAMES[user], "name": _NAMES[user], "team_id": "T"}
