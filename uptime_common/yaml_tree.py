"""YAML text as plain data, with the line of everything in it, in bounded time and memory.

It is built from the parser's events without recursion. What has no value is noted and replaced by
`BROKEN`, so that the rest is judged all the same. Keys are the text that is written.
"""

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from uptime_common.shown import shown
from uptime_common.yaml_scalars import MERGE, ScalarError, plain, shown_tag, tag_of, tagged

MAX_DEPTH = 64
MAX_NODES = 1_000_000
"""How much a document may hold; what aliases repeat is counted, 64 characters weigh as a node."""
_MAX_TEXT = 1 << 20
_MAX_KEY = 1024
_TAGS = {"tag:yaml.org,2002:map": dict, "tag:yaml.org,2002:seq": list}
_COMMENT = re.compile(r"[ \t]*(#[^\s#]\S*)")
_SURROGATE = re.compile("[\ud800-\udfff]")

_COMMA = "is no number: decimals are set off by a point, thousands by nothing"

Location = tuple[int | str, ...]


class Broken:
    """Stands for what has no value; there is one, `BROKEN`."""


BROKEN = Broken()


class Mark(NamedTuple):
    """Where a node stands: ``children`` by key or index, ``raw`` what is written for a scalar."""

    line: int
    children: dict[int | str, "Mark"] | None = None
    raw: str | None = None


class Finding(NamedTuple):
    """A mistake in the text itself; ``line`` counts from 1."""

    line: int
    location: Location
    message: str


