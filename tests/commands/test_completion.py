"""A shell completes what the command line understands."""

import subprocess

import pytest

from sla_engine.cli import COMMANDS, main
from sla_engine.commands.completion import SHELLS

COMPLETE = """
source /dev/stdin
run=$(complete -p sla-engine | sed 's/.*-F \\([^ ]*\\).*/\\1/')
COMP_WORDS=(%s)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
$run
printf '%%s\\n' "${COMPREPLY[@]}"
"""


def _script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_in_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    script = _script(shell, capsys)
    assert [name for name in COMMANDS if name not in script] == []
    assert "storage.ledger" in script


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("sla-engine re", {"report", "recompute"}),
        ("sla-engine report --config.f", {"--config.file"}),
        ("sla-engine report --log.level e", {"error"}),
        ("sla-engine maintenance appr", {"approve"}),
    ],
)
def test_bash_offers_what_fits(
    typed: str, offered: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["bash", "--norc", "-c", COMPLETE % typed]
    script = _script("bash", capsys)
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert {word.strip() for word in done.stdout.split()} == offered


def test_a_shell_that_nobody_knows_is_wrong_usage() -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["completion", "tea"])
