"""Tables as lines of text in columns."""

import re
from collections.abc import Iterable, Iterator, Sequence

Row = Sequence[str]
_NUMBER = re.compile(r"(-|unknown|[-+]?%?\d[^a-zA-Z:]*( of \d[^a-zA-Z:]*| ms)?)( \*)?")
_EMPTY = frozenset({"", "-"})


def table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """Lay out columns as wide as they need; numbers go right."""
    body = list(rows)
    widths = [max(len(row[i]) for row in (head, *body)) for i in range(len(head))]
    right = [all(_NUMBER.fullmatch(row[i]) for row in body) for i in range(len(head))]
    for row in (head, *body):
        cells = (
            cell.rjust(width) if numeric else cell.ljust(width)
            for cell, width, numeric in zip(row, widths, right, strict=True)
        )
        yield "  ".join(cells).rstrip()


def compact(head: Row, rows: Iterable[Row], zero: str) -> tuple[Row, list[Row]]:
    """Leave out the columns in which every cell says nothing, or ``zero``."""
    body = list(rows)
    empty = _EMPTY | {zero}
    kept = [i for i in range(len(head)) if any(row[i] not in empty for row in body)]
    return [head[i] for i in kept], [[row[i] for i in kept] for row in body]
