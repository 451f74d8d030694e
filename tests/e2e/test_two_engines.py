"""Two engines on one PostgreSQL: the leader is killed again and again; nothing is lost."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
import requests

from sla_engine.domain.interval import Interval
from sla_engine.ledger import Ledger
from tests.programs.ports import free_port
from tests.programs.postgresql import fresh_database, running_postgresql
from tests.programs.process import running
from tests.programs.prometheus import running_prometheus
from tests.programs.slack import TOKEN, Slack, local_slack

pytestmark = [pytest.mark.integration, pytest.mark.e2e]

KILLS = 2
DEADLINE_SECONDS = 30
CATALOGUE = """\
organization: Example
timezone: UTC
prometheus: {{url: "{prometheus}", scrape_interval: 1s}}
slack: {{api_url: "{slack}", channel: "#uptime"}}
services:
  - {{id: shop, name: Shop, objective: 99.9, sli: {{promql: shop_up}}}}
"""
SCRAPE = """\
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: shop, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""


class Shop:
    """A target whose metric says whether it is up."""

    def __init__(self) -> None:
        shop = self
        self.up = 1

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                self.wfile.write(f"shop_up {shop.up}\n".encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    @contextmanager
    def served(self) -> Iterator[None]:
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()


class Engines:
    """Engines on one ledger, each a process of its own."""

    def __init__(self, folder: Path, ledger: str, stack: ExitStack) -> None:
        self._folder, self._ledger, self._stack = folder, ledger, stack
        self.running: dict[str, Popen[bytes]] = {}

    def start(self) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        command = [
            *(sys.executable, "-m", "sla_engine", "serve", "--tick=1s"),
            f"--config.file={self._folder / 'services.yml'}",
            f"--storage.ledger={self._ledger}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        log, env = self._folder / f"engine-{port}.log", {"SLACK_BOT_TOKEN": TOKEN}
        process = running(command, ready_url=f"{url}/-/healthy", log=log, env=env)
        self.running[url] = self._stack.enter_context(process)

    def leaders(self) -> list[str]:
        return [url for url in self.running if "\nsla_engine_leader 1.0" in _metrics(url)]

    def kill(self, url: str) -> None:
        process = self.running.pop(url)
        process.kill()
        process.wait()


def _metrics(url: str) -> str:
    return requests.get(f"{url}/metrics", timeout=5).text


def _await(what: str, true: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.2)


def _state(slack: Slack, count: int, word: str) -> bool:
    """Say whether there are so many threads and the last one's head has this word."""
    roots = slack.roots()
    return len(roots) == count and word in json.dumps(roots[-1])


def test_killing_the_leader_loses_and_doubles_nothing(tmp_path: Path) -> None:
    shop = Shop()
    with ExitStack() as stack:
        server = stack.enter_context(running_postgresql())
        slack = stack.enter_context(local_slack())
        stack.enter_context(shop.served())
        scrape = SCRAPE.format(port=shop.server.server_port)
        prometheus = stack.enter_context(running_prometheus(tmp_path / "prometheus", config=scrape))
        text = CATALOGUE.format(prometheus=prometheus.url, slack=slack.api_url)
        (tmp_path / "services.yml").write_text(text)
        url = fresh_database(server, "two")
        engines = Engines(tmp_path, url, stack)
        for _ in range(2):
            engines.start()
        for count in range(1, KILLS + 1):
            _await("one leader", lambda: len(engines.leaders()) == 1)
            shop.up = 0
            _await("the failed sample", lambda: prometheus.value("shop_up") == 0)
            [leader] = engines.leaders()
            engines.kill(leader)
            _await("the notice of the other", partial(_state, slack, count, "is down"))
            engines.start()
            shop.up = 1
            _await("the resolution", partial(_state, slack, count, "was down"))
        with Ledger.open(url) as ledger:
            [history] = ledger.histories(Interval(0, 2**62)).values()
        assert len(history.outages) == KILLS
        assert all(outage.end is not None for outage in history.outages)
        assert len(slack.roots()) == KILLS
        assert [len(slack.replies(root["ts"])) for root in slack.roots()] == [1] * KILLS
