"""Slack's documented limits, as the local server holds its callers to them.

Sources: https://docs.slack.dev/reference/block-kit/blocks,
https://docs.slack.dev/reference/views/modal-views,
https://docs.slack.dev/reference/block-kit/block-elements,
https://docs.slack.dev/reference/methods/chat.postMessage,
https://docs.slack.dev/messaging/message-metadata.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_LIMITS = {"mrkdwn": 3_000, "plain_text": 3_000}
_STRAY = re.compile(r"&(?!amp;|lt;|gt;)|<(?![@!#]|https?://)")
_METADATA_BYTES = 16_000


def mistakes(body: dict[str, Any]) -> list[str]:
    """Return the error codes that Slack would answer a message with."""
    found = []
    blocks = body.get("blocks") or []
    if not body.get("text") and not blocks:
        found.append("no_text")
    if len(body.get("text") or "") > 40_000:
        found.append("msg_too_long")
    if not body.get("text"):
        found.append("missing_fallback_text")
    if len(blocks) > 50:
        found.append("msg_blocks_too_long")
    found += [f"invalid_blocks: {m}" for block in blocks for m in _block(block)]
    metadata = body.get("metadata")
    if metadata is not None:
        if not isinstance(metadata.get("event_payload"), dict) or not metadata.get("event_type"):
            found.append("invalid_metadata_format")
        if len(json.dumps(metadata)) > _METADATA_BYTES:
            found.append("metadata_too_large")
    return found


def view_mistakes(view: dict[str, Any]) -> list[str]:
    """Return what Slack would say of a modal."""
    return [f"invalid_arguments: {mistake}" for mistake in _view(view)]


def _view(view: dict[str, Any]) -> Iterator[str]:
    blocks = view.get("blocks", [])
    if view.get("type") != "modal":
        yield "no modal"
    for part in ("title", "submit", "close"):
        yield from _text(view[part], 24, "plain_text")
    if not 0 < len(blocks) <= 100:
        yield "a modal has 1 to 100 blocks"
    if len(view.get("callback_id", "")) > 255:
        yield "callback_id over 255 characters"
    if len(view.get("private_metadata", "")) > 3_000:
        yield "private_metadata over 3000 characters"
    names = [block["block_id"] for block in blocks if "block_id" in block]
    if len(names) != len(set(names)) or any(len(name) > 255 for name in names):
        yield "block_ids are unique and at most 255 characters long"
    for block in blocks:
        yield from _block(block)


def _block(block: dict[str, Any]) -> Iterator[str]:
    kind = str(block.get("type"))
    if kind not in _BLOCKS:
        yield f"unknown block {kind!r}"
        return
    yield from _BLOCKS[kind](block)


def _header(block: dict[str, Any]) -> Iterator[str]:
    yield from _text(block["text"], 150, "plain_text")


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields", [])
    if not fields and "text" not in block:
        yield "a section needs text or fields"
    if len(fields) > 10:
        yield "more than 10 fields"
    for field in fields:
        yield from _text(field, 2_000)
    if "text" in block:
        yield from _text(block["text"], 3_000)


def _context(block: dict[str, Any]) -> Iterator[str]:
    if not 0 < len(block["elements"]) <= 10:
        yield "a context has 1 to 10 elements"
    for element in block["elements"]:
        yield from _text(element, 3_000)


def _actions(block: dict[str, Any]) -> Iterator[str]:
    if not 0 < len(block["elements"]) <= 25:
        yield "an actions block has 1 to 25 elements"
    for element in block["elements"]:
        yield from _button(element)
    names = [element["action_id"] for element in block["elements"]]
    if len(names) != len(set(names)):
        yield "action_ids are unique in a block"


def _input(block: dict[str, Any]) -> Iterator[str]:
    yield from _text(block["label"], 2_000, "plain_text")
    if "hint" in block:
        yield from _text(block["hint"], 2_000, "plain_text")
    element = block["element"]
    if element["type"] != "plain_text_input":
        yield f"unknown element {element['type']!r}"
    longest = element.get("max_length", 3_000)
    if not 1 <= longest <= 3_000:
        yield "max_length is 1 to 3000"
    if len(element.get("initial_value", "")) > longest:
        yield "initial_value over max_length"
    if len(element.get("action_id", "")) > 255:
        yield "action_id over 255 characters"


def _image(block: dict[str, Any]) -> Iterator[str]:
    if not 0 < len(block.get("alt_text", "")) <= 2_000:
        yield "an image needs alt_text of at most 2000 characters"


def _button(button: dict[str, Any]) -> Iterator[str]:
    yield from _text(button["text"], 75, "plain_text")
    if len(button.get("action_id", "")) > 255:
        yield "action_id over 255 characters"
    if len(button.get("value", "")) > 2_000:
        yield "value over 2000 characters"


def _text(text: dict[str, Any], limit: int, kind: str | None = None) -> Iterator[str]:
    if text["type"] not in ([kind] if kind else _LIMITS):
        yield f"text of type {text['type']!r}"
    if not 1 <= len(text["text"]) <= limit:
        yield f"text of {len(text['text'])} characters, 1 to {limit} allowed"
    if text["type"] == "mrkdwn" and (stray := _STRAY.search(text["text"])):
        yield f"unescaped {stray[0]!r} in {text['text']!r}"


_BLOCKS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": _image,
    "divider": lambda _: iter(()),
}
