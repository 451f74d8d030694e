"""What people decide, from the command line to the figures."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sla_engine.app.login import Login
from sla_engine.cli import main
from sla_engine.domain.maintenance import MaintenanceWindow, WindowEvent, decide
from sla_engine.domain.outage import outage_id
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger
from sla_engine.maintenance import requests

SERVICES = """\
organization: Example
timezone: UTC
prometheus: {url: "http://127.0.0.1:1"}
services:
  - {id: shop, name: Shop, tier: gold, objective: 99.9, sli: {promql: up}}
maintenance: {four_eyes: true}
"""
DAY = 86_400_000
START = 20_000 * DAY  # 2024-10-04
DOWN = START + 3_600_000
ID = outage_id("shop", DOWN)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command line and returns exit code, output and errors.

    ``login`` is who is logged in.
    """
    (tmp_path / "services.yml").write_text(SERVICES)
    url = f"sqlite:///{tmp_path}/ledger.db"
    line = (
        Segment(START, DOWN, State.UP),
        Segment(DOWN, DOWN + 60_000, State.DOWN),
        Segment(DOWN + 60_000, START + DAY, State.UP),
    )
    with Ledger.open(url) as ledger:
        ledger.apply([Derived("shop", line, START)])
    flags = [f"--config.file={tmp_path}/services.yml", f"--storage.ledger={url}"]

    def command(
        *arguments: str, login: str = "ann", shared: str | None = None
    ) -> tuple[int, str, str]:
        who = Login(f"login:{login}", shared)
        monkeypatch.setattr("sla_engine.commands.flags.login", lambda: who)
        code = main([*arguments, *flags])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def _outage(run: Run) -> dict[str, object]:
    _, out, _ = run("report", "--period=2024-10-04", "--format=json")
    found: dict[str, object] = json.loads(out)["services"][0]["outages"][0]
    return found


@pytest.mark.parametrize(
    ("edges", "start"),
    [
        (["--from=2024-10-27T02:30", "--to=2024-10-27T03:30"], "06:30:00 to 07:30:00"),
        (["--from=2024-10-27T02:30", "--duration=1h"], "06:30:00 to 07:30:00"),
        (["--from=2024-10-27T02:30:00Z", "--duration=1h"], "02:30:00 to 03:30:00"),
    ],
)
def test_local_times_of_a_request_are_those_of_its_zone(
    run: Run, edges: list[str], start: str
) -> None:
    code, out, _ = run(
        "maintenance", "request", "--title=x", "--service=shop", "--timezone=America/New_York",
        "--author=ann", "--reason=x", *edges,
    )  # fmt: skip
    assert code == 0
    assert f"from 2024-10-27 {start} UTC" in out


