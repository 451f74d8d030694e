"""The example for Mimir by real programs: samples arrive with tenant and login, or that is told."""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.programs.lodging import listens, lodging
from tests.programs.newer import RELEASES
from tests.programs.ports import free_port
from tests.programs.process import find_program
from tests.programs.prometheus import Prometheus, running_prometheus

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
LOGIN = "Basic " + base64.b64encode(b"prometheus:secret").decode()
SECONDS = 30
NGINX = """\
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{server}
}}
"""


class Mimir(ThreadingHTTPServer):
    """Answers as Mimir does: 401 without a tenant or to another login."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Push)
        self.answers: list[int] = []
        self.refused: list[str] = []


class _Push(BaseHTTPRequestHandler):
    server: Mimir

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        given = self.headers["X-Scope-OrgID"], self.headers["Authorization"]
        good = given == ("operations", LOGIN) and self.path == "/api/v1/push"
        self.server.answers.append(200 if good else 401)
        if not good:
            self.server.refused.append(self.path)
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mimir() -> Iterator[Mimir]:
    with Mimir() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def nginx(mimir: Mimir) -> Iterator[str]:
    """Run nginx by our file, with Mimir and the port replaced; return its URL."""
    port = free_port()
    text = (FOLDER / "mimir-tenant.nginx").read_text(encoding="utf-8")
    upstream = f"http://127.0.0.1:{mimir.server_port}"
    text = text.replace("https://mimir.example.org", upstream).replace(":9009", f":{port}")
    with lodging("nginx") as home:
        config = home.write("config", NGINX.format(folder=home.folder, server=text))
        command = [find_program("nginx"), "-e", "stderr", "-c", str(config)]
        with home.serving(command, lambda: listens(port)):
            yield f"http://127.0.0.1:{port}/api/v1/push"


@contextmanager
def sent(folder: Path, release: str, *urls: str) -> Iterator[Prometheus]:
    """Run Prometheus by the example, writing of itself to several URLs."""
    port = free_port()
    config = yaml.safe_load((FOLDER / "remote-write-mimir.yml").read_text(encoding="utf-8"))
    (remote,) = config["remote_write"]
    remote["queue_config"] |= {"batch_send_deadline": "100ms"}
    remote["basic_auth"]["password_file"] = "password"
    config["remote_write"] = [remote | {"url": url, "name": url} for url in urls]
    itself = [{"targets": [f"127.0.0.1:{port}"]}]
    config["global"] = {"scrape_interval": "200ms"}
    config["scrape_configs"] = [{"job_name": "prometheus", "static_configs": itself}]
    with running_prometheus(
        folder,
        config=yaml.safe_dump(config),
        files={"password": "secret"},
        port=port,
        program=RELEASES[release]("prometheus"),
    ) as running:
        yield running


@pytest.mark.parametrize("release", RELEASES)
def test_the_example_for_mimir_loses_nothing_and_what_is_refused_is_counted_for_the_alert(
    release: str, mimir: Mimir, nginx: str, tmp_path: Path
) -> None:
    wrong = f"http://127.0.0.1:{mimir.server_port}/wrong"  # which gets 401 whatever it sends
    with sent(tmp_path, release, nginx, wrong) as prometheus:
        deadline = time.monotonic() + SECONDS
        lost: list[str] = []
        while not lost or mimir.answers.count(200) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
            found = prometheus.query("prometheus_remote_storage_samples_failed_total > 0")
            lost = [series["metric"]["remote_name"] for series in found]
    assert lost == [wrong]
    assert set(mimir.refused) == {"/wrong"}
