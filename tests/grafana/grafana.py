"""The annotations of a Grafana 9.4, as one was seen to answer."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "glsa_token"
Answer = tuple[int, Any]
UNKNOWN: Answer = (404, {"message": "Annotation not found"})


@dataclass
class Grafana:
    """Its URL, what it keeps, and what it was asked; ``broken`` answers everything instead."""

    url: str = ""
    kept: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: Answer | None = None
    last: int = 0

    def answer(self, method: str, target: str, sent: dict[str, Any], token: str) -> Answer:
        """Return status and body."""
        self.asked.append(method)
        if self.broken is not None:
            return self.broken
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "invalid API key", "traceID": ""}
        path = urlsplit(target)
        if method == "GET":
            return 200, self._found(parse_qs(path.query))
        if method == "POST":
            self.last += 1
            ends = {"timeEnd": sent.get("timeEnd", sent["time"])}
            self.kept[self.last] = {"dashboardUID": None, **sent, **ends, "id": self.last}
            return 200, {"id": self.last, "message": "Annotation added"}
        number = int(path.path.rpartition("/")[2])
        return self._changed(method, number, sent)

    def _changed(self, method: str, number: int, sent: dict[str, Any]) -> Answer:
        if number not in self.kept:
            return UNKNOWN
        if method == "DELETE":
            del self.kept[number]
            return 200, {"message": "Annotation deleted"}
        if set(sent.get("tags", ())) - set(self.kept[number]["tags"]):
            return 500, {"message": "Failed to update annotation", "traceID": ""}
        self.kept[number] |= sent
        return 200, {"message": "Annotation patched"}

    def _found(self, asked: dict[str, list[str]]) -> list[dict[str, Any]]:
        start, end = int(asked["from"][0]), int(asked["to"][0])
        found = [
            one
            for one in self.kept.values()
            if set(asked["tags"]) <= set(one["tags"]) and start <= one["timeEnd"]
            if one["time"] <= end
        ]
        newest = sorted(found, key=lambda one: int(one["timeEnd"]), reverse=True)
        return newest[: int(asked["limit"][0])]


@contextmanager
def running_grafana() -> Iterator[Grafana]:
    """Serve on a free port."""
    grafana = Grafana()

    class Handler(BaseHTTPRequestHandler):
        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self._any
            raise AttributeError(name)

        def _any(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            token = self.headers["Authorization"]
            status, body = grafana.answer(self.command, self.path, json.loads(sent or "{}"), token)
            text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        grafana.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield grafana
        server.shutdown()
        thread.join()
