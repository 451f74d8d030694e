"""Long tables for paper, as aligned text: WeasyPrint takes a minute over ten thousand cells.

Each sheet is a page with the head of its table. What is too wide is wrapped, then split by its
columns: nothing is cut, and nothing lies beyond the paper.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from markupsafe import Markup

from sla_engine.reports import papers
from sla_engine.reports.grids import Grid
from uptime_common.tables import Block, fitted, letters

_LETTER = 0.603  # of the font's size; DejaVu Sans Mono
_LEADING = 1.4
_SMALLEST, _LARGEST = 7.0, 8.5
_HEADING = 70.0  # points that stand above the first sheet of a table


def sheets(grid: Grid, paper: papers.Paper) -> Markup:
    """Set a table in sheets, the first under its heading, on a page of its own."""
    head, rows = grid.head, grid.rows
    [natural] = fitted(head, rows)
    longest = max(map(letters, chain(natural.head, *natural.rows)))
    size = max(_SMALLEST, min(_LARGEST, paper.width / _LETTER / longest))
    wide = int(paper.width / _LETTER / size)
    blocks = [natural] if longest <= wide else fitted(head, rows, wide)
    above = _HEADING
    found: list[Markup] = []
    for block in blocks:
        found += _sheets(block, size, above, paper.height)
        above = 0.0
    return Markup("\n").join(found)


class _Line(NamedTuple):
    """A line of a row; ``striped``: the row has a ground of its own, so that eyes stay on it."""

    text: str
    striped: bool


def _sheets(block: Block, size: float, above: float, height: float) -> Iterator[Markup]:
    """Yield a block page by page; a row stays whole unless it is longer than a page."""
    room = int(height / size / _LEADING) - len(block.head) - 1
    left = max(1, room - int(above / size / _LEADING))
    lines: list[_Line] = []
    for number, row in enumerate(block.rows):
        if lines and len(row) > left:
            yield _sheet(block.head, lines, size)
            lines, left = [], room
        for line in row:
            if not left:
                yield _sheet(block.head, lines, size)
                lines, left = [], room
            lines.append(_Line(line, number % 2 == 1))
            left -= 1
    if lines:
        yield _sheet(block.head, lines, size)


def _sheet(head: Sequence[str], lines: Sequence[_Line], size: float) -> Markup:
    """Return a sheet; its stripes are one picture, for each element takes long to set."""
    return Markup('<pre style="font-size: {:.2f}pt; background: {}"><b>{}</b>\n{}</pre>').format(
        size, _stripes(len(head), lines, size * _LEADING), "\n".join(head),
        "\n".join(line.text for line in lines),
    )  # fmt: skip


def _stripes(above: int, lines: Sequence[_Line], tall: float) -> str:
    """Return the ground of the lines, from under the head down; ``tall`` is a line's height, pt."""
    if all(one.striped != other.striped for one, other in pairwise(lines)):
        first, second = _GROUND[lines[0].striped], _GROUND[not lines[0].striped]
        one, two = f"{tall:.2f}pt", f"{2 * tall:.2f}pt"
        turns = f"{first} 0, {first} {one}, {second} {one}, {second} {two}"
        place = f"0 {above * tall:.2f}pt / 100% {len(lines) * tall:.2f}pt no-repeat"
        return f"repeating-linear-gradient({turns}) {place}"
    stops, was = ["transparent 0"], False
    for number, line in enumerate((*lines, _Line("", striped=False)), above):
        if line.striped != was:
            at = f"{number * tall:.2f}pt"
            stops += [f"{_GROUND[was]} {at}", f"{_GROUND[line.striped]} {at}"]
            was = line.striped
    return f"linear-gradient({', '.join(stops)}, transparent 100%)"


_GROUND = {False: "#fff", True: "#f0f3f6"}
