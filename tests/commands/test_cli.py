"""The command line's contract: exit codes and where the words go."""

import argparse
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel import dates

import uptime_common
from service_catalogue import load_catalogue
from sla_engine.accounting.past import noted
from sla_engine.cli import main, parser
from sla_engine.domain.outage import outage_id
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Books, Derived, Ledger

SERVICES = """\
organization: Example
timezone: UTC
services:
  - {id: shop, name: Shop, objective: 99.9, sli: {promql: up}}
  - {id: api, name: API, sli: {promql: up}}
"""
DAY = 86_400_000
START = 20_000 * DAY


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    """Return the flags of a catalogue and of a ledger that holds one day with one outage."""
    (tmp_path / "services.yml").write_text(SERVICES)
    url = f"sqlite:///{tmp_path}/ledger.db"
    line = (
        Segment(START, START + 3_600_000, State.UP),
        Segment(START + 3_600_000, START + 3_690_500, State.DOWN),
        Segment(START + 3_690_500, START + DAY, State.UP),
    )
    with Ledger.open(url) as ledger:
        ledger.apply([Derived("shop", line, START)])
    return [f"--config.file={tmp_path}/services.yml", f"--storage.ledger={url}"]


def test_help_says_what_every_command_and_flag_is() -> None:
    assert list(_unexplained(parser())) == []


def _unexplained(command: argparse.ArgumentParser) -> Iterator[str]:
    if not command.description:
        yield command.prog
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from _unexplained(each)
        elif not action.help:
            yield f"{command.prog} {action.dest}"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"sla-engine {uptime_common.__version__}\n"


def test_check_praises_a_good_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "services.yml"
    path.write_text(SERVICES)
    assert main(["check", f"--config.file={path}"]) == 0
    assert capsys.readouterr().out.startswith(f"{path}: 2 services, no mistakes; next: sla-engine ")


def test_check_tells_every_mistake_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    path.write_text(SERVICES.replace("timezone: UTC", "timezone: Mars").replace("99.9", "0.9"))
    assert main(["check", f"--config.file={path}"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = [line.removeprefix(f"{path}:").split(":")[0] for line in captured.err.splitlines()]
    assert lines == ["2", "4"]


def test_check_tells_wrong_schedules_with_everything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    report = "reports:\n  - {id: r, period: daily, cron: 61 9 * * *}\n"
    path.write_text(SERVICES.replace("timezone: UTC", "timezone: Mars") + report)
    assert main(["check", f"--config.file={path}"]) == 1
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{path}:2: timezone: ")
    line = path.read_text().count("\n")
    assert last.startswith(f"{path}:{line}: reports[0].cron: '61 9 * * *' is not a crontab line")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "--format=xls"], "sla-engine report: argument --format: invalid choice: 'xls'"),
        (["verify", "twice"], "sla-engine verify: unrecognized arguments: twice; see"),
        (["reprt"], "sla-engine: argument COMMAND: invalid choice: 'reprt'"),
        (["completion"], "sla-engine completion: the following arguments are required: bash|zsh"),
        (["outages"], "sla-engine outages: the following arguments are required: ACTION"),
    ],
)
def test_a_wrong_flag_is_told_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith(words)
    assert len(err.splitlines()) == 1


def test_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Uptime Ledger catalogue"


def test_the_report_counts_the_outage(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *flags, "--period=2024-10-04", "--format=json"]) == 0
    shop, api = json.loads(capsys.readouterr().out)["services"]
    assert shop["availability_ratio"] == (86400 - 90.5) / 86400
    assert (shop["outage_count"], shop["outages"][0]["duration_seconds"]) == (1, 90.5)
    assert (api["availability_ratio"], api["met"]) == (None, None)


