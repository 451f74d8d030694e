"""Long tables for paper, as aligned text: WeasyPrint takes a minute over ten thousand cells.

Each sheet is a page with the head of its table. What is too wide is wrapped, then split by its
columns: nothing is cut, and nothing lies beyond the paper. Most sheets are left blank for
`sla_engine.reports.drawn`, which draws their lines in a hundredth of WeasyPrint's time.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from markupsafe import Markup

from sla_engine.reports import papers
from sla_engine.reports.grids import Grid
from uptime_common.tables import Block, fitted, letters

LEADING = 1.4
GROUND = "#f0f3f6"
_MANY = 60
"""A table of more rows is set in sheets: WeasyPrint takes long over each cell."""
_LETTER = 0.603  # of the font's size; DejaVu Sans Mono
_SMALLEST, _LARGEST = 7.0, 8.5
_HEADING = 70.0  # points that stand above the first sheet of a table
_PLAIN = (range(0x20, 0x7F), range(0xA0, 0x250), range(0x370, 0x500), range(0x2010, 0x2580))
"""Latin, Greek, Cyrillic, marks and lines: one letter is one glyph of one font."""


class Line(NamedTuple):
    """A line of a row; ``striped``: the row has a ground of its own, so that eyes stay on it."""

    text: str
    striped: bool


class Sheet(NamedTuple):
    """Lines under the head of their table, that fit on a page; ``size`` of the letters in pt."""

    head: Sequence[str]
    lines: Sequence[Line]
    size: float


class Sheets:
    """What sets the long tables of one page."""

    def __init__(self, paper: papers.Paper, *, blank: bool = True) -> None:
        """Leave sheets ``blank``, to be drawn, whose letters stand on ones before them."""
        self.blank: list[Sheet] = []
        """Those that were left blank; the element of the n-th has the id ``sheet-n``."""
        self._paper, self._may = paper, blank
        self._bold: set[str] = set()
        self._regular: set[str] = set()

    def __call__(self, grid: Grid) -> Markup:
        """Set a long table, the first sheet under its heading, on a page of its own."""
        if len(grid.rows) <= _MANY:
            return Markup("")
        return Markup("\n").join(map(self._set, _sheets(grid, self._paper)))

    def _set(self, sheet: Sheet) -> Markup:
        bold, regular = set().union(*sheet.head), set().union(*(line.text for line in sheet.lines))
        known = bold <= self._bold and regular <= self._regular
        if not (self._may and known):
            self._bold |= {letter for letter in bold if _is_plain(letter)}
            self._regular |= {letter for letter in regular if _is_plain(letter)}
            return _text(sheet)
        self.blank.append(sheet)
        tall = (len(sheet.head) + len(sheet.lines)) * sheet.size * LEADING
        return Markup('<pre id="sheet-{}" style="height: {:.2f}pt"></pre>').format(
            len(self.blank) - 1, tall
        )


def _is_plain(letter: str) -> bool:
    return any(ord(letter) in some for some in _PLAIN)


def _sheets(grid: Grid, paper: papers.Paper) -> Iterator[Sheet]:
    head, rows = grid.head, grid.rows
    [natural] = fitted(head, rows)
    longest = max(map(letters, chain(natural.head, *natural.rows)))
    size = max(_SMALLEST, min(_LARGEST, paper.width / _LETTER / longest))
    wide = int(paper.width / _LETTER / size)
    blocks = [natural] if longest <= wide else fitted(head, rows, wide)
    above = _HEADING
    for block in blocks:
        yield from _pages(block, size, above, paper.height)
        above = 0.0


def _pages(block: Block, size: float, above: float, height: float) -> Iterator[Sheet]:
    """Yield a block page by page; a row stays whole unless it is longer than a page."""
    room = int(height / size / LEADING) - len(block.head) - 1
    left = max(1, room - int(above / size / LEADING))
    lines: list[Line] = []
    for number, row in enumerate(block.rows):
        if lines and len(row) > left:
            yield Sheet(block.head, lines, size)
            lines, left = [], room
        for line in row:
            if not left:
                yield Sheet(block.head, lines, size)
                lines, left = [], room
            lines.append(Line(line, number % 2 == 1))
            left -= 1
    if lines:
        yield Sheet(block.head, lines, size)


def _text(sheet: Sheet) -> Markup:
    """Return a sheet; its stripes are one picture, for each element takes long to set."""
    head, lines, size = sheet
    return Markup('<pre style="font-size: {:.2f}pt; background: {}"><b>{}</b>\n{}</pre>').format(
        size, _stripes(len(head), lines, size * LEADING), "\n".join(head),
        "\n".join(line.text for line in lines),
    )  # fmt: skip


def _stripes(above: int, lines: Sequence[Line], tall: float) -> str:
    """Return the ground of the lines, from under the head down; ``tall`` is a line's height, pt."""
    if all(one.striped != other.striped for one, other in pairwise(lines)):
        first, second = _GROUNDS[lines[0].striped], _GROUNDS[not lines[0].striped]
        one, two = f"{tall:.2f}pt", f"{2 * tall:.2f}pt"
        turns = f"{first} 0, {first} {one}, {second} {one}, {second} {two}"
        place = f"0 {above * tall:.2f}pt / 100% {len(lines) * tall:.2f}pt no-repeat"
        return f"repeating-linear-gradient({turns}) {place}"
    stops, was = ["transparent 0"], False
    for number, line in enumerate((*lines, Line("", striped=False)), above):
        if line.striped != was:
            at = f"{number * tall:.2f}pt"
            stops += [f"{_GROUNDS[was]} {at}", f"{_GROUNDS[line.striped]} {at}"]
            was = line.striped
    return f"linear-gradient({', '.join(stops)}, transparent 100%)"


_GROUNDS = {False: "#fff", True: GROUND}
