"""docs/traps.md names tests that exist, and every test of figures here."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/traps.md").read_text())


def test_every_trap_names_a_test_that_exists() -> None:
    for file, name in NAMED:
        assert f"def {name}(" in (ROOT / file).read_text(), f"{file}::{name}"


def test_every_test_of_figures_is_in_the_table() -> None:
    here = re.findall(
        r"^def (test_\w+)", (ROOT / "tests/traps/test_figures.py").read_text(), re.MULTILINE
    )
    assert set(here) == {name for file, name in NAMED if file == "tests/traps/test_figures.py"}
