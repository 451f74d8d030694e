"""A message as Slack's Block Kit, within its limits.

Source of the limits: https://docs.slack.dev/reference/block-kit/blocks and
https://docs.slack.dev/reference/methods/chat.postMessage.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sla_engine.domain.notice import Message
from uptime_common.bidi import isolated

MAX_BLOCKS = 50
MAX_SECTION = 3_000
MAX_FIELD = 2_000
MAX_FIELDS = 10
MAX_HEADER = 150
MAX_VALUE = 2_000
MAX_CAPTION = 75
MAX_TEXT = 4_000
"""What Slack advises for the plain text of a message; it cuts at 40,000."""

MARKS = {
    "down": "\N{LARGE RED CIRCLE}",
    "planned": "\N{WRENCH}",
    "up": "\N{LARGE GREEN CIRCLE}",
    "warning": "\N{WARNING SIGN}\N{VARIATION SELECTOR-16}",
    "info": "\N{INFORMATION SOURCE}\N{VARIATION SELECTOR-16}",
}
ACTIONS = {
    "acknowledge": "Acknowledge",
    "annotate": "Cause and ticket",
    "reclassify": "Was planned",
    "confirm": "Confirm planned",
    "refuse": "Refuse",
    "approve": "Approve",
    "reject": "Reject",
}
"""What can be done about a message, and what its button says."""
PREFIX = "uptime_"
"""What the ids of our buttons and forms begin with."""
_SPECIAL = ("here", "channel", "everyone")
_USER, _GROUP = re.compile(r"[UW][A-Z0-9]{6,}"), re.compile(r"S[A-Z0-9]{6,}")

_APART = "\N{ZERO WIDTH SPACE}"
_FORMAT = re.compile(
    r"(?<![^\s(\[{\"'<>,;:])([*_~`])(?=\S)([^\n]{0,200}?\S)\1(?![^\s)\]}\"'<>,;:.!?])"
)
"""What stands between two marks of one kind, as Slack reads them: at the edges of words."""
_SAID = re.compile(rf"(?<!\w)@(?=(?:{'|'.join(_SPECIAL)})\b)")

Block = dict[str, Any]


def escape(text: str) -> str:
    """Escape what Slack's mrkdwn reads as a command or a format; a text mentions nobody.

    Asterisks and the like have no escape there: what is not beside its word means nothing.
    """
    apart = _SAID.sub(f"@{_APART}", _FORMAT.sub(rf"\1{_APART}\2{_APART}\1", isolated(text)))
    escaped = apart.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{_APART}{escaped}" if text.startswith(">") else escaped


def mention(name: str) -> str:
    """Return the mention of ``@here``, a user's id (U...) or a group's (S...), else the text."""
    bare = name.removeprefix("@")
    if bare in _SPECIAL:
        return f"<!{bare}>"
    if _USER.fullmatch(bare):
        return f"<@{bare}>"
    if _GROUP.fullmatch(bare):
        return f"<!subteam^{bare}>"
    return escape(name)


def fallback(message: Message) -> str:
    """Return the text of notifications and screen readers."""
    told = "".join(f" {mention(name)}" for name in message.mentions)
    return cut(f"{MARKS[message.tone]} {escape(message.title)}", MAX_TEXT - len(told)) + told


def render(message: Message, *, buttons: bool = False) -> list[Block]:
    """Return the blocks of a message, with buttons for its actions where somebody listens."""
    tail = list(_tail(message, buttons=buttons))
    body = [*_head(message), *_fields(message.fields)]
    room = MAX_BLOCKS - len(body) - len(tail)
    more = "and {} more" if message.language == "en" else "… +{}"
    return [*body, *_sections(message.lines, room, more), *tail]


def _head(message: Message) -> Iterator[Block]:
    """Yield the title: of a long one the sentences that fit as the head, the others under it."""
    title, rest = isolated(f"{MARKS[message.tone]} {message.title}"), ""
    if len(title) > MAX_HEADER:
        end = title.rfind(". ", 0, MAX_HEADER) + 1
        title, rest = (title[:end], title[end + 1 :]) if end else (title, message.title)
    text = {"type": "plain_text", "text": cut(title, MAX_HEADER), "emoji": True}
    yield {"type": "header", "text": text}
    if rest:
        yield _section(cut(escape(rest), MAX_SECTION))


def _fields(facts: Sequence[tuple[str, str]]) -> Iterator[Block]:
    texts = [cut(f"*{escape(label)}*\n{escape(value)}", MAX_FIELD) for label, value in facts]
    for first in range(0, len(texts), MAX_FIELDS):
        some = texts[first : first + MAX_FIELDS]
        yield {"type": "section", "fields": [_mrkdwn(text) for text in some]}


def _sections(lines: Sequence[str], room: int, more: str) -> Iterator[Block]:
    """Pack lines into at most ``room`` sections; what finds no room is counted (``more``)."""
    packed = list(_packed([cut(escape(line), MAX_SECTION) for line in lines]))
    kept = packed if len(packed) <= room else packed[: room - 1]
    for some in kept:
        yield _section("\n".join(some))
    left = sum(map(bool, lines)) - sum(bool(line) for some in kept for line in some)
    if left:
        yield _section(more.format(left))


def _packed(lines: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    length = 0
    for line in lines:
        if some and length + len(line) + 1 > MAX_SECTION:
            yield some
            some, length = [], 0
        some.append(line)
        length += len(line) + 1
    if some:
        yield some


def _tail(message: Message, *, buttons: bool) -> Iterator[Block]:
    if message.links:
        yield _section(" · ".join(f"<{_url(url)}|{escape(label)}>" for label, url in message.links))
    if message.mentions:
        yield _section(" ".join(map(mention, message.mentions)))
    if message.actions and buttons:
        value = _value(message.about)
        captions = message.captions or [ACTIONS[action] for action in message.actions]
        pairs = zip(message.actions, captions, strict=True)
        yield {"type": "actions", "elements": [_button(*pair, value) for pair in pairs]}


def _url(url: str) -> str:
    """Return a URL as a link holds it: what would end the link is encoded."""
    return escape(url.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E"))


def _value(about: Sequence[str]) -> str:
    """Return as many ids, divided by spaces, as a button can send back."""
    joined = " ".join(about)
    return joined if len(joined) <= MAX_VALUE else joined[:MAX_VALUE].rpartition(" ")[0]


def _button(action: str, caption: str, value: str) -> Block:
    text = {"type": "plain_text", "text": cut(caption, MAX_CAPTION)}
    return {"type": "button", "action_id": f"{PREFIX}{action}", "text": text, "value": value}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def cut(text: str, limit: int) -> str:
    """Cut an escaped text, never inside an escape."""
    if len(text) <= limit:
        return text
    return re.sub(r"&[a-z]*$", "", text[: limit - 1]) + "…"
