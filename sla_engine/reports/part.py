"""A part of the first page, as every format shows it."""

from dataclasses import dataclass

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: its title, its lines in cells, and what is said under them.

    ``amounts``: the last cell of a line is one; ``widths`` are its cells' shares of the room on
    paper, percent.
    """

    title: str
    rows: tuple[Cells, ...]
    rest: str = ""
    caption: str = ""
    empty: str = ""
    amounts: bool = False
    widths: tuple[int, ...] = (36, 64)
