"""What fuzzers begin with, and what they found, has no outcome but those that are declared."""

import importlib

import pytest

from benchmarks.fuzz.__main__ import TARGETS, seeds


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "documents"])
def test_every_seed_of_a_target_is_read(name: str) -> None:
    target = importlib.import_module(f"benchmarks.fuzz.{name}")
    found = seeds(target.SEEDS)
    assert len(found) > 4
    for path in found:
        target.one_input(path.read_bytes())