def test_the_help_of_a_request_says_of_which_zone_local_times_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["maintenance", "request", "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "local time of the organisation, or of --timezone" in shown


def test_an_annotation_shows_in_the_report(run: Run) -> None:
    code, out, _ = run(
        "outages", "annotate", ID, "--cause=disk full", "--ticket=T-1", "--author=ann",
        "--reason=seen in the log",
    )  # fmt: skip
    assert code == 0
    assert "cause    disk full" in out
    assert "ann cause: - -> disk full (seen in the log)" in out
    found = _outage(run)
    assert (found["cause"], found["ticket"]) == ("disk full", "T-1")
    changed = "changed: cause from nothing to disk full\nchanged: ticket from nothing to T-1\n"
    assert changed + run("outages", "show", ID)[1] == out


def test_an_outage_can_be_called_planned_and_measured_again(run: Run) -> None:
    assert _outage(run)["class"] == "unplanned"
    code, out, _ = run("outages", "reclassify", ID, "--as=planned", "--reason=it was agreed")
    assert (code, f"sla-engine outages confirm {ID}" in out) == (0, True)
    assert _outage(run)["class"] == "unplanned"
    for name in ("ann", "bob", "carl"):
        code, _, err = run("outages", "confirm", ID, f"--author={name}")
        assert (code, "another has to confirm it" in err) == (1, True)
    code, out, _ = run("outages", "confirm", ID, login="bob")
    assert (code, out.splitlines()[0]) == (0, "changed: class from nothing to planned")
    assert _outage(run)["class"] == "planned"
    run("outages", "reclassify", ID, "--as=measured", "--reason=it was not", login="bob")
    assert _outage(run)["class"] == "planned"
    code, out, _ = run("outages", "confirm", ID)
    assert (code, "as measured" in out) == (0, True)
    assert _outage(run)["class"] == "unplanned"
    assert run("verify")[0] == 0


def test_a_class_that_somebody_asks_for_can_be_refused(run: Run) -> None:
    run("outages", "reclassify", ID, "--as=planned", "--reason=it was agreed")
    again = run("outages", "reclassify", ID, "--as=unplanned", "--reason=no", login="bob")
    assert (again[0], "has asked for that already" in again[2]) == (1, True)
    assert run("outages", "refuse", ID, "--reason=it was not", login="bob")[0] == 0
    code, _, err = run("outages", "confirm", ID, login="bob")
    assert (code, "Nothing waits" in err) == (1, True)
    assert _outage(run)["class"] == "unplanned"


@pytest.mark.parametrize(
    "arguments",
    [
        ("maintenance", "approve"),
        ("maintenance", "revoke"),
        ("outages", "confirm"),
    ],
)
def test_who_cannot_be_told_from_another_decides_in_slack(
    run: Run, arguments: tuple[str, str]
) -> None:
    code, _, err = run(*arguments, ID, "--author=bob", login="root", shared="root may be anybody")
    assert code == 1
    assert "root may be anybody: two people cannot be told apart here" in err
    assert "decide in Slack" in err


def test_every_decision_keeps_who_was_logged_in_beside_the_name(run: Run, tmp_path: Path) -> None:
    run("outages", "annotate", ID, "--note=x", "--reason=y", "--author= \u0410nn ", login="bob")
    assert "\u0410nn (login:bob) note" in run("outages", "show", ID)[1]
    run(
        "maintenance", "request", "--title=x", "--tier=gold", "--from=2024-10-04T00:30",
        "--duration=1h", "--reason=y", login="carl",
    )  # fmt: skip
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        assert ledger.execute("SELECT author, login FROM correction").fetchall() == [
            ("\u0410nn", "login:bob")
        ]
        assert ledger.execute("SELECT author, login FROM maintenance_event").fetchall() == [
            ("carl", "login:carl")
        ]
    assert run("verify")[0] == 0
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        ledger.execute("UPDATE correction SET login = 'login:ann'")
    assert "correction was put in or changed by hand" in run("verify")[1]


def test_a_login_of_slack_cannot_be_typed(run: Run) -> None:
    code, _, err = run(
        "outages", "annotate", ID, "--note=x", "--reason=y", "--author=slack:U9 (boss)"
    )
    assert (code, "written like a login of Slack" in err) == (2, True)


def test_a_decision_by_mistake_is_revoked_by_a_further_one(run: Run) -> None:
    identifier = run(
        "maintenance", "request", "--title=Disk swap", "--tier=gold",
        "--from=2024-10-04T00:30", "--duration=1h", "--reason=worn out",
    )[1].split()[0]  # fmt: skip
    code, _, err = run("maintenance", "revoke", identifier)
    assert (code, "nothing was decided" in err) == (1, True)
    run("maintenance", "approve", identifier, login="bob")
    assert _outage(run)["class"] == "planned"
    code, out, _ = run("maintenance", "revoke", identifier, "--reason=the wrong one", login="bob")
    assert (code, out.startswith(f"{identifier} taken back by bob: Disk swap, ")) == (0, True)
    assert "it is requested now" in out
    assert _outage(run)["class"] == "unplanned"
    _, out, _ = run("maintenance", "reject", identifier, login="bob")
    assert (out.split(":")[0], out.splitlines()[1]) == (
        f"{identifier} rejected by bob", "it is rejected now",
    )  # fmt: skip
    run("maintenance", "revoke", identifier, "--reason=the right one after all", login="bob")
    run("maintenance", "approve", identifier, login="bob")
    assert _outage(run)["class"] == "planned"
    assert run("verify")[0] == 0


def test_a_window_is_planned_once_somebody_else_approves_it(run: Run) -> None:
    code, out, _ = run(
        "maintenance", "request", "--title=Disk swap", "--tier=gold", "--author=ann",
        "--from=2024-10-04T00:30", "--duration=1h", "--reason=worn out",
    )  # fmt: skip
    assert code == 0
    identifier = out.split()[0]
    asked = "tier=gold, 1h from 2024-10-04 00:30:00 to 01:30:00 UTC\n"
    waits = f"waits for another: sla-engine maintenance approve {identifier}\n"
    assert (
        out == f"{identifier} requested by ann: Disk swap, {asked}it is requested now, and {waits}"
    )
    assert _outage(run)["class"] == "unplanned"
    for name in ("ann", "bob", "ann ", "\u0430nn"):
        code, _, err = run("maintenance", "approve", identifier, f"--author={name}")
        assert code == 1
        assert "four_eyes wants another" in err
    approve = ("maintenance", "approve", identifier, "--reason=late, but")
    assert run(*approve, "--author=\u0430nn", login="bob")[0] == 1
    code, out, _ = run(*approve, login="bob")
    assert code == 0
    assert out == f"{identifier} approved by bob: Disk swap, {asked}it is completed now\n"
    assert _outage(run)["class"] == "planned"
    listed = run("maintenance", "list", "--from=2024-10-01", "--to=2024-11-01")[1]
    head, row = listed.splitlines()
    assert head.split("  ")[0] == "ID"
    assert row.split()[:2] == [identifier, "completed"]
    assert row.split()[3:6] == ["tier=gold", "ann", "bob"]
    code, _, err = run("maintenance", "cancel", identifier, "--author=ann")
    assert code == 1
    assert "is completed" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["outages", "show", "O-NONE"], 1, "there is no outage O-NONE"),
        (["outages", "annotate", ID, "--reason=x", "--author=a"], 2, "give at least one of"),
        (["outages", "annotate", ID, "--note=x", "--reason= ", "--author=a"], 2, "needs a reason"),
        (["maintenance", "approve", "M-NONE", "--author=a"], 1, "there is no window M-NONE"),
        (["maintenance", "approve", "", "--author=a"], 1, "there is no window without an id"),
        (
            ["maintenance", "request", "--title=x", "--service=shop", "--from=2024-10-04",
             "--to=2024-10-03", "--reason=x", "--author=a"],
            2,
            "ends before it begins",
        ),
        (
            ["maintenance", "request", "--title=x", "--service=nope", "--from=2024-10-04",
             "--duration=1h", "--reason=x", "--author=a"],
            2,
            "no service 'nope'; valid: shop",
        ),
        (
            ["maintenance", "request", "--title=x", "--service=shop", "--service=nope",
             "--from=2024-10-04", "--duration=1h", "--reason=x", "--author=a"],
            2,
            "no service 'nope'",
        ),
        (
            ["maintenance", "request", "--title=x", "--tier=golden", "--from=2024-10-04",
             "--duration=1h", "--reason=x", "--author=a"],
            2,
            "no tier 'golden'; valid: gold",
        ),
        (
            ["maintenance", "request", "--title=x", "--label=a=b", "--from=2024-10-04",
             "--duration=1h", "--reason=x", "--author=a"],
            2,
            "no service has the label a=b; valid: none",
        ),
        (
            ["maintenance", "request", "--title=x", "--from=2024-10-04",
             "--duration=1h", "--reason=x", "--author=a"],
            2,
            "give --service, --tier or --label",
        ),
        (
            ["maintenance", "request", "--title= ", "--service=shop", "--from=2024-10-04",
             "--duration=1h", "--reason=x", "--author=a"],
            2,
            "--title is empty",
        ),
        (
            ["maintenance", "request", "--title=x", "--service=shop", "--from=2024-10-04",
             "--duration=1h", "--timezone=Europe/Bonn", "--reason=x", "--author=a"],
            2,
            "'Europe/Bonn' is not an IANA time zone",
        ),
        (
            ["maintenance", "request", "--title=x", "--service=shop", "--from=2024-10-04",
             "--duration=1h", "--rrule=WEEKLY", "--reason=x", "--author=a"],
            2,
            "'WEEKLY' is not an RFC 5545 recurrence rule",
        ),
        (
            ["maintenance", "request", "--title=x", "--service=shop", "--from=2024-10-04",
             "--duration=1h", "--rrule=FREQ=WEEKLY;BYDAY=SU", "--reason=x", "--author=a"],
            2,
            "does not recur at the window's start",
        ),
        (["maintenance", "list", "--to=2024-10-04"], 2, "--to goes with --from"),
        (["outages", "list", "--to=2024-10-04"], 2, "--to goes with --from"),
        (["report", "--period=2024-10", "--to=2024-10-04"], 2, "--to goes with --from"),
        (["report", "--period=0001-01-01"], 2, "the period is not between 1970"),
        (["report", "--period=9999"], 2, "out of range"),
        (["explain", "O-NONE"], 1, "there is no outage O-NONE"),
        (["recompute", "--from=2024-10-04", "--to=2024-10-05"], 1, "refused"),
        (["backfill", "--from=2024-10-06", "--to=2024-10-07"], 1, "refused"),
        (
            ["maintenance", "request", "--title=x", "--service=shop", "--from=2024-10-04",
             "--duration=1h", "--rrule=FREQ=OFTEN", "--reason=x", "--author=a"],
            2,
            "FREQ must be one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY;",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_one_line(
    run: Run, arguments: list[str], code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("command", [["verify"], ["report", "--period=2024-10"], ["export"]])
def test_a_ledger_that_breaks_later_is_told_in_one_line(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("DROP TABLE gap")
    code, _, err = run(*command)
    assert code == 1
    said = f"sla-engine: sqlite:///{tmp_path}/ledger.db: no such table: gap"
    look = f"sla-engine doctor --config.file={tmp_path}/services.yml"
    assert err == f"{said}; next: {look}\n"


def test_verify_makes_no_ledger(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ledger.db").unlink()
    code, _, err = run("verify")
    assert code == 1
    assert "there is no such ledger" in err


@pytest.mark.usefixtures("run")
def test_standard_output_that_is_full_is_told(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "sla_engine", "export"]
    flags = [f"--storage.ledger=sqlite:///{tmp_path}/ledger.db"]
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            [*line, *flags], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (
        1, "sla-engine: standard output: No space left on device\n",
    )  # fmt: skip


def test_verify_finds_nothing_in_a_ledger_that_decided_much(run: Run) -> None:
    run("outages", "annotate", ID, "--note=x", "--reason=y", "--author=a")
    code, said, _ = run("verify")
    first, head, *looked = said.splitlines()
    assert (code, first) == (0, "the ledger is as it was written")
    assert "  outages: 1" in looked
    assert looked.index("looked at:") < looked.index("not looked at:")
    assert run("verify", f"--head={head.rpartition(' ')[2]}")[0] == 0
    code, said, _ = run("verify", f"--head=2:{'0' * 64}")
    wanted = "audit row 2 was cut off or made anew: the chain has 2 rows"
    assert (code, said.splitlines()[0]) == (1, wanted)
    assert run("verify", "--head=nonsense")[0] == 2


def test_an_export_moves_the_ledger(run: Run, tmp_path: Path) -> None:
    run("outages", "annotate", ID, "--note=x", "--reason=y", "--author=a")
    assert run("export", f"--output={tmp_path}/ledger.jsonl")[0] == 0
    other = f"--storage.ledger=sqlite:///{tmp_path}/other.db"
    assert main(["import", f"{tmp_path}/ledger.jsonl", other]) == 0
    code, _, err = run("import", f"{tmp_path}/ledger.jsonl")
    assert code == 1
    assert "not empty" in err
    assert run("import", f"{tmp_path}/none")[0] == 1


def test_a_decision_that_another_came_before_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = run(
        "maintenance", "request", "--title=Disk swap", "--tier=gold", "--author=ann",
        "--from=2024-10-04T00:30", "--duration=1h", "--reason=worn out",
    )  # fmt: skip
    identifier = out.split()[0]

    def while_eve_rejects(
        window: MaintenanceWindow, event: WindowEvent, *, four_eyes: bool
    ) -> None:
        monkeypatch.setattr(requests, "decide", decide)
        decide(window, event, four_eyes=four_eyes)
        assert run("maintenance", "reject", identifier, "--author=eve", "--reason=no")[0] == 0

    monkeypatch.setattr(requests, "decide", while_eve_rejects)
    code, _, err = run("maintenance", "approve", identifier, login="bob")
    assert (code, "just now" in err) == (1, True)
    assert (
        run("maintenance", "list", "--from=2024-10-01", "--to=2024-11-01")[1]
        .splitlines()[1]
        .split()[1]
        == "rejected"
    )
