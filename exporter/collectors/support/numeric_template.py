"""Finds numbers once in files that look the same at every scrape but for their numbers."""

from collections.abc import Callable, Iterable

from uptime_common.exposition import FilledTemplate, Metric, Template

Place = tuple[int, Metric, int]
"""Position among the text's words, the metric, and what its number is multiplied by."""

_DIGITS = b"0123456789 "


class Layout:
    """Remembers the places that ``find(text)`` returned until the text's shape changes."""

    def __init__(self, find: Callable[[str], Iterable[Place]]) -> None:
        self._find = find
        self._shape: tuple[bytes, int] | None = None
        self._indices: list[int] = []
        self._scales: list[tuple[int, int]] = []
        self._form = Template(())
        self._text = ""
        self._filled = self._form.filled(())

    def families(self, text: str) -> FilledTemplate:
        """Return a family per place. Raises ValueError where a word is no number."""
        if text == self._text:
            return self._filled
        words = text.split()
        shape = text.encode("utf-8", "surrogateescape").translate(None, _DIGITS), len(words)
        if shape != self._shape:
            self._learn(text)
            self._shape = shape
        numbers = [words[index] for index in self._indices]
        digits = "".join(numbers)
        if not (digits.isascii() and digits.isdigit()):
            numbers = [str(int(word)) for word in numbers]
        for place, scale in self._scales:
            numbers[place] = str(int(numbers[place]) * scale)
        self._text, self._filled = text, self._form.filled(numbers)
        return self._filled

    def _learn(self, text: str) -> None:
        places = list(self._find(text))
        self._indices = [index for index, _, _ in places]
        self._scales = [(at, scale) for at, (_, _, scale) in enumerate(places) if scale != 1]
        self._form = Template((metric, ()) for _, metric, _ in places)
