"""A Prometheus that wants to be left alone is left alone, and not for ever."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from sla_engine.app.context import Context
from sla_engine.app.engine import Engine
from sla_engine.ledger import Ledger
from sla_engine.metrics import EngineMetrics
from sla_engine.prometheus import Client
from tests.catalogues import catalogue


class Refusing(ThreadingHTTPServer):
    """Refuses everything, and says when to come again."""

    wait, asked = "30", 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Refusing

    def do_POST(self) -> None:
        self.server.asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(429 if self.server.asked % 2 else 503)
        if self.server.wait:
            self.send_header("Retry-After", self.server.wait)
        body = b'{"status":"error","errorType":"unavailable","error":"too busy"}'
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Refusing]:
    with Refusing() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("30", 30), ("1.5", 1.5), ("-5", 1), ("999999", 120), ("soon", 1), ("", 0)],
)
def test_a_tick_asks_again_when_prometheus_said(
    server: Refusing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, seconds: float
) -> None:
    server.wait, clock = said, 1000.0
    monkeypatch.setattr("sla_engine.app.engine.time", SimpleNamespace(monotonic=lambda: clock))
    book = catalogue("shop", url=f"http://127.0.0.1:{server.server_port}")
    with (
        Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger,
        Client(book.prometheus) as client,
    ):
        engine = Engine(Context(book, ledger, client), EngineMetrics("test"))
        engine.tick()
        first = server.asked
        assert first
        for early in (0.0, seconds / 2, seconds - 0.01) if seconds else ():
            clock = 1000.0 + early
            engine.tick()
        assert server.asked == first
        assert engine.leading
        clock = 1000.0 + seconds
        engine.tick()
        assert server.asked == 2 * first
        assert b'sla_engine_ticks_total{result="failed"} 2.0' in engine.exposition()
