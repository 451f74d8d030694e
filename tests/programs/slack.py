"""A local server that speaks the part of Slack's Web API that the engine uses.

It keeps messages, checks requests against Slack's documented limits, and answers with the faults
that a test asks for.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.programs.slack_rules import mistakes, view_mistakes

TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"
HOOK = "/services/T0/B0/hook"
UPLOAD = "/upload/v1/"
RESPONSE = "/response/"
_ANSWERS = 5  # a response_url takes so many
_TRIGGER_SECONDS = 3
_CHANNELS = {"#uptime": "C0000UPTIME", "#gold": "C00000GOLD", "#seniors": "C0SENIORS0"}

Json = dict[str, Any]
Fault = str
"""rate_limited, server_error[_after], reset[_after], timeout_after, garbage (no JSON), nonsense
(JSON that is no answer), nothing (an empty list), or an error code of Slack's."""


@dataclass
class Slack:
    """What the server holds. ``fault(method)`` is asked before every call.

    ``views`` are the forms that are open, ``said`` what went to a response_url, ``link`` makes the
    address of a websocket, ``clock`` (seconds) says how old a trigger is.
    """

    fault: Callable[[str], Fault | None] = lambda _method: None
    messages: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    calls: list[tuple[str, Json]] = field(default_factory=list)
    next_cursor: str = ""  # given with every page
    lock: threading.Lock = field(default_factory=threading.Lock)
    retry_after: int = 7
    scopes: str = "chat:write,channels:read,channels:history,files:write"
    page: int = 100
    url: str = ""
    groups: dict[str, list[str]] = field(default_factory=dict)
    views: list[Json] = field(default_factory=list)
    said: list[Json] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    clock: Callable[[], float] = time.monotonic
    link: Callable[[], str | None] = lambda: None
    _triggers: dict[str, float] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        """Return the base of the Web API."""
        return f"{self.url}/api/"

    @property
    def hook_url(self) -> str:
        """Return the incoming webhook."""
        return f"{self.url}{HOOK}"

    def trigger(self) -> str:
        """Return what opens a form for three seconds, as an interaction brings it."""
        name = f"{len(self._triggers)}.trigger"
        self._triggers[name] = self.clock()
        return name

    def response_url(self) -> str:
        """Return where a person who did something is answered."""
        return f"{self.url}{RESPONSE}{len(self._triggers)}/{len(self.calls)}"

    def roots(self) -> list[Json]:
        """Return the messages that begin threads."""
        return [m for m in self.messages if "thread_ts" not in m]

    def replies(self, ts: str) -> list[Json]:
        """Return the messages of a thread but the first."""
        return [m for m in self.messages if m.get("thread_ts") == ts]

    def answer(self, method: str, body: Json) -> Json:
        """Do what a call asks for and return its response."""
        handler = getattr(self, f"_{method.replace('.', '_')}", None)
        if handler is None:
            return {"ok": False, "error": "unknown_method"}
        result: Json = handler(body)
        return {"ok": "error" not in result, **result}

    def _auth_test(self, _body: Json) -> Json:
        return {"user_id": "U0BOT0000", "bot_id": "B0BOT0000", "team": "T"}

    def _apps_connections_open(self, _body: Json) -> Json:
        url = self.link()
        return {"url": url} if url else {"error": "internal_error"}

    def _usergroups_users_list(self, body: Json) -> Json:
        members = self.groups.get(body["usergroup"])
        return {"error": "no_such_subteam"} if members is None else {"users": members}

    def _views_open(self, body: Json) -> Json:
        issued = self._triggers.pop(body["trigger_id"], None)
        if issued is None:
            return {"error": "exchanged_trigger_id"}
        if self.clock() - issued > _TRIGGER_SECONDS:
            return {"error": "expired_trigger_id"}
        view = body["view"] if isinstance(body["view"], dict) else json.loads(body["view"])
        if found := view_mistakes(view):
            return {"error": found[0]}
        self.views.append(view)
        return {"view": view}

    def respond(self, path: str, body: Json) -> str:
        """Take an answer for one person; return what Slack says to it."""
        if sum(m["path"] == path for m in self.said) >= _ANSWERS:
            return "used_url"
        if body.get("response_type") != "ephemeral" or body.get("replace_original") is not False:
            return "this would be seen by everybody, or replace the notice"
        if found := mistakes(body):
            return found[0]
        self.said.append({**body, "path": path})
        return "ok"

    def _conversations_list(self, _body: Json) -> Json:
        return {"channels": [{"name": n[1:], "id": i} for n, i in _CHANNELS.items()]}

    def _chat_postMessage(self, body: Json) -> Json:  # noqa: N802 - Slack's name
        channel = _CHANNELS.get(body["channel"], body["channel"])
        if channel not in _CHANNELS.values():
            return {"error": "channel_not_found"}
        if found := mistakes(body):
            return {"error": found[0]}
        thread = body.get("thread_ts")
        if thread and not any(m["ts"] == thread for m in self.messages):
            return {"error": "thread_not_found"}
        return self._added({**body, "channel": channel})

    def _added(self, body: Json) -> Json:
        ts = f"{1_800_000_000 + len(self.messages)}.000100"
        kept = {k: v for k, v in body.items() if v is not None and k != "token"}
        message = {**kept, "ts": ts, "edits": 0}
        self.messages.append(message)
        return {"channel": body["channel"], "ts": ts, "message": message}

    def _chat_update(self, body: Json) -> Json:
        if body["channel"] not in _CHANNELS.values():
            return {"error": "channel_not_found"}
        if found := mistakes(body):
            return {"error": found[0]}
        for message in self.messages:
            if (message["channel"], message["ts"]) == (body["channel"], body["ts"]):
                message.update(text=body["text"], blocks=body["blocks"])
                message["edits"] += 1
                return {"channel": body["channel"], "ts": body["ts"]}
        return {"error": "message_not_found"}

    def _conversations_history(self, body: Json) -> Json:
        return self._read(body, [m for m in self.roots() if m["channel"] == body["channel"]])

    def _conversations_replies(self, body: Json) -> Json:
        root = [m for m in self.messages if m["ts"] == body["ts"]]
        return self._read(body, root + self.replies(body["ts"]))

    def _read(self, body: Json, messages: list[Json]) -> Json:
        if body["channel"] not in _CHANNELS.values():
            return {"error": "channel_not_found"}
        newest = messages[::-1]
        first = int(body.get("cursor") or 0)
        shown = [dict(m) for m in newest[first : first + self.page]]
        if body.get("include_all_metadata") not in {True, "1", "true"}:
            for message in shown:
                message.pop("metadata", None)
        more = first + self.page < len(newest)
        cursor = self.next_cursor or (str(first + self.page) if more else "")
        return {"messages": shown, "response_metadata": {"next_cursor": cursor}}

    def _files_getUploadURLExternal(self, body: Json) -> Json:  # noqa: N802 - Slack's name
        name = f"F{len(self.files):08d}"
        self.files[name] = b""
        return {"upload_url": f"{self.url}{UPLOAD}{name}", "file_id": name, **body}

    def _files_completeUploadExternal(self, body: Json) -> Json:  # noqa: N802 - Slack's name
        files = json.loads(body["files"]) if isinstance(body["files"], str) else body["files"]
        if any(not self.files.get(file["id"]) for file in files):
            return {"error": "file_not_found"}
        if body["channel_id"] not in _CHANNELS.values():
            return {"error": "channel_not_found"}
        share = {"channel": body["channel_id"], "thread_ts": body.get("thread_ts"), "files": files}
        self._added(share)
        return {"files": files}


