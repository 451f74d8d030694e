"""``sla-engine doctor``: everything between a sample and a reader, in the order of its breaking."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_engine.app.engine_findings import engine_checks
from sla_engine.app.findings import Finding, examined
from sla_engine.app.prometheus_findings import prometheus_checks
from sla_engine.cli import main
from sla_engine.domain.timeline import Segment, State
from sla_engine.ledger import Derived, Ledger
from sla_engine.prometheus import Client, QueryResult, UnreachableError
from tests.catalogues import catalogue
from tests.programs.prometheus import running_prometheus
from tests.programs.slack import TOKEN, local_slack

ROOT = Path(__file__).parents[2]
CATALOGUE = """\
organization: Example
timezone: UTC
slack: {{api_url: "{slack}/api/", channel: "#uptime"}}
services:
  - {{id: shop, name: Shop, sli: {{promql: up}}}}
maintenance:
  feeds: [{{id: moves, file: {feed}, approver: bob, services: [shop]}}]
reports: [{{id: monthly, period: monthly, cron: 0 9 1 * *}}]
"""
NOVEMBER = 1_793_577_600_000  # 2026-11-02T00:00:00Z
ITSELF = """\
global: {scrape_interval: 15s}
rule_files: [rules/*.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:9"]}]}]}
"""


class Served(Client):
    """A client of a server that is made up."""

    def __init__(self, **documents: Any) -> None:
        self.url, self._documents = "http://made-up", documents

    def document(self, path: str, form: Any = None) -> Any:
        del form
        name = path.rpartition("/")[2]
        if name not in self._documents:
            raise UnreachableError(f"{self.url}: no {name}")
        return self._documents[name]

    def instant(self, promql: str, at: int, *, samples: bool = False) -> QueryResult:
        del promql, at, samples
        return QueryResult((), (), "vector")


def _found(client: Client, *services: Any) -> dict[str, Finding]:
    checks = prometheus_checks(catalogue(*(services or ("shop",))), client, 0)
    return {one.what: one for one in examined(checks)}


def test_a_check_that_fails_is_a_finding_and_hides_no_other() -> None:
    def broken() -> Iterator[Finding]:
        raise ZeroDivisionError("by zero")
        yield

    found = list(examined([("one", broken), ("two", lambda: [Finding("two", "fine")])]))
    assert [(one.what, one.verdict) for one in found] == [("one", "fault"), ("two", "ok")]
    assert found[0].found == "the check itself failed: ZeroDivisionError: by zero"


def test_what_a_server_does_not_tell_is_a_note_and_no_fault() -> None:
    found = _found(
        Served(query={"result": [{"metric": {}, "value": [0, str(time.time())]}]}),
        {"id": "a", "sli": {"promql": "up"}},
    )
    assert {what for what, one in found.items() if one.verdict == "fault"} == set()
    assert (
        found["version"].verdict == found["retention"].verdict == found["rules"].verdict == "note"
    )


def test_an_old_server_with_a_wrong_clock_and_little_patience_is_told() -> None:
    served = Served(
        buildinfo={"version": "2.41.0", "goVersion": "1"},
        flags={"storage.tsdb.retention.time": "6h"},
        query={"result": [0, str(time.time() - 60)]},
        targets={"activeTargets": [{"scrapeInterval": "15s", "health": "down", "scrapeUrl": "u"}]},
        rules={"groups": [{"rules": [{"name": "ServiceDown", "health": "err"}]}]},
        alertmanagers={"activeAlertmanagers": []},
    )
    found = _found(served)
    assert found["version"].found == "2.41.0 is older than 2.42"
    assert found["clock"].found.startswith("Prometheus' clock and ours are 60.")
    assert found["retention"].found.startswith("6h: ")
    assert found["scrapes"].found == "1 target not reached: u"
    assert found["metrics"].found == "no service_up: the exporter is not scraped"
    assert found["rules"].verdict == "fault"
    assert found["Alertmanager"].found == "Prometheus knows none: alerts reach nobody"
    faults = [one for one in found.values() if one.verdict == "fault"]
    assert all(one.next for one in faults)


@pytest.mark.integration
def test_a_healthy_installation_has_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = time.time_ns() // 1_000_000
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.apply([Derived("shop", (Segment(at - 3_600_000, at, State.UP),), at - 3_600_000)])
    (tmp_path / "moves.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    (tmp_path / "prometheus/rules").mkdir(parents=True)
    for path in (ROOT / "alert_rules").glob("*.rules.yml"):
        shutil.copy(path, tmp_path / "prometheus/rules")
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)
    with (
        local_slack() as slack,
        running_prometheus(tmp_path / "prometheus", config=ITSELF) as prometheus,
    ):
        text = CATALOGUE.format(slack=slack.url, feed=tmp_path / "moves.ics")
        (tmp_path / "services.yml").write_text(text)
        code = main([
            "doctor", "--json", f"--config.file={tmp_path}/services.yml",
            f"--prometheus.url={prometheus.url}",
            f"--storage.ledger=sqlite:///{tmp_path}/ledger.db", "--test-message=slack:#uptime",
        ])  # fmt: skip
        posted = len(slack.messages)
    said = json.loads(capsys.readouterr().out)
    assert [one for one in said if one["verdict"] == "fault"] == []
    assert code == 0
    assert posted == 1
    order = ["catalogue", "Prometheus", "version", "clock", "retention", "scrapes", "metrics",
             "rules", "Alertmanager", "engine", "ledger", "lag", "feeds", "schedules", "Slack",
             "test message", "disk"]  # fmt: skip
    assert list(dict.fromkeys(one["what"] for one in said)) == order
    rules = next(one for one in said if one["what"] == "rules")
    assert rules["found"].startswith("all ")


def test_what_is_not_there_is_told_with_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN", raising=False)
    ledger = f"--storage.ledger=sqlite:///{tmp_path}/none.db"
    assert main(["doctor", f"--config.file={tmp_path}/none.yml", ledger]) == 1
    assert f"--output={tmp_path}/none.yml" in capsys.readouterr().out
    text = CATALOGUE.format(slack="http://127.0.0.1:1", feed=tmp_path / "none.ics")
    (tmp_path / "services.yml").write_text(text)
    server = "--prometheus.url=http://127.0.0.1:1"
    assert main(["doctor", f"--config.file={tmp_path}/services.yml", server, ledger]) == 1
    said = capsys.readouterr().out
    for what in ("Prometheus", "ledger", "feeds"):
        assert f"FAULT {what}" in said
    assert "3 faults found" in said


def test_a_bot_token_without_its_scopes_and_a_wrong_one_are_faults() -> None:
    with local_slack() as slack:
        slack.scopes = "chat:write"
        book = catalogue("a", slack={"api_url": f"{slack.url}/api/"})
        one, bad = (
            next(iter(dict(engine_checks(book, "sqlite://", given, 0, None))["Slack"]()))
            for given in ({"SLACK_BOT_TOKEN": TOKEN}, {"SLACK_BOT_TOKEN": "x"})
        )
    assert one.found == "the bot lacks the scopes channels:history, channels:read, files:write"
    assert "invalid_auth" in bad.found


def test_when_the_report_of_an_agreement_goes_out_is_told_or_that_it_does_not() -> None:
    shop = {"services": ["a"], "objective": 99}
    book = catalogue(
        "a",
        agreements=[
            {"id": "acme", "customer": "ACME", "to": ["slack:#acme"], **shop},
            {"id": "board", "customer": "Board", **shop},
            {"id": "mute", "customer": "Nobody", **shop},
            {"id": "roll", "customer": "R", "window": "30d", "to": ["slack:#r"], **shop},
        ],
        reports=[{"id": "m", "period": "monthly", "cron": "0 9 1 * *", "agreement": "board"}],
    )
    found = list(dict(engine_checks(book, "sqlite://", {}, NOVEMBER, None))["schedules"]())
    told = {
        "agreement acme with ACME: when its month closes, last 2026-10, to slack:#acme": "ok",
        "agreement board with Board: by m": "ok",
        "agreement mute with Nobody: its report goes to nobody": "note",
        "agreement roll with R: a window of 30d never closes, so nothing is sent": "note",
    }
    assert {one.found: one.verdict for one in found[1:]} == told
    assert all(one.next for one in found if one.verdict == "note")


def test_a_folder_that_is_not_there_yet_is_no_fault_where_it_can_be_made(tmp_path: Path) -> None:
    book = catalogue("a")
    checks = dict(engine_checks(book, f"sqlite:///{tmp_path}/var/new/l.db", {}, NOVEMBER, None))
    (found,) = checks["disk"]()
    assert (found.verdict, found.found) == (
        "ok", f"{tmp_path}/var/new is not there yet: the engine makes it",
    )  # fmt: skip


def test_what_to_type_next_needs_no_page_that_is_not_installed() -> None:
    for path in (ROOT / "sla_engine/app").glob("*_findings.py"):
        assert "docs/" not in path.read_text("utf-8"), path
