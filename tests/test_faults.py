"""The short form of the faults: `python -m benchmarks.faults` runs all of them."""

from pathlib import Path

import pytest

from benchmarks.faults.__main__ import CASES, PAGE, violations
from benchmarks.faults.case import Case

CHEAP = [case for case in CASES if case.cheap]


@pytest.mark.e2e
@pytest.mark.parametrize("case", CHEAP, ids=lambda case: case.fault)
def test_a_promise_is_kept_under_fire(case: Case, tmp_path: Path) -> None:
    assert violations(case, tmp_path) == []


def test_the_page_has_a_row_for_every_case() -> None:
    rows = [line.split(" | ")[0] for line in PAGE.read_text(encoding="utf-8").splitlines()]
    assert [row.removeprefix("| ") for row in rows if ": " in row and row.startswith("| ")] == [
        f"{case.group}: {case.fault}" for case in CASES
    ]
