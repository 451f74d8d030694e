"""The sizes of paper that a report is printed on, lying."""

from typing import NamedTuple


class Paper(NamedTuple):
    """A size of paper: CSS's name of it, and points inside the margins of 12 mm, 15 at the foot."""

    size: str
    width: float
    height: float


PAPERS: dict[str, Paper] = {
    "A4": Paper("A4 landscape", 772.0, 512.0),
    "letter": Paper("letter landscape", 723.0, 530.0),
}
"""By the name that ``--paper`` and ``reports[].paper`` know it by."""
