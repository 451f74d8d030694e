"""What the README tells people to type or to write is understood by what it is told to."""

import re
import shlex
from pathlib import Path

import pytest

from service_catalogue.load import parse_catalogue
from sla_engine.cli import parser

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
LINES = [
    shlex.split(line, comments=True)
    for kind, block in BLOCKS
    if kind == "sh"
    for line in block.splitlines()
]


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_a_line_to_type_is_understood(words: list[str]) -> None:
    match words:
        case ["make", target]:
            assert target in _targets()
        case ["export", setting]:
            assert re.fullmatch(r"[A-Z_]+=\S+", setting)
        case ["pipx", "install", "."]:
            assert (ROOT / "pyproject.toml").exists()
        case [program, *flags]:
            assert Path(program).name == "sla-engine"
            assert callable(parser(flags[0]).parse_args(flags).command)
        case _:
            pytest.fail("nobody knows what it does")


def test_the_service_of_five_minutes_and_its_window_are_one_catalogue() -> None:
    whole = "\n".join(block for kind, block in BLOCKS if kind == "yaml")
    catalogue = parse_catalogue(whole, "README.md")
    assert [service.id for service in catalogue.services] == ["website"]
    assert [window.id for window in catalogue.maintenance.windows] == ["move"]


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    shown = [block for kind, block in BLOCKS if kind not in ("sh", "yaml")]
    # The report is compared by tests/discovery, the demo's story is told by tests/e2e.
    assert [block.splitlines()[0].partition(":")[0] for block in shown] == [
        "Service levels of 127.0.0.1",
        "Uptime Ledger demo",
    ]


def test_its_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", TEXT)
    assert "docs/images/one-command.png" in pictures
    assert [name for name in pictures if not (ROOT / name).exists()] == []
