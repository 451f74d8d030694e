"""What the README tells people to type or to write is understood by what it is told to."""

import re
import shlex
from pathlib import Path

import pytest

from service_catalogue.load import parse_catalogue
from sla_engine.app.clock import CLOCK
from sla_engine.cli import main, parser
from sla_engine.domain.outage import outage_id
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
CATALOGUE = "\n".join(block for kind, block in BLOCKS if kind == "yaml")
DAY = 86_400_000
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
    catalogue = parse_catalogue(CATALOGUE, "README.md")
    assert [service.id for service in catalogue.services] == ["website"]
    assert [window.id for window in catalogue.maintenance.windows] == ["move"]


ASKED = [words[1:] for words in LINES if words[0] == ".venv/bin/sla-engine"]


def test_what_to_ask_later_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the service of five minutes, of which an engine has measured three days."""
    now = CLOCK.now()
    first, began, ended = now - 3 * DAY, now - 2 * DAY, now - 2 * DAY + 600_000
    line = (
        Segment(first, began, State.UP),
        Segment(began, ended, State.DOWN),
        Segment(ended, now, State.UP),
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "services.yml").write_text(CATALOGUE)
    with Ledger.open("sqlite:///var/ledger.db") as ledger:
        ledger.apply([Derived("website", line, first)])
    for words in ASKED:
        assert main(words) == 0, words
    assert len(ASKED) == 3
    shown = capsys.readouterr().out
    assert "Our website" in shown
    assert outage_id("website", began) in shown
    assert "Our website" in (tmp_path / "month.html").read_text()


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
