"""What would have been sent to Slack: a stand-in for the part of its Web API that notices use."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Json = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A message as it was sent at ``time`` (epoch seconds): posted, replied or edited."""

    time: float
    how: str
    text: str
    lines: tuple[str, ...]


@dataclass
class SlackStandIn:
    """Takes every message and remembers it."""

    sent: list[Sent] = field(default_factory=list)
    api_url: str = ""

    def take(self, method: str, body: Json) -> Json:
        """Answer a call as Slack does when all is well."""
        if method in {"chat.postMessage", "chat.update"}:
            reply = "replied in its thread" if body.get("thread_ts") else "posted"
            how = "edited" if method == "chat.update" else reply
            lines = tuple(_lines(body.get("blocks") or []))
            self.sent.append(Sent(time.time(), how, body.get("text", ""), lines))
        ts = body.get("ts") or f"{time.time():.6f}"
        return {"ok": True, "channel": "C0000DEMO0", "ts": ts, "messages": [], "channels": []}


def _lines(blocks: Any) -> Iterator[str]:
    """Return the words of Block Kit sections, one line per field."""
    for block in json.loads(blocks) if isinstance(blocks, str) else blocks:
        if block["type"] == "section":
            for part in [block.get("text"), *block.get("fields", ())]:
                if part:
                    yield " ".join(part["text"].replace("*", "").splitlines())


class _Handler(BaseHTTPRequestHandler):
    slack: SlackStandIn

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.headers.get("Content-Type", "").startswith("application/json"):
            body = json.loads(raw)
        else:
            body = {key: values[-1] for key, values in parse_qs(raw).items()}
        answer = json.dumps(self.slack.take(self.path.rpartition("/")[2], body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 - http.server's name

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def slack_stand_in() -> Iterator[SlackStandIn]:
    """Serve until the block ends."""
    slack = SlackStandIn()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"slack": slack}), bind_and_activate=True
    )
    slack.api_url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