class TreeError(Exception):
    """What ends the reading: a bound is exceeded."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class Tree(NamedTuple):
    """A document: plain data, where everything stands, and what is wrong already."""

    data: Any
    root: Mark
    findings: tuple[Finding, ...]


class _Node(NamedTuple):
    data: Any
    mark: Mark
    weight: int
    height: int


@dataclass(slots=True)
class _Open:
    """A collection without its end; ``key`` waits for its value, ``skip`` nodes are dropped."""

    data: Any
    mark: Mark
    flow: bool
    anchor: str | None
    mapping: bool
    key: str | None = None
    key_line: int = 0
    skip: int = 0
    merging: bool = False
    broken: bool = False
    weight: int = 1
    height: int = 0
    merged: list[_Node] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    @property
    def wants_key(self) -> bool:
        """Say whether the next node is a key."""
        return self.mapping and self.key is None and not self.skip


def _value(event: yaml.ScalarEvent, source: str) -> Any:
    text: str = event.value
    if len(text) > _MAX_TEXT:
        raise ScalarError(f"is longer than {_MAX_TEXT} characters")
    if _SURROGATE.search(text):
        raise ScalarError("holds half a character (a surrogate)")
    if event.tag is not None and event.tag != "!":
        return tagged(event.tag, text)
    if not event.implicit[0]:
        return text
    at = event.start_mark.index if event.start_mark else 0
    if not text and (comment := _COMMENT.match(source, at)):
        said = shown(comment[1])[1:-1]
        raise ScalarError(f'is empty: {said} begins a comment; quote it: "{said}"')
    return plain(text)


class TreeBuilder:
    """Takes the events of one document; ``tree`` is what it made of them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._stack: list[_Open] = []
        self._root: _Node | None = None
        self._anchors: dict[str, _Node | None] = {}
        self._nodes = 0
        self._documents = 0
        self.findings: list[Finding] = []

    @property
    def tree(self) -> Tree | None:
        """Return the document, None where there is none."""
        if self._root is None:
            return None
        return Tree(self._root.data, self._root.mark, tuple(self.findings))

    def take(self, event: yaml.Event) -> None:
        """Take the next event.

        Raises:
            TreeError: a bound is exceeded.
        """
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", line)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise TreeError(Finding(line, (), "a second document begins here; one is read"))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        if self._stack and self._stack[-1].wants_key:
            self._key(event, line)
            return
        value = self._value(event, line)
        weight = 1 + len(event.value) // 64
        raw = None if isinstance(value, str) else event.value
        node = _Node(value, Mark(line, None, raw), weight, 0)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._count(weight, line)
        self._place(node)

    def _value(self, event: yaml.ScalarEvent, line: int) -> Any:
        try:
            return _value(event, self._text)
        except ScalarError as error:
            self._find(line, str(error))
            return BROKEN

    def _key(self, event: yaml.ScalarEvent, line: int) -> None:
        top, text = self._stack[-1], event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = _Node(text, Mark(line), 1, 0)
        if _SURROGATE.search(text) or len(text) > _MAX_KEY:
            self._find(line, f"a key must be text of at most {_MAX_KEY} characters")
            top.skip = 1
            return
        top.key, top.key_line = text, line
        top.merging = bool(event.implicit[0]) and event.tag is None and tag_of(text) == MERGE
        if text in top.seen:
            self._find(line, "is written twice")
        top.seen.add(text)

    def _open(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise TreeError(Finding(line, (), f"is nested deeper than {MAX_DEPTH} levels"))
        mapping, flow = isinstance(event, yaml.MappingStartEvent), bool(event.flow_style)
        kind = dict if mapping else list
        if self._stack and self._stack[-1].wants_key:
            self._complex_key(self._stack[-1], line, template=mapping and flow)
        self._count(1, line)
        opened = _Open(kind(), Mark(line, {}), flow, event.anchor, mapping)
        if event.tag not in (None, "!") and _TAGS.get(event.tag) is not kind:
            self._find(line, f"tag {shown_tag(event.tag)} is not taken here")
            opened.broken = True
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(opened)

    def _complex_key(self, top: _Open, line: int, *, template: bool) -> None:
        """Take a key that is not text: ignored with its value; in ``{}`` with all around it."""
        hint = "; {{ ... }} looks like a template that was not rendered" if template else ""
        self._find(line, f"a key must be text{hint}")
        top.skip = 2
        top.broken = top.broken or top.flow

    def _close(self) -> None:
        done = self._stack.pop()
        for merged in done.merged:
            self._merge(done, merged)
        if done.flow and done.mapping:
            self._find_commas(done)
        data = BROKEN if done.broken else done.data
        node = _Node(data, done.mark, done.weight, done.height + 1)
        if done.anchor is not None:
            self._anchors[done.anchor] = node
        self._place(node)

    def _find_commas(self, done: _Open) -> None:
        """Find ``99,9`` in braces, where it is 99 and a key 9 without a value."""
        assert done.mark.children is not None  # noqa: S101 - a collection has children
        number: str | None = None
        written: dict[str, list[str]] = {}
        for key, value in list(done.data.items()):
            if number is not None and value is None and key.isdecimal():
                written.setdefault(number, [done.mark.children[number].raw or ""]).append(key)
                del done.data[key], done.mark.children[key]
            else:
                number = key if type(value) in {int, float} else None
        for key, parts in written.items():
            done.data[key] = BROKEN
            line, location = done.mark.children[key].line, (*self._here(), key)
            self.findings.append(Finding(line, location, f"{','.join(parts)} {_COMMA}"))

    @staticmethod
    def _merge(into: _Open, node: _Node) -> None:
        assert into.mark.children is not None  # noqa: S101 - a collection has children
        for key, value in node.data.items():
            if key not in into.data:
                into.data[key] = value
                into.mark.children[key] = (node.mark.children or {})[key]

    def _alias(self, anchor: str, line: int) -> None:
        node = self._anchors.get(anchor)
        name = shown(anchor)[1:-1]
        if node is None:
            wrong = "stands inside what it repeats" if anchor in self._anchors else "names nothing"
            self._find(line, f"*{name} {wrong}")
            node = _Node(BROKEN, Mark(line), 1, 0)
        if len(self._stack) + node.height > MAX_DEPTH:
            raise TreeError(Finding(line, (), f"*{name} nests deeper than {MAX_DEPTH} levels"))
        self._count(node.weight, line)
        if self._stack and self._stack[-1].wants_key:
            self._find(line, f"a key must be text, not *{name}")
            self._stack[-1].skip = 1
            return
        self._place(node._replace(mark=node.mark._replace(line=line)))

    def _place(self, node: _Node) -> None:
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        top.weight += node.weight
        top.height = max(top.height, node.height)
        children = top.mark.children
        assert children is not None  # noqa: S101 - a collection has children
        if not top.mapping:
            children[len(top.data)] = node.mark
            top.data.append(node.data)
        elif top.skip:
            top.skip -= 1
        elif top.merging:
            top.merged += self._mergeable(node, top.key_line)
            top.key = None
        elif top.key is not None:
            top.data[top.key] = node.data
            children[top.key] = node.mark._replace(line=top.key_line)
            top.key = None

    def _mergeable(self, node: _Node, line: int) -> list[_Node]:
        """Return the mappings that ``<<`` names."""
        nodes = [node]
        if isinstance(node.data, list):
            marks = (node.mark.children or {}).values()
            nodes = [_Node(*pair, 1, 0) for pair in zip(node.data, marks, strict=True)]
        if any(not isinstance(n.data, dict | Broken) for n in nodes):
            self._find(line, "takes a mapping or a list of mappings")
        return [n for n in nodes if isinstance(n.data, dict)]

    def _count(self, weight: int, line: int) -> None:
        self._nodes += weight
        if self._nodes > MAX_NODES:
            raise TreeError(Finding(line, (), "holds too much, what aliases repeat counted"))

    def _find(self, line: int, message: str) -> None:
        self.findings.append(Finding(line, self._here(), message))

    def _here(self) -> Location:
        parts: list[int | str] = []
        for opened in self._stack:
            if not opened.mapping:
                parts.append(len(opened.data))
            elif opened.key is not None:
                parts.append(opened.key)
        return tuple(parts)
