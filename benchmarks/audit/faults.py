"""A Prometheus that answers in part now and then: between the engine and the real one."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

_ODDS = 0.25
_SECONDS = 60
_FLAGS = (
    b'"isPartial":true,"status":"success"',
    b'"status":"success","warnings":["a store did not answer"]',
)


class _Faults(ThreadingHTTPServer):
    """Passes requests on; spoils some answers, each in one of several ways."""

    daemon_threads = True

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = url
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    def spoiled(self, body: bytes) -> bytes:
        with self._lock:
            odds, way = self._chance.random(), self._chance.randrange(3)
            cut = self._chance.randrange(len(body))
        if odds >= _ODDS or b'"resultType"' not in body:
            return body
        return body[:cut] if way == 2 else body.replace(b'"status":"success"', _FLAGS[way], 1)


class _Handler(BaseHTTPRequestHandler):
    server: _Faults

    def _pass_on(self, body: bytes) -> None:
        kind = self.headers.get("Content-Type", "")
        done = requests.request(
            self.command,
            f"{self.server.url}{self.path}",
            data=body,
            headers={"Content-Type": kind} if kind else {},
            timeout=_SECONDS,
        )
        answer = self.server.spoiled(done.content)
        self.send_response(done.status_code)
        self.send_header("Content-Type", done.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        self._pass_on(b"")

    def do_POST(self) -> None:
        self._pass_on(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def faulty(url: str, seed: int) -> Iterator[str]:
    """Serve what a Prometheus answers, some of it spoiled; yield the address."""
    server = _Faults(url, seed)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