class _Handler(BaseHTTPRequestHandler):
    slack: Slack
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self._take()
        with self.slack.changed:
            self.slack.changed.notify_all()

    def _take(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        if path.startswith(UPLOAD):
            self.slack.files[path.removeprefix(UPLOAD)] = raw
            return self._send(200, b"OK")
        method = path.removeprefix("/api/")
        body = _parsed(raw or query.encode(), self.headers.get("Content-Type", ""))
        with self.slack.lock:
            self.slack.calls.append((method, body))
            fault = self.slack.fault(method)
            if path.startswith(RESPONSE) and fault is None:
                return self._respond(path, body)
            if fault is None or fault.endswith("_after"):
                answer = self._hook(body) if path == HOOK else self.slack.answer(method, body)
        if fault is not None:
            return self._fault(fault)
        if path == HOOK:
            return self._send(200 if answer["ok"] else 400, str(answer.get("error", "ok")).encode())
        token = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if self.headers.get("Authorization") != f"Bearer {token}":
            answer = {"ok": False, "error": "invalid_auth"}
        return self._send(200, json.dumps(answer).encode())

    def _respond(self, path: str, body: Json) -> None:
        said = self.slack.respond(path, body)
        return self._send(200 if said == "ok" else 400, said.encode())

    def _hook(self, body: Json) -> Json:
        return self.slack.answer("chat.postMessage", {**body, "channel": "#uptime"})

    def _fault(self, fault: Fault) -> None:
        self.close_connection = True
        match fault:
            case "rate_limited":
                answer = b'{"ok": false, "error": "ratelimited"}'
                self._send(429, answer, {"Retry-After": str(self.slack.retry_after)})
            case "server_error" | "server_error_after":
                self._send(500, b"<html>oops</html>")
            case "reset" | "reset_after":
                self.connection.close()
            case "garbage":
                self._send(200, b"\xff\x00<html>")
            case "nonsense":
                self._send(200, b'["ok", {"messages": 7}]')
            case "nothing":
                self._send(200, b"[]")
            case "timeout_after":
                self.connection.recv(1)  # until the client gives up
            case _ if self.path == HOOK or self.path.startswith(RESPONSE):
                self._send(404, fault.encode())
            case _:
                self._send(200, json.dumps({"ok": False, "error": fault}).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("X-OAuth-Scopes", self.slack.scopes)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        pass  # a client that gave up is what the test wanted


def _parsed(raw: bytes, content_type: str) -> Json:
    if content_type.startswith("application/json"):
        body: Json = json.loads(raw)
        return body
    return {key: values[-1] for key, values in parse_qs(raw.decode()).items()}


@contextmanager
def local_slack() -> Iterator[Slack]:
    """Serve until the block ends."""
    slack = Slack()
    handler = type("Handler", (_Handler,), {"slack": slack})
    server = _Server(("127.0.0.1", 0), handler)
    slack.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield slack
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
