"""The other side of notifiers: a server that answers as a test says, and what each takes it for."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

from service_catalogue.mail import Mail
from sla_engine.notifiers import (
    AppriseNotifier,
    Console,
    MailNotifier,
    Notifier,
    WebhookNotifier,
)
from sla_engine.notifiers.webhook import WebhookTarget
from sla_engine.slack.notifier import SlackBot, SlackWebhook
from tests.programs.ports import free_port

Answer = tuple[int, Any]
TAKEN: Answer = (200, "ok")
BUSY: Answer = (503, "busy")


@dataclass
class FarEnd:
    """A server's URL, what it answers, and the bodies that it was sent; without one, a pipe."""

    url: str = ""
    smtp_port: int = 0
    answer: Answer = TAKEN
    got: list[str] = field(default_factory=list)

    def stream(self) -> io.TextIOBase:
        """Return what takes lines, unless it is to answer with a failure or is not there."""
        end = self

        class Pipe(io.TextIOBase):
            def write(self, text: str) -> int:
                if end.answer[0] != TAKEN[0] or not end.url:
                    raise BrokenPipeError("nobody reads")
                end.got.append(text)
                return len(text)

        return Pipe()


@contextmanager
def far_end() -> Iterator[FarEnd]:
    """Serve on a free port."""
    end = FarEnd()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            end.got.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            status, body = end.answer
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        end.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with _smtp(end):
            yield end
        server.shutdown()
        thread.join()


@contextmanager
def _smtp(end: FarEnd) -> Iterator[None]:
    """Take mail as the test says: 200 is taken, 503 not now, all else never."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 mx")
            for line in self.rfile:
                word = line[:4].upper()
                if word == b"QUIT":
                    return
                if word == b"RCPT":
                    self.say({200: "250 ok", 503: "451 later"}.get(end.answer[0], "550 no"))
                elif word == b"DATA":
                    self.say("354 go on")
                    end.got.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                    self.say("250 taken")
                else:
                    self.say("250 ok")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        end.smtp_port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield
        server.shutdown()
        thread.join()


def nobody() -> FarEnd:
    """Return a far end on which nothing listens."""
    return FarEnd(f"http://127.0.0.1:{free_port()}/hook", free_port(), BUSY)


@dataclass(frozen=True)
class Taken:
    """How a notifier is made for a far end, and how that one says yes and never."""

    make: Callable[[FarEnd], Notifier]
    taken: Answer = TAKEN
    never: Answer | None = None
    place: str = "ops"


def _mail(end: FarEnd) -> Mail:
    url = f"smtp://127.0.0.1:{end.smtp_port}"
    return Mail.model_validate({"url": url, "from": "up@example.org", "starttls": "never"})


NOTIFIERS_TAKEN: dict[str, Taken] = {
    "slack": Taken(
        lambda end: SlackBot("xoxb-1", f"{end.url}/", timeout=1),
        (200, {"ok": True, "channel": "C0000OPS", "ts": "1.000"}),
        (200, {"ok": False, "error": "invalid_auth"}),
    ),
    "slack-webhook": Taken(
        lambda end: SlackWebhook(end.url, timeout=1), TAKEN, (404, "no_service")
    ),
    "apprise": Taken(
        lambda end: AppriseNotifier({"ops": end.url.replace("http://", "json://")}), (200, "")
    ),
    "webhook": Taken(
        lambda end: WebhookNotifier({"ops": WebhookTarget(end.url, b"key")}), TAKEN, (404, "gone")
    ),
    "mail": Taken(
        lambda end: MailNotifier(_mail(end), timeout=1), never=(410, ""), place="ops@example.org"
    ),
    "console": Taken(lambda end: Console(end.stream())),  # type: ignore[arg-type]
}
"""By the notifiers' names; ``never`` is None where the other side never says that."""
