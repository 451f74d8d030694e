"""Ids, names and selectors from label values, which may be anything."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

_SCHEME = re.compile(r"^[a-z]+://")
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_ID = re.compile(r"[^a-z0-9_.]+")
_LONGEST_ID, _HASHED = 64, 6
_LONGEST_NAME = 200
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_TEMPLATE = re.compile(r"([{<$%])(?=[{%n])")


def quoted(value: str) -> str:
    """Return a label value as a string of PromQL."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def selector(metric: str, matchers: Mapping[str, str | Sequence[str]]) -> str:
    """Return the selector of a metric's series with these values of labels; several: one of them.

    An empty value selects what has no such label.
    """
    parts = [
        f"{_label(name)}={quoted(value)}"
        if isinstance(value, str)
        else f"{_label(name)}=~{quoted('|'.join(map(re.escape, value)))}"
        for name, value in matchers.items()
    ]
    return f"{metric}{{{','.join(parts)}}}"


def _label(name: str) -> str:
    """Return the name of a label; Prometheus 3 has quoted ones of any characters."""
    return name if _LABEL.fullmatch(name) else quoted(name)


def printable(text: str) -> str:
    """Return text as a name of the catalogue may be: one line, no template, not too long."""
    plain = _TEMPLATE.sub(r"\1 ", _CONTROL.sub(" ", text)).strip()
    return plain[:_LONGEST_NAME] or "unnamed"


def identifier(text: str) -> str:
    """Return the identifier that is next to a text."""
    bare = _SCHEME.sub("", text.lower())
    return _NO_ID.sub("-", bare).strip("-._")[:_LONGEST_ID].strip("-._") or "service"


def identifiers(texts: Sequence[str], sources: Sequence[str]) -> list[str]:
    """Return an identifier for each text; those that would be alike end in a hash of their source.

    So neither an order nor a number tells two apart: both may change.
    """
    plain = [identifier(text) for text in texts]
    count = Counter(plain)
    return [
        name if count[name] == 1 else _hashed(name, source)
        for name, source in zip(plain, sources, strict=True)
    ]


def _hashed(name: str, source: str) -> str:
    digest = hashlib.sha256(source.encode()).hexdigest()[:_HASHED]
    return f"{name[: _LONGEST_ID - _HASHED - 1].rstrip('-._')}-{digest}"


def titles(plain: Sequence[str], others: Sequence[Mapping[str, str]]) -> list[str]:
    """Return titles; those that are alike tell the labels, too, in which they differ."""
    alike: dict[str, list[int]] = {}
    for number, title in enumerate(plain):
        alike.setdefault(title, []).append(number)
    found = list(plain)
    for title, numbers in alike.items():
        if len(numbers) > 1:
            names = differing(others[number] for number in numbers)
            for number in numbers:
                told = ", ".join(f"{n}={others[number].get(n, '')}" for n in names)
                found[number] = f"{title} ({told})" if told else title
    return found


def differing(some: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the names of the labels whose values are not the same in all, sorted."""
    labels = list(some)
    names = {name for one in labels for name in one}
    return tuple(sorted(n for n in names if len({one.get(n, "") for one in labels}) > 1))
