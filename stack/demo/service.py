"""A small real HTTP service that can be taken down and brought up again."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"at your service\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class DemoService:
    """Listens on one port from the first ``up`` on; while down, connections are refused."""

    def __init__(self) -> None:
        self._port = 0
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Return where it listens, or listened."""
        return f"http://127.0.0.1:{self._port}/"

    def up(self) -> None:
        """Listen."""
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._port = self._server.server_port
        arguments = {"poll_interval": 0.02}
        threading.Thread(target=self._server.serve_forever, kwargs=arguments, daemon=True).start()

    def down(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
