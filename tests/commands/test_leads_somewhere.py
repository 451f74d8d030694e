"""What a refusal names to type next leads somewhere: to the flags that were meant, or nowhere."""

from pathlib import Path
from typing import Any

import pytest

from sla_engine.cli import ACTED, COMMANDS, main, parser


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "services.yml").write_text(
        "organization: Acme\ntimezone: UTC\n"
        "prometheus: {url: 'http://127.0.0.1:9'}\n"
        "services:\n"
        "  - {id: shop, name: Shop, owner: ann, objective: 99.9, sli: {promql: up}}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLA_ENGINE_LEDGER", f"sqlite:///{tmp_path}/ledger.db")


@pytest.mark.parametrize("tick", ["0s", "50ms"])
def test_an_engine_without_a_pause_is_refused(
    tick: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", f"--tick={tick}"]) == 2
    assert f"--tick: {tick} is shorter than 100ms; see sla-engine serve --help" in (
        capsys.readouterr().err
    )


def test_wrong_flags_of_an_action_lead_to_the_help_of_that(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flags = ("--title=x", "--from=soon", "--duration=1h", "--service=shop", "--reason=y")
    assert main(["maintenance", "request", *flags]) == 2
    assert capsys.readouterr().err.endswith("; see sla-engine maintenance request --help\n")


def test_what_takes_an_action_is_known() -> None:
    taking = {name for name in COMMANDS if " ACTION" in _usage(name)}
    assert taking == ACTED


def _usage(name: str) -> str:
    [commands] = [a for a in parser(name)._actions if a.metavar == "COMMAND"]
    choices: Any = commands.choices
    return str(choices[name].format_usage())


def test_a_folder_that_is_not_there_is_named_and_no_draft(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", f"--output={tmp_path}/nowhere/x.yml"]) == 1
    said = capsys.readouterr().err
    assert said == f"sla-engine: {tmp_path}/nowhere: there is no such folder\n"


def test_a_token_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--prometheus.url=http://127.0.0.1:9", "--prometheus.bearer-token-file=/nowhere/t")
    assert main(["discover", *where]) == 1
    assert "/nowhere/t: No such file or directory" in capsys.readouterr().err


def test_a_job_that_failed_is_not_answered_by_a_list_of_flags(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["assets", f"--output={tmp_path}"]) == 1
    assert "--help" not in capsys.readouterr().err
