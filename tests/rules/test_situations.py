"""Nights: docs/alerting.md says what fires and how often; ``pytest --update-golden`` writes it."""

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rules import cases, nights
from tests.rules.nights import Told, messages, of_row, shown

pytestmark = pytest.mark.integration

DOC = cases.ROOT / "docs" / "alerting.md"
BEGIN = "<!-- written by: pytest --update-golden tests/rules/test_situations.py -->\n"
END = "<!-- end -->\n"
HEAD = (
    "| what happens | what is told, minutes after it begins | pages | tickets | Sloth's pages |\n"
    "|---|---|---|---|---|\n"
)
ORDER = ("services", "slow", "floods", "engine", "upkeep")


@functools.cache
def _played(name: str) -> tuple[list[Told], list[Told]]:
    path = next(path for path in nights.WORLDS if path.stem == name)
    with tempfile.TemporaryDirectory() as folder:
        return nights.play(path, Path(folder))


def _rows() -> Iterator[tuple[str, dict[str, Any], float, bool]]:
    """Yield world, row, when it begins, and whether Sloth watches it, too."""
    for name in ORDER:
        world = cases.load(next(path for path in nights.WORLDS if path.stem == name))
        for row in world["rows"]:
            begins = cases.seconds(row.get("since", world["begins"]))
            yield name, row, begins, row.get("service") in world.get("sloth", ())


def _pages(told: list[Told]) -> list[Told]:
    return [one for one in told if one.severity == "page"]


def _table() -> Iterator[str]:
    yield HEAD
    for name, row, begins, compared in _rows():
        ours, theirs = (of_row(told, row) for told in _played(name))
        why = f" ({row['meant']})" if "meant" in row else ""
        counts = [str(messages(ours, severity)) for severity in ("page", "ticket")]
        sloth = (
            shown(_pages(theirs), begins).replace("HighErrorRate (page) ", "") if compared else ""
        )
        yield f"| {row['what']}{why} | {shown(ours, begins)} | {' | '.join(counts)} | {sloth} |\n"


def test_the_worlds_are_shown() -> None:
    assert set(ORDER) == {path.stem for path in nights.WORLDS}
    assert len(list(_rows())) >= 30


def test_the_table_says_what_happens(request: pytest.FixtureRequest) -> None:
    text = DOC.read_text(encoding="utf-8")
    before, mark, rest = text.partition(BEGIN)
    assert mark, "the mark is gone"
    expected = before + BEGIN + "\n" + "".join(_table()) + "\n" + END + rest.partition(END)[2]
    if request.config.getoption("--update-golden"):
        DOC.write_text(expected, encoding="utf-8")
    assert DOC.read_text(encoding="utf-8") == expected


def test_nothing_pages_more_often_or_much_later_than_sloth_unless_it_is_meant() -> None:
    for name, row, _, compared in _rows():
        if not compared or "meant" in row:
            continue
        ours, theirs = (_pages(of_row(told, row)) for told in _played(name))
        assert messages(ours, "page") <= messages(theirs, "page"), row
        assert ours, row
        assert ours[0].first <= theirs[0].first + 30, row


def test_nothing_is_told_of_what_no_row_is_about() -> None:
    for path in nights.WORLDS:
        rows = cases.load(path)["rows"]
        ours, _ = _played(path.stem)
        assert [one for one in ours if not any(of_row([one], row) for row in rows)] == []
