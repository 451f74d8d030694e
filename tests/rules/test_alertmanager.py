"""Who hears of what: the configuration as it is delivered."""

import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
import requests
import yaml

from tests.programs.alertmanager import Alertmanager, running_alertmanager
from tests.rules.cases import ALERT_RULES, alerts

CONFIG = ALERT_RULES / "alertmanager.yml"
pytestmark = pytest.mark.integration


def _amtool(*arguments: str) -> str:
    done = subprocess.run(["amtool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_amtool_accepts_it() -> None:
    assert "SUCCESS" in _amtool("check-config", str(CONFIG))


ROUTES = {
    "severity=page service=web": "pages",
    "severity=page service=web tier=gold": "pages",
    "severity=page instance=web1:9100": "pages",
    "severity=ticket service=web tier=gold": "tickets",
    "severity=page service=pg owner=database tier=gold": "database,pages",
    "severity=ticket service=pg owner=database": "database,nobody",
    "severity=none alertname=ServiceInMaintenance service=web": "nobody",
    "severity=none alertname=DeadMansSwitch": "heartbeat",
    "alertname=SomebodyElses": "tickets",
    "severity=critical service=web tier=gold": "pages",
    "severity=warning service=web": "tickets",
    "severity=critical service=pg owner=database": "database,pages",
    "severity=warning service=pg owner=database": "database,nobody",
    "severity=page alertname=ManyServicesDown owner=shop": "pages",
    "severity=page alertname=ServiceCertificateExpires service=web tier=gold": "pages",
}


@pytest.mark.parametrize("labels", ROUTES)
def test_an_alert_is_routed(labels: str) -> None:
    verify = f"--verify.receivers={ROUTES[labels]}"
    _amtool("config", "routes", "test", f"--config.file={CONFIG}", verify, *labels.split())


def test_no_hour_of_the_day_loses_a_word_of_an_alert_that_ended() -> None:
    """Alertmanager forgets what ends while a time interval keeps its route quiet."""
    text = CONFIG.read_text(encoding="utf-8")
    assert "time_intervals" not in text


def test_what_many_share_is_one_message_and_a_certificate_is_told_once_a_day() -> None:
    (pages,) = (
        route
        for route in yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["route"]["routes"]
        if route["receiver"] == "pages"
    )
    first, _, third = pages["routes"][:3]
    assert "CertificateExpires" in first["matchers"][0]
    assert first["repeat_interval"] == "1d"
    assert third["matchers"] == ["alertname = TargetsMissing"]
    assert third["group_by"] == ["alertname"]


def test_what_rules_tell_once_waits_for_nothing_and_a_flood_not_for_the_one_before() -> None:
    routes = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["route"]["routes"]
    (pages,) = (route for route in routes if route["receiver"] == "pages")
    waits = {route["matchers"][0]: route for route in pages["routes"]}
    assert waits['alertname =~ "ServiceDown|HostDown"']["group_wait"] == "0s"
    flood = waits['alertname =~ "ManyServicesDown|LocationDown"']
    assert (flood["group_wait"], flood["group_by"]) == ("0s", ["alertname", "owner", "location"])


def test_each_rule_that_holds_back_says_of_what_it_is() -> None:
    rules = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["inhibit_rules"]
    assert [rule for rule in rules if not rule.get("equal")] == []


def test_the_alerts_that_it_names_exist() -> None:
    text = CONFIG.read_text(encoding="utf-8")
    names = {word for word in alerts() if word in text}
    assert {"DeadMansSwitch", "ServiceInMaintenance", "HostDown", "ExporterSilent"} <= names
    for rule in yaml.safe_load(text)["inhibit_rules"]:
        for matcher in rule["source_matchers"]:
            name, operator, value = matcher.partition(" = ")
            assert not operator or name != "alertname" or value in alerts()
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            if found := re.fullmatch(r'alertname =~ "(.+)"', matcher):
                assert [name for name in alerts() if re.fullmatch(found[1], name)], matcher


class _Hook(BaseHTTPRequestHandler):
    """Slack's incoming webhook, as far as Alertmanager knows it."""

    inbox: "Queue[dict[str, Any]]"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.inbox.put(json.loads(body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def hook() -> Iterator[tuple[str, "Queue[dict[str, Any]]"]]:
    """Return the URL of an incoming webhook, and what it received."""
    inbox: Queue[dict[str, Any]] = Queue()
    handler = type("Hook", (_Hook,), {"inbox": inbox})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", inbox
        server.shutdown()


def _quick(folder: Path, url: str) -> str:
    """Return the configuration with our webhook, without waits."""
    (folder / "slack_webhook_url").write_text(url)
    (folder / "templates").symlink_to(ALERT_RULES / "templates")
    text = CONFIG.read_text(encoding="utf-8")
    text = text.replace("/etc/prometheus/slack_webhook_url", str(folder / "slack_webhook_url"))
    for usual in ("30s", "10s"):
        text = text.replace(f"group_wait: {usual}", "group_wait: 0s")
    return text.replace("group_interval: 5m", "group_interval: 1s")


def _alert(**labels: str) -> dict[str, Any]:
    name, of = labels["alertname"], labels.get("service") or labels.get("instance")
    return {
        "labels": labels,
        "annotations": {"summary": f"{name} of {of}", "description": "It is."},
        "startsAt": "2026-03-29T00:59:00Z",
        "endsAt": "2999-01-01T00:00:00Z",
    }


def _post(url: str, *found: dict[str, Any]) -> None:
    requests.post(f"{url}/api/v2/alerts", json=found, timeout=10).raise_for_status()


def test_what_slack_shows(
    tmp_path: Path,
    hook: tuple[str, "Queue[dict[str, Any]]"],
    golden: Callable[[str, str], None],
) -> None:
    url, inbox = hook
    web = {"service": "web <shop> & Co", "owner": "shop", "tier": "gold"}
    page = _alert(alertname="ServiceDown", severity="page", **web)
    flags = ["--web.external-url=http://alertmanager.example.org"]
    config = _quick(tmp_path, url)
    with running_alertmanager(tmp_path, config=config, flags=flags) as alertmanager:
        _post(alertmanager.url, page)
        fired = inbox.get(timeout=20)
        _post(alertmanager.url, page | {"endsAt": "2026-03-29T01:10:00Z"})
        resolved = inbox.get(timeout=20)
    golden("slack.json", json.dumps([fired, resolved], indent=2, ensure_ascii=False) + "\n")


def _active(alertmanager: Alertmanager) -> set[tuple[str, str | None]]:
    """Return alert and service of what is neither held back nor there to hold back."""
    return {
        (found["labels"]["alertname"], found["labels"].get("service"))
        for found in alertmanager.get("alerts")
        if found["status"]["state"] == "active" and found["labels"]["severity"] != "none"
    }


def test_what_is_held_back(tmp_path: Path) -> None:
    with running_alertmanager(tmp_path, config=_quick(tmp_path, "http://127.0.0.1:1")) as running:
        _post(
            running.url,
            _alert(alertname="ServiceInMaintenance", severity="none", service="planned"),
            _alert(alertname="ServiceDown", severity="page", service="planned"),
            _alert(alertname="ServiceDependencyDown", severity="none", service="web"),
            _alert(alertname="ServiceDown", severity="page", service="web"),
            _alert(alertname="ServiceDependencyDown", severity="none", service="tls"),
            _alert(alertname="ServiceCertificateExpires", severity="ticket", service="tls"),
            _alert(alertname="HostDown", severity="page", instance="db1:9100", host="db1"),
            _alert(alertname="ServiceDown", severity="page", service="db", host="db1"),
            _alert(alertname="HostMemoryLow", severity="ticket", instance="db1:9100"),
            _alert(alertname="ServiceDown", severity="page", service="mail"),
            _alert(alertname="ServiceSlow", severity="ticket", service="mail"),
            _alert(alertname="ServiceErrorBudgetBurnFast", severity="page", service="mail"),
            _alert(alertname="ServiceErrorBudgetBurnFast", severity="critical", service="api"),
            _alert(alertname="ServiceErrorBudgetBurnSteady", severity="critical", service="api"),
            _alert(alertname="ServiceErrorBudgetBurnSustained", severity="critical", service="api"),
            _alert(alertname="ServiceErrorBudgetBurnSlow", severity="warning", service="api"),
            _alert(alertname="ServiceErrorBudgetBurnSteady", severity="page", service="own"),
            _alert(alertname="HostUnreachable", severity="none", instance="web2:9100", host="web2"),
            _alert(alertname="ServiceDown", severity="page", service="there", host="web2"),
            _alert(alertname="HostInMaintenance", severity="none", instance="web3:9100"),
            _alert(alertname="HostDown", severity="page", instance="web3:9100", host="web3"),
            _alert(alertname="ExporterSilent", severity="page", instance="sla1:9710"),
            _alert(alertname="ProbesNotRunning", severity="page", instance="sla1:9710"),
            _alert(alertname="ProbesNotRunning", severity="page", instance="sla2:9710"),
            _alert(alertname="ServiceWithoutData", severity="ticket", service="unrelated"),
        )
        expected = {
            ("ServiceCertificateExpires", "tls"),
            ("HostDown", None),
            ("ServiceDown", "mail"),
            ("ServiceErrorBudgetBurnFast", "api"),
            ("ServiceErrorBudgetBurnSteady", "own"),
            ("ExporterSilent", None),
            ("ProbesNotRunning", None),
            ("ServiceWithoutData", "unrelated"),
        }
        deadline = time.monotonic() + 20
        while (active := _active(running)) != expected and time.monotonic() < deadline:
            threading.Event().wait(0.05)
        assert active == expected


def _of(status: str, service: str) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": "ServiceDown", "service": service},
        "annotations": {"summary": f"{service} is down"},
    }


@pytest.mark.parametrize(
    ("status", "alerts", "title"),
    [
        ("firing", [_of("firing", "a"), _of("resolved", "b"), _of("resolved", "c")], "a is down"),
        (
            "firing",
            [_of("firing", "a"), _of("firing", "b"), _of("resolved", "c")],
            "2 alerts of several",
        ),
        ("resolved", [_of("resolved", "a")], "a is down"),
        ("resolved", [_of("resolved", "a"), _of("resolved", "b")], "2 alerts of several"),
    ],
)
def test_a_title_counts_what_it_is_about(
    status: str, alerts: list[dict[str, Any]], title: str, tmp_path: Path
) -> None:
    data = tmp_path / "data.json"
    data.write_text(json.dumps({"status": status, "alerts": alerts}), encoding="utf-8")
    templates = ALERT_RULES / "templates"
    told = _amtool(
        *("template", "render", f"--template.glob={templates}/*.tmpl"),
        *('--template.text={{ template "uptime.subject" . }}', f"--template.data={data}"),
    )
    assert told.strip() == title


@pytest.mark.parametrize("owner", ["shop", "database"])
def test_a_ticket_s_end_is_told_at_any_hour_where_its_begin_was(
    owner: str, tmp_path: Path, hook: tuple[str, "Queue[dict[str, Any]]"]
) -> None:
    url, inbox = hook
    ticket = _alert(alertname="ServiceSlow", severity="ticket", service="web", owner=owner)
    with running_alertmanager(tmp_path, config=_quick(tmp_path, url)) as alertmanager:
        _post(alertmanager.url, ticket)
        fired = inbox.get(timeout=20)
        _post(alertmanager.url, ticket | {"endsAt": "2026-03-29T01:10:00Z"})
        over = inbox.get(timeout=20)
    channel = "#team-database" if owner == "database" else "#alerts"
    assert [fired["channel"], over["channel"]] == [channel, channel]
    assert over["attachments"][0]["title"].startswith("Resolved")


SHARED = [
    *(("ServiceObjectiveUnreachable", f"s{n}", None, f"team{n % 3}") for n in range(30)),
    *(("ServiceCertificateExpires", f"s{n}", None, "database") for n in range(10)),
    *(("HostRebootRequired", None, f"h{n}:9100", None) for n in range(25)),
    ("ServiceSlow", "s1", None, "team1"),
    ("ServiceSlow", "s4", None, "team1"),
]
"""Alert, service, instance and owner of tickets that come at once."""


def test_tickets_that_many_have_for_one_reason_are_one_message_for_each_owner(
    tmp_path: Path, hook: tuple[str, "Queue[dict[str, Any]]"]
) -> None:
    url, inbox = hook
    tickets = [
        _alert(
            severity="ticket",
            alertname=name,
            **({"service": service} if service else {}),
            **({"instance": instance} if instance else {}),
            **({"owner": owner} if owner else {}),
        )
        | {"startsAt": datetime.now(UTC).isoformat()}  # for an older one Alertmanager waits not
        for name, service, instance, owner in SHARED
    ]
    config = _quick(tmp_path, url).replace("group_wait: 0s", "group_wait: 2s")
    with running_alertmanager(tmp_path, config=config) as alertmanager:
        _post(alertmanager.url, *tickets)
        told = [inbox.get(timeout=20)["attachments"][0] for _ in range(7)]
        time.sleep(1)
    titles = sorted(one["title"] for one in told)
    assert titles == [
        "Ticket: 10 alerts: ServiceCertificateExpires",
        *["Ticket: 10 alerts: ServiceObjectiveUnreachable"] * 3,
        "Ticket: 25 alerts: HostRebootRequired",
        "Ticket: ServiceSlow of s1",
        "Ticket: ServiceSlow of s4",
    ]
    assert inbox.empty()
    assert "• and 5 more\n" in next(one["text"] for one in told if "25 alerts" in one["title"])
