"""What strangers do at the engine's port keeps it from nothing: a process, real sockets."""

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.programs.ports import free_port
from tests.programs.process import find_program, running
from tests.programs.prometheus import running_prometheus
from tests.programs.slack import TOKEN, Slack, local_slack

DESCRIPTORS = 256
HALF_OPEN = 400
ABANDONED = 100
SECONDS = 30
BOOK = """\
organization: Example
timezone: UTC
prometheus: {{url: "{prometheus}", scrape_interval: 1s}}
slack: {{api_url: "{slack}", channel: "#uptime"}}
services:
  - {{id: shop, name: Shop, objective: 99.9, sli: {{promql: "vector({up})"}}}}
"""


@dataclass
class World:
    url: str
    port: int
    folder: Path
    slack: Slack
    prometheus: str

    def write(self, up: int) -> None:
        text = BOOK.format(prometheus=self.prometheus, slack=self.slack.api_url, up=up)
        (self.folder / "services.yml").write_text(text)

    def ask(self, said: bytes = b"") -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), 5)
        client.sendall(said)
        return client

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        slack = stack.enter_context(local_slack())
        prometheus = stack.enter_context(running_prometheus(tmp_path / "prom"))
        port = free_port()
        made = World(f"http://127.0.0.1:{port}", port, tmp_path, slack, prometheus.url)
        made.write(1)
        command = [
            *(find_program("prlimit"), f"--nofile={DESCRIPTORS // 2}:{DESCRIPTORS}", "--"),
            *(sys.executable, "-m", "sla_engine", "serve", "--tick=1s", "--web.enable-lifecycle"),
            f"--config.file={tmp_path / 'services.yml'}",
            f"--storage.ledger=sqlite:///{tmp_path}/ledger.db",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        log, env = tmp_path / "log", {"SLACK_BOT_TOKEN": TOKEN}
        stack.enter_context(running(command, ready_url=f"{made.url}/-/ready", log=log, env=env))
        yield made


def _await(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.integration
def test_half_open_clients_and_abandoned_reports_hide_no_outage_and_fill_no_log(
    world: World,
) -> None:
    with ExitStack() as stack:
        for _ in range(HALF_OPEN):
            stack.enter_context(world.ask(b"GET / HTTP/1.1\r\n"))
        for n in range(ABANDONED):
            path = f"/report?period=2026-01-{n % 28 + 1:02}&format=html&services=shop"
            world.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).close()
        started = time.monotonic()
        assert "Shop" in requests.get(world.url, timeout=5).text
        assert time.monotonic() - started < 2
        world.write(0)
        assert requests.post(f"{world.url}/-/reload", timeout=30).status_code == 200
        _await(lambda: "Shop" in json.dumps(world.slack.roots()))
        metrics = requests.get(f"{world.url}/metrics", timeout=5).text
        assert f"\nprocess_max_fds {DESCRIPTORS}.0\n" in metrics  # the soft limit was raised
    _await(lambda: requests.get(f"{world.url}/report?format=json", timeout=5).status_code == 200)
    log = world.log()
    assert log.count("HTTP connections are open, as many as may be") <= 2
    assert "Traceback" not in log
    assert len(log) < 10_000
