"""What somebody did in Slack: payloads of Socket Mode as values.

Source of the shapes: https://docs.slack.dev/reference/interaction-payloads and
https://docs.slack.dev/interactivity/implementing-slash-commands.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sla_engine.domain import actor
from sla_engine.slack.blocks import PREFIX

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user: the stable id, and the name that people know."""

    id: str
    name: str

    @property
    def author(self) -> str:
        """Return the name under which the ledger keeps what they say."""
        return actor.slack_author(self.id, self.name)

    @property
    def actor(self) -> actor.Actor:
        """Return who they are: the id is their login."""
        return actor.Actor(self.author, f"slack:{self.id}")


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button was pressed; ``trigger`` opens a form within three seconds, ``url`` answers."""

    actor: Person
    action: str
    about: tuple[str, ...]
    trigger: str
    url: str


@dataclass(frozen=True, slots=True)
class ModalSubmission:
    """A form was sent off: what its fields held before, and what they hold now."""

    actor: Person
    name: str
    about: tuple[str, ...]
    before: Mapping[str, str | None]
    values: Mapping[str, str | None]
    url: str

    def changed(self) -> dict[str, str | None]:
        """Return the fields that the person changed: others may have been set meanwhile."""
        return {name: v for name, v in self.values.items() if v != self.before.get(name)}


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A slash command was given."""

    actor: Person
    text: str
    url: str


Interaction = ButtonPress | ModalSubmission | SlashCommand


def read(kind: str, payload: Any) -> Interaction:
    """Return what an envelope of Socket Mode says was done.

    Raises:
        ValueError: it is of no kind that is sent to us, or not in Slack's shape.
    """
    try:
        if kind == "slash_commands":
            return _command(payload)
        if kind == "interactive":
            return _interaction(payload)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        message = f"a payload of {kind} lacks or misshapes {error}"
        raise ValueError(message) from error
    raise ValueError(f"{kind!r} is nothing that this app listens to")


def _command(payload: Payload) -> SlashCommand:
    who = Person(_text(payload["user_id"]), _text(payload.get("user_name", "")))
    return SlashCommand(who, _text(payload.get("text", "")).strip(), _text(payload["response_url"]))


def _interaction(payload: Payload) -> ButtonPress | ModalSubmission:
    user = payload["user"]
    name = user.get("username") or user.get("name") or ""
    who = Person(_text(user["id"]), _text(name))
    match payload["type"]:
        case "block_actions":
            return _press(payload, who)
        case "view_submission":
            return _form(payload["view"], who)
    raise ValueError(f"{payload['type']!r} is no interaction that this app offers")


def _press(payload: Payload, who: Person) -> ButtonPress:
    action = payload["actions"][0]
    return ButtonPress(
        who,
        _text(action["action_id"]).removeprefix(PREFIX),
        tuple(_text(action.get("value", "")).split()),
        _text(payload.get("trigger_id", "")),
        _text(payload["response_url"]),
    )


def _form(view: Payload, who: Person) -> ModalSubmission:
    private = json.loads(view["private_metadata"])
    before = {b["block_id"]: _content(b["element"], "initial_value")
              for b in view["blocks"] if b["type"] == "input"}  # fmt: skip
    values = {name: _content(field[name], "value")
              for name, field in view["state"]["values"].items()}  # fmt: skip
    return ModalSubmission(
        who,
        _text(view["callback_id"]).removeprefix(PREFIX),
        tuple(_text(private["about"]).split()),
        before,
        values,
        _text(private["url"]),
    )


def _content(field: Payload, key: str) -> str | None:
    """Return what a field holds; what is left empty holds nothing."""
    return _text(field.get(key) or "").strip() or None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text where {value!r} is")
    return value
