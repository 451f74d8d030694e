"""A target whose state somebody decides, and who knows it therefore."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def now() -> int:
    """Return the real time (ms UTC), whatever the engine believes."""
    return time.time_ns() // 1_000_000


@dataclass
class Stretch:
    """A service was down from ``start`` to ``end`` (ms UTC, None while it is)."""

    service: str
    start: int
    end: int | None = None


@dataclass
class Truth:
    """The state of every service, and the outages that there were."""

    services: Sequence[str]
    port: int = 0
    outages: list[Stretch] = field(default_factory=list)

    def down(self, service: str) -> None:
        """Let a service be down from now on."""
        self.outages.append(Stretch(service, now()))

    def up(self, service: str) -> None:
        """Let a service be up again."""
        for one in self.outages:
            if one.service == service and one.end is None:
                one.end = now()

    def is_down(self, service: str) -> bool:
        """Say whether a service is down."""
        return any(one.service == service and one.end is None for one in self.outages)

    def text(self) -> str:
        """Return what Prometheus scrapes."""
        lines = [f'state{{service="{s}"}} {int(not self.is_down(s))}' for s in self.services]
        return "\n".join(("# TYPE state gauge", *lines, ""))


@contextmanager
def serving(truth: Truth) -> Iterator[None]:
    """Answer scrapes until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = truth.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    truth.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