def test_the_report_speaks_a_language(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", *flags, "--period=2026-10", "--language=de"]) == 0
    month = dates.format_skeleton("yMMMM", date(2026, 10, 1), locale="de")
    assert f"Service-Levels von Example, {month}" in capsys.readouterr().out
    assert main(["report", *flags, "--period=2026-10", "--language=klingon!"]) == 2
    assert "--language: 'klingon!' is not a language" in capsys.readouterr().err


def test_the_report_goes_to_a_file(flags: list[str], tmp_path: Path) -> None:
    output = tmp_path / "report.txt"
    assert main(["report", *flags, "--period=2024-10-04", f"--output={output}"]) == 0
    assert "Shop" in output.read_text()


def test_outages_are_listed(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outages", "list", *flags]) == 0
    (_, row) = capsys.readouterr().out.splitlines()
    began, ended = "2024-10-04 01:00:00 UTC", "2024-10-04 01:01:30 UTC"
    told = f"{outage_id('shop', START + 3_600_000)} shop {began} {ended} 1m 31s unplanned -"
    assert " ".join(row.split()) == told


def test_an_open_outage_lasts_no_longer_than_its_data(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    down = START + DAY - 60_000
    line = (Segment(START, down, State.UP), Segment(down, START + DAY, State.DOWN))
    with Ledger.open(flags[1].partition("=")[2]) as ledger:
        ledger.apply([Derived("api", line, START)])
    assert main(["outages", "list", *flags, "--open"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "still open, stale: as of 2024-10-05 00:00:00 UTC 1m unplanned" in text
    assert main(["outages", "list", *flags, "--format=json"]) == 0
    told = [
        (one["service"], one["duration_seconds"], one["data_until"], one["stale"])
        for one in json.loads(capsys.readouterr().out)
    ]
    assert told == [("api", 60, "2024-10-05T00:00:00Z", True), ("shop", 90.5, None, False)]
    assert main(["outages", "show", *flags, outage_id("api", down)]) == 0
    assert "open, stale: as of 2024-10-05T00:00:00Z" in capsys.readouterr().out


def test_outages_of_a_service_that_left_are_listed(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "services.yml"
    with Ledger.open(flags[1].partition("=")[2]) as ledger:
        noted(Books(load_catalogue(path), ledger), START)
        path.write_text(SERVICES.replace("id: shop", "id: kiosk"))
        noted(Books(load_catalogue(path), ledger), START + DAY)
    assert main(["outages", "list", *flags, "--format=json"]) == 0
    told = [(one["service"], one["name"]) for one in json.loads(capsys.readouterr().out)]
    assert told == [("shop", "Shop")]


def test_an_open_outage_with_fresh_data_lasts_until_now(
    flags: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    down, at = START + DAY - 60_000, START + DAY + 20_000
    line = (Segment(START, down, State.UP), Segment(down, START + DAY, State.DOWN))
    with Ledger.open(flags[1].partition("=")[2]) as ledger:
        ledger.apply([Derived("api", line, START)])
    monkeypatch.setattr("sla_engine.commands.outage_list.now", lambda: at)
    assert main(["outages", "list", *flags, "--open", "--format=json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["duration_seconds"], one["stale"]) == (80, False)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (["--open"], 0),
        (["--class=planned"], 0),
        (["--class=unplanned", "--limit=1"], 1),
        (["--since=1d"], 0),
        (["--from=2024-10-04"], 1),
        (["--service=api"], 0),
    ],
)
def test_outages_are_chosen(
    flags: list[str], filters: list[str], rows: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["outages", "list", *flags, "--format=json", *filters]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == rows
    assert all((o["name"], o["class"], o["cause"]) == ("Shop", "unplanned", None) for o in found)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (["--limit=0"], "--limit: at least 1"),
        (["--since=soon"], "--since: 'soon' is not a duration"),
        (["--since=1d", "--from=2024-10-04"], "either --since or --from"),
    ],
)
def test_a_filter_that_means_nothing_is_wrong_usage(
    flags: list[str], filters: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["outages", "list", *flags, *filters]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--period=2024-13"], "'2024-13' is not a period"),
        ([], "give either --period or --from"),
        (["--period=today", "--service=ghost"], "no service 'ghost'; valid: api, shop"),
        (["--from=2024-10-04", "--to=2024-10-03"], "ends"),
        (["--period=today", "--prometheus.url=x:9090"], "is not an http:// or https:// URL"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    flags: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["report", *flags, *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_a_silent_prometheus_is_a_failed_job_that_loses_nothing(
    flags: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    arguments = ["--from=2024-10-04", "--to=2024-10-06", "--prometheus.url=http://127.0.0.1:1"]
    assert main(["backfill", *flags, *arguments]) == 1
    assert "http://127.0.0.1:1" in capsys.readouterr().err
    assert main(["outages", "list", *flags, "--format=json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 1


def test_a_backfill_that_reaches_no_prometheus_leaves_nothing_behind(
    flags: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    ledger = f"--storage.ledger=sqlite:///{tmp_path}/var/ledger.db"
    before = sorted(tmp_path.iterdir())
    arguments = ["--from=2024-10-04", "--to=2024-10-06", "--prometheus.url=http://127.0.0.1:1"]
    assert main(["backfill", flags[0], ledger, *arguments]) == 1
    assert "no ledger was made, run it again; next: " in capsys.readouterr().err
    assert [seconds for seconds in waited if seconds >= 1] == [1, 2, 5, 10, 30]
    assert main(["backfill", flags[0], ledger, "--from=2024-10-06", "--to=2024-10-04"]) == 2
    assert sorted(tmp_path.iterdir()) == before


def test_a_ledger_that_cannot_be_opened_is_a_failed_job(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database at all" * 100)
    arguments = [flags[0], f"--storage.ledger=sqlite:///{tmp_path}/broken.db"]
    assert main(["outages", "list", *arguments]) == 1
    assert "broken.db" in capsys.readouterr().err
