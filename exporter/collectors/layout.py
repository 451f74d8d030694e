"""Finds numbers once in files that look the same at every scrape but for their numbers."""

from collections.abc import Callable, Iterable

from exporter.family import Family, Metric

Place = tuple[int, Metric, int]
"""Position among the text's words, the metric, and what its number is multiplied by."""

_DIGITS = b"0123456789 "


class Layout:
    """Remembers the places that ``find(text)`` returned until the text's shape changes."""

    def __init__(self, find: Callable[[str], Iterable[Place]]) -> None:
        self._find = find
        self._shape: tuple[bytes, int] | None = None
        self._places: list[Place] = []
        self._text = ""
        self._families: list[Family] = []

    def families(self, text: str) -> list[Family]:
        """Return a family per place. Raises ValueError where a word is no number."""
        if text == self._text:
            return self._families
        words = text.split()
        shape = text.encode("utf-8", "surrogateescape").translate(None, _DIGITS), len(words)
        if shape != self._shape:
            self._places = list(self._find(text))
            self._shape = shape
        self._families = [
            metric.value(int(words[index]) * scale) for index, metric, scale in self._places
        ]
        self._text = text
        return self._families
