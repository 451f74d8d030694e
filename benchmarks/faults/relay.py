"""What stands between the engine and Prometheus, and may spoil every answer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

Answer = tuple[int, bytes]
Spoil = Callable[[str, Answer], Answer | None]
"""Makes of a query (its form) and its answer another; None hangs up."""


def as_it_is(_form: str, answer: Answer) -> Answer:
    """Spoil nothing."""
    return answer


@dataclass
class Relay:
    """Forwards to ``target``; ``spoil`` may be changed at any time."""

    target: str
    spoil: Spoil = as_it_is
    url: str = ""


@contextmanager
def relaying(relay: Relay) -> Iterator[None]:
    """Forward until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = {"Content-Type": self.headers.get("Content-Type", "")}
            try:
                found = requests.post(relay.target + self.path, form, headers=kind, timeout=60)
            except requests.RequestException:
                return self._send(None)
            return self._send(relay.spoil(form.decode(), (found.status_code, found.content)))

        def do_GET(self) -> None:
            found = requests.get(relay.target + self.path, timeout=60)
            return self._send((found.status_code, found.content))

        def _send(self, answer: Answer | None) -> None:
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # whoever hung up is what a case wanted

    server = Server(("127.0.0.1", 0), Handler)
    relay.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
