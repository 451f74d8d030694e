"""From a broken service to a page: real Prometheus, real Alertmanager, a webhook."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.programs.alertmanager import running_alertmanager
from tests.programs.prometheus import Prometheus, running_prometheus
from tests.rules.cases import ALERT_RULES

pytestmark = pytest.mark.e2e

# A thirtieth and less of the waits; windows and thresholds are those that are delivered.
QUICK = {
    "interval: 30s": "interval: 1s",
    "interval: 1m": "interval: 1s",
    "interval: 2m": "interval: 1s",
    "offset 1m": "offset 2s",
    "<= time() - 60": "<= time() - 2",
    "[31s]": "[2s]",
    "max_over_time(service:excused:bool[2m])": "max_over_time(service:excused:bool[4s])",
}
CONFIG = """\
global: {{scrape_interval: 1s}}
rule_files: ['*.rules.yml']
alerting:
  alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]
scrape_configs:
  - {{job_name: services, static_configs: [{{targets: ['{target}']}}]}}
"""
INHIBIT = """\
route: {{receiver: hook, group_by: [service], group_wait: 1s, group_interval: 1s, routes: [
  {{receiver: nobody, matchers: [severity = none]}}]}}
receivers: [{{name: nobody}}, {{name: hook, webhook_configs: [{{url: '{hook}'}}]}}]
"""


class World:
    """What the scrape target shows, and what the webhook was told."""

    def __init__(self) -> None:
        self.up = {"web": 1, "planned": 1}
        self.maintenance = {"web": 0, "planned": 0}
        self.told: Queue[dict[str, Any]] = Queue()
        self.url = ""

    def text(self) -> str:
        """Return /metrics, of an exporter and of two replicas of the engine."""
        lines = [f'service_up{{service="{s}",location="a"}} {v}' for s, v in self.up.items()]
        for replica in ("a", "b"):
            for service, active in self.maintenance.items():
                labels = f'{{service="{service}",replica="{replica}"}}'
                lines.append(f"service_maintenance_active{labels} {active}")
                lines.append(f"service_slo_objective_ratio{labels} 0.999")
        lines += [f'service_info{{service="{s}",owner="shop",tier="gold"}} 1' for s in self.up]
        return "\n".join(lines) + "\n"

    def page(self, status: str) -> dict[str, Any]:
        """Wait for the next notification of a status and return it."""
        while (found := self.told.get(timeout=45))["status"] != status:
            pass
        return found


@contextmanager
def running_world() -> Iterator[World]:
    world = World()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(world.text().encode())

        def do_POST(self) -> None:
            world.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")  # Prometheus 3 insists
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        world.url = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield world
        server.shutdown()


def _rules() -> dict[str, str]:
    files = {}
    for name in ("slo", "services", "inhibitors"):
        text = (ALERT_RULES / f"{name}.rules.yml").read_text(encoding="utf-8")
        for usual, quick in QUICK.items():
            text = text.replace(usual, quick)
        files[f"{name}.rules.yml"] = text
    return files


@contextmanager
def running_stack(folder: Path) -> Iterator[tuple[World, Prometheus]]:
    with running_world() as world:
        told = INHIBIT.format(hook=f"http://{world.url}/hook")
        with running_alertmanager(folder / "alertmanager", config=told) as alertmanager:
            config = CONFIG.format(
                alertmanager=alertmanager.url.removeprefix("http://"), target=world.url
            )
            server = running_prometheus(folder / "prometheus", config=config, files=_rules())
            with server as prometheus:
                yield world, prometheus


def _await(prometheus: Prometheus, expression: str) -> None:
    tick = threading.Event()
    for _ in range(450):
        if prometheus.query(expression):
            return
        tick.wait(0.1)
    raise AssertionError(f"{expression} has no result")


def test_a_broken_service_is_paged_and_planned_work_is_not(tmp_path: Path) -> None:
    with running_stack(tmp_path) as (world, prometheus):
        _await(prometheus, "count(service:down_now:bool == 0) == 2")
        world.maintenance["planned"] = 1
        world.up["planned"] = 0  # in the same second: no scrape shows one without the other late
        _await(prometheus, 'service:sli_errors:observed{service="planned"} == 1')
        world.up["web"] = 0
        page = world.page("firing")
        assert page["groupLabels"] == {"service": "web"}
        assert {a["labels"]["severity"] for a in page["alerts"]} <= {"page", "ticket"}
        assert page["commonLabels"]["owner"] == "shop"
        _await(prometheus, 'ALERTS{alertname="ServiceDown", alertstate="firing"} == 1')
        world.up = {"web": 1, "planned": 1}
        _await(prometheus, 'service:down_now:bool{service="web"} == 0')
        told = 'max_over_time(ALERTS{service="planned", severity!="none"}[10m])'
        assert prometheus.query(told) == []
        assert prometheus.query('ALERTS{alertname="ServiceInMaintenance"}') != []
