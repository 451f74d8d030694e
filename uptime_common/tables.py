"""Tables as lines of text in columns, as wide as they need or fitted to a width."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from unicodedata import combining, east_asian_width

Row = Sequence[str]
_TIMES = "\N{MULTIPLICATION SIGN}"
_AMOUNT = r"[-+]?%?\d[\d.,\s]*[%*dhms\d.,\s]*"
_NUMBER = re.compile(rf"(-|unknown|{_AMOUNT}( of ({_AMOUNT} {_TIMES} )?{_AMOUNT}| ms)?)( \*)?")
_EMPTY = frozenset({"", "-"})
_GAP = 2
_NARROW = 12  # letters; no column of words is made narrower


class Block(NamedTuple):
    """Some columns of a table: the lines of its head, and those of each row."""

    head: list[str]
    rows: list[list[str]]


def table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """Lay out columns as wide as they need; numbers go right."""
    return lines(head, rows, None)


def lines(head: Row, rows: Iterable[Row], width: int | None) -> Iterator[str]:
    """Yield a table as lines within ``width`` letters, or as wide as it needs; see `fitted`."""
    for number, block in enumerate(fitted(head, rows, width)):
        if number:
            yield ""
        yield from block.head
        for row in block.rows:
            yield from row


def fitted(head: Row, rows: Iterable[Row], width: int | None = None) -> list[Block]:
    """Lay out columns within ``width`` letters; no letter is lost.

    Words are wrapped where that is enough; else the columns are split into blocks, each with the
    first column. A number is never wrapped: a block is wider than ``width`` only where the first
    column and one number are.
    """
    body = [list(row) for row in rows]
    columns = list(zip(head, *body, strict=True))
    numeric = [all(_NUMBER.fullmatch(cell) for cell in cells) for _, *cells in columns]
    natural = [max(map(letters, cells)) for cells in columns]
    if width is None:
        return [_block(columns, natural, numeric)]
    least = [
        max(map(letters, (*title.split(), *cells))) if right else min(wide, _NARROW)
        for (title, *cells), wide, right in zip(columns, natural, numeric, strict=True)
    ]
    return [
        _block([columns[i] for i in kept], widths, [numeric[i] for i in kept])
        for kept, widths in _groups(natural, least, width)
    ]


def compact(head: Row, rows: Iterable[Row], zero: str) -> tuple[Row, list[Row]]:
    """Leave out the columns in which every cell says nothing, or ``zero``."""
    body = list(rows)
    empty = _EMPTY | {zero}
    kept = [i for i in range(len(head)) if any(row[i] not in empty for row in body)]
    return [head[i] for i in kept], [[row[i] for i in kept] for row in body]


def letters(text: str) -> int:
    """Return the room that a text takes, in letters; an East Asian one takes that of two."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _groups(
    natural: Sequence[int], least: Sequence[int], width: int
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield which columns stand together, and their widths."""
    everything = list(range(len(natural)))
    if _needed(least) <= width:
        yield everything, _shared(natural, least, width)
        return
    kept = [0]
    for i in everything[1:]:
        if len(kept) > 1 and _needed([least[k] for k in (*kept, i)]) > width:
            yield kept, _shared([natural[k] for k in kept], [least[k] for k in kept], width)
            kept = [0]
        kept.append(i)
    yield kept, _shared([natural[k] for k in kept], [least[k] for k in kept], width)


def _needed(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _shared(natural: Sequence[int], least: Sequence[int], width: int) -> list[int]:
    """Return widths that fit: the widest columns give way first, each to its least."""
    low, high = 0, max(natural)
    while low < high:
        cap = (low + high + 1) // 2
        if _needed(_capped(natural, least, cap)) <= width:
            low = cap
        else:
            high = cap - 1
    return _capped(natural, least, low)


def _capped(natural: Sequence[int], least: Sequence[int], cap: int) -> list[int]:
    return [max(low, min(wide, cap)) for wide, low in zip(natural, least, strict=True)]


def _block(columns: Sequence[Row], widths: Sequence[int], right: Sequence[bool]) -> Block:
    head, *rows = (_lines(row, widths, right) for row in zip(*columns, strict=True))
    return Block(head, rows)


def _lines(row: Row, widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """Return the lines of a row whose cells are wrapped to their widths."""
    cells = [_wrapped(cell, wide) for cell, wide in zip(row, widths, strict=True)]
    found = []
    for i in range(max(map(len, cells))):
        parts = (
            _padded(lines[i] if i < len(lines) else "", wide, numeric)
            for lines, wide, numeric in zip(cells, widths, right, strict=True)
        )
        found.append((" " * _GAP).join(parts).rstrip())
    return found


def _padded(text: str, width: int, right: bool) -> str:
    room = " " * (width - letters(text))
    return room + text if right else text + room


def _wrapped(cell: str, width: int) -> list[str]:
    if letters(cell) <= width:
        return [cell]
    if cell.isascii():
        return textwrap.wrap(cell, width) or [""]
    return list(_wide(cell, width))


def _wide(cell: str, width: int) -> Iterator[str]:
    """Yield lines of a text some letters of which are wide; a line ends at a space, if it can."""
    line = ""
    for letter in cell:
        if letters(line + letter) > width:
            cut = line.rfind(" ") + 1 or len(line)
            yield line[:cut].rstrip()
            line = line[cut:]
        line += letter
    if line.strip():
        yield line.rstrip()
