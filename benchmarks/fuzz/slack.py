"""What Slack sends: its answers to each call, and payloads of Socket Mode.

The only outcomes of an answer are those of the notifiers' contract, those of a payload an
interaction and a ValueError. The first byte says which of them the rest is.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

from sla_engine.domain.notice import Message
from sla_engine.notifiers import Delivered, File
from sla_engine.slack import payloads
from sla_engine.slack.notifier import SlackBot, SlackWebhook

SEEDS: Final = ("tests/fuzz/slack/*",)
_STATUS: Final = (200, 200, 200, 429, 500, 404, 302, 204)
_MESSAGE: Final = Message("Title", "down", lines=("line",))
_AT: Final = Delivered("C0000UPTIME", "1.2")
_answer: dict[str, Any] = {"status": 200, "body": b"{}", "wait": "1"}


class _Slack(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b"" if _answer["status"] == 204 else _answer["body"]
        self.send_response(_answer["status"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", _answer["wait"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the name of http.server

    def log_message(self, *_: object) -> None:
        pass


def _served() -> str:
    server = HTTPServer(("127.0.0.1", 0), _Slack)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


_URL: Final = _served()
_BOT: Final = SlackBot("xoxb-test", _URL, timeout=2)
_HOOK: Final = SlackWebhook(_URL, timeout=2)


def one_input(content: bytes) -> None:
    """Take one answer or payload; an exception of another type is a finding."""
    if not content:
        return
    way, rest = content[0], content[1:]
    if way < 64:
        _payload(rest)
    else:
        _call(way, rest)


def _payload(rest: bytes) -> None:
    try:
        found = json.loads(rest)
    except (ValueError, RecursionError):
        return  # slack-sdk reads the websocket
    for kind in ("interactive", "slash_commands", "hello"):
        try:
            payloads.read(kind, found)
        except ValueError:
            continue


def _call(way: int, rest: bytes) -> None:
    wait = rest[:4].decode("latin-1")
    _answer["status"] = _STATUS[way & 7]
    _answer["wait"] = wait if wait.isprintable() and wait.isascii() else "1"
    _answer["body"] = rest
    calls = (
        lambda: _BOT.post("C0000UPTIME", _MESSAGE, "key"),
        lambda: _BOT.edit(_AT, _MESSAGE, "key"),
        lambda: _BOT.find("C0000UPTIME", "key", 0),
        lambda: _BOT.find("C0000UPTIME", "key", 0, "1.2"),
        lambda: _BOT.find("#uptime", "key", 0),
        lambda: _BOT.attach(_AT, File("a.pdf", b"x", "title")),
        lambda: _HOOK.post("C0000UPTIME", _MESSAGE, "key"),
        lambda: _HOOK.post("C0000UPTIME", _MESSAGE, "key"),
    )
    outcome = calls[way >> 3 & 7]()
    if isinstance(outcome, Delivered) and not isinstance(outcome.ts, str | None):
        raise AssertionError(outcome)  # noqa: TRY004 - a finding, and no wrong call
