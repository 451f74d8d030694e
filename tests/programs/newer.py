"""Servers newer than those of Debian's stable release; `scripts/newer` brings them where it can."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.programs.process import find_program

_FOLDER = Path(__file__).parents[2] / ".newer"


def newer_program(name: str) -> str:
    """Return the path of a newer server; without one the test is skipped, with the reason."""
    path = _FOLDER / "bin" / name
    if not path.exists():
        absent = _FOLDER / "absent"
        why = absent.read_text(encoding="utf-8").strip() if absent.exists() else "`make dev-setup`"
        pytest.skip(f"no newer {name} here: {why}")
    return str(path)


RELEASES: Mapping[str, Callable[[str], str]] = {"installed": find_program, "newer": newer_program}
"""How to find a program in each release that is tested."""
