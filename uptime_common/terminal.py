"""How wide a terminal is."""

import os
from typing import TextIO

_NARROWEST = 40


def width(stream: TextIO) -> int | None:
    """Return how many letters fit into a line; None where it is no terminal that is written to."""
    if not stream.isatty():
        return None
    try:
        return max(_NARROWEST, os.get_terminal_size(stream.fileno()).columns)
    except OSError:
        return None
