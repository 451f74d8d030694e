"""The one server of a run: what is scraped, and who takes the messages."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from benchmarks.situations.night import Night, lines


class Heard(NamedTuple):
    """A message: at which minute of the run, to whom (``ours/pages``), and what it says."""

    minute: float
    place: str
    body: dict[str, Any]


@dataclass
class Stage:
    """The nights that are played from a time on (epoch seconds), and what was heard."""

    nights: list[Night]
    begin: float
    heard: list[Heard] = field(default_factory=list)
    url: str = ""
    clock: Callable[[], float] = time.time

    @property
    def minute(self) -> float:
        """Return the minute of the run."""
        return (self.clock() - self.begin) / 60

    def scrape(self, target: str) -> str | None:
        """Return the metrics of a target; None while it does not answer."""
        now = self.minute
        for night in self.nights:
            if target in night.targets and night.lost(night.targets.index(target), now - night.at):
                return None
        return "\n".join(lines(self.nights, target, now)) + "\n"


@contextmanager
def served(stage: Stage) -> Iterator[Stage]:
    """Serve /metrics/TARGET, and take whatever is posted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = stage.scrape(re.sub(r"^/metrics/", "", self.path))
            self._answer(503 if text is None else 200, (text or "").encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            stage.heard.append(Heard(stage.minute, self.path.lstrip("/"), body))
            self._answer(200, b"ok")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stage.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield stage
        server.shutdown()
