"""New services at the end of those of a services.yml that people keep: all else stays as it is."""

from collections.abc import Iterator, Sequence
from itertools import chain

import yaml

from sla_engine.discovery.proposal import Proposed
from sla_engine.discovery.writing import item


class MergeError(ValueError):
    """The text is of a form in which nothing can be added; the message says why."""


def merged(text: str, services: Sequence[Proposed], comment: str) -> str:
    """Return the text of a catalogue with services behind the last one of its list.

    Args:
        text: of the catalogue, which is valid.
        services: what to add; their ids are not in it.
        comment: stands before them, one line.

    Raises:
        MergeError: its services are no list of one line or more each.
    """
    if not services:
        return text
    listing = _services(yaml.compose(text, Loader=yaml.SafeLoader))
    end = text.find("\n", max(0, max(_ends(listing)) - 1))
    head, rest = (text, "") if end < 0 else (text[: end + 1], text[end + 1 :])
    newline = "\r\n" if "\r\n" in text else "\n"
    if not head.endswith("\n"):
        head += newline
    indent = " " * listing.start_mark.column
    lines = chain((f"{indent}# {comment}",), *(item(one, indent) for one in services))
    return head + "".join(f"{line}{newline}" for line in lines) + rest


def _services(root: yaml.Node | None) -> yaml.SequenceNode:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    for key, value in pairs:
        if key.value == "services":
            if isinstance(value, yaml.SequenceNode) and not value.flow_style and value.value:
                return value
            raise MergeError("its services stand in brackets: write a line of each, with a dash")
    raise MergeError("it has no services")


def _ends(node: yaml.Node) -> Iterator[int]:
    """Yield where the text of a node ends; a block's own end lies behind what follows it."""
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False):
        yield node.end_mark.index
    elif isinstance(node, yaml.MappingNode):
        yield from chain.from_iterable(_ends(part) for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        yield from chain.from_iterable(_ends(part) for part in node.value)
