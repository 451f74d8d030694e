"""Forms that Slack shows over everything else (its modals), within their limits.

Source of the limits: https://docs.slack.dev/reference/views/modal-views and
https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sla_engine.slack.blocks import MAX_SECTION, PREFIX, Block, cut, escape

MAX_INPUT = 3_000

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Field:
    label: str
    hint: str
    optional: bool = True
    multiline: bool = False


_FORMS: dict[str, tuple[str, dict[str, _Field]]] = {
    "annotate": (
        "Cause and ticket",
        {
            "cause": _Field("Cause", "What broke, for the reports", multiline=True),
            "ticket": _Field("Ticket", "A number or a link"),
        },
    ),
    "reclassify": (
        "It was planned",
        {"reason": _Field("Why", "Which work, who agreed", optional=False, multiline=True)},
    ),
}


def form(
    name: str, heading: str, about: Sequence[str], url: str, holds: Mapping[str, str | None]
) -> View:
    """Return a form about outages, its fields filled with what they hold.

    ``url`` is where the answer goes: what is sent off with a form brings none of its own.
    """
    title, fields = _FORMS[name]
    blocks = [_input(key, field, holds.get(key)) for key, field in fields.items()]
    head = {
        "type": "section",
        "text": {"type": "mrkdwn", "text": cut(escape(heading), MAX_SECTION)},
    }
    return {
        "type": "modal",
        "callback_id": f"{PREFIX}{name}",
        "title": _plain(title),
        "submit": _plain("Save"),
        "close": _plain("Cancel"),
        "private_metadata": json.dumps({"about": " ".join(about), "url": url}),
        "blocks": [head, *blocks],
    }


def _input(key: str, field: _Field, value: str | None) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": key,
        "multiline": field.multiline,
        "max_length": MAX_INPUT,
    }
    if value and len(value) <= MAX_INPUT:
        element["initial_value"] = value
    return {
        "type": "input",
        "block_id": key,
        "label": _plain(field.label),
        "hint": _plain(field.hint),
        "optional": field.optional,
        "element": element,
    }


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
