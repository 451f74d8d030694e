"""Slack's documented limits, as the local server holds its callers to them.

Sources: https://docs.slack.dev/reference/block-kit/blocks,
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
    "image": _image,
    "divider": lambda _: iter(()),
}
