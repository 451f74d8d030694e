import base64
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.exporter.asking import ask, ask_all, measured
from tests.exporter.servers import serving

JSON = b'{"status": "ok", "checks": [{"up": true}, {"up": false}], "count": 1}'


class Server(ThreadingHTTPServer):
    """Takes all probes at once: with five in the queue, the kernel makes others wait a second."""

    request_queue_size = 64


class Site(BaseHTTPRequestHandler):
    """Redirects, mirrors, and says who asked how."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        path = self.path
        if path.startswith("/to/"):
            self.reply(
                int(path.split("/")[2]), b"", {"Location": "/mirror", "Set-Cookie": "a=b; Path=/"}
            )
        elif path.startswith("/away/"):
            self.reply(302, b"", {"Location": f"http://localhost:{path[6:]}/mirror"})
        elif path == "/loop":
            self.reply(302, b"", {"Location": "/loop"})
        elif path == "/json":
            self.reply(200, JSON, {"X-Kind": "json"})
        elif path == "/teapot":
            self.reply(418, b"short and stout")
        else:
            head = f"{self.command} {self.path} {self.headers}".encode()
            self.reply(200, head + b"\n" + body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_GET  # noqa: N815 - http.server's names

    def do_HEAD(self) -> None:
        self.reply(200, b"")

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    with Server(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


CASES: list[tuple[str, dict[str, Any], str | None]] = [
    ("/", {}, None),
    ("/teapot", {}, "status"),
    ("/teapot", {"expect_status": [418]}, None),
    ("/teapot", {"expect_status": [200], "expect_body": "stout"}, "status"),
    ("/", {"expect_body": r"GET / "}, None),
    ("/", {"expect_body": "nothing like it"}, "body"),
    ("/", {"reject_body": "GET"}, "body"),
    ("/", {"method": "POST", "body": "a=1", "expect_body": "(?s)POST .*a=1$"}, None),
    ("/", {"method": "PUT", "body": "a=1", "expect_body": "(?s)PUT .*a=1$"}, None),
    ("/", {"method": "DELETE", "expect_body": "DELETE /"}, None),
    ("/", {"method": "HEAD"}, None),
    ("/", {"headers": {"X-Team": "a"}, "expect_body": "X-Team: a"}, None),
    ("/", {"headers": {"Host": "shop.example.org"}, "expect_body": "shop.example.org"}, None),
    ("/json", {"expect_headers": {"x-kind": "^json$"}}, None),
    ("/json", {"expect_headers": {"x-kind": "^xml$"}}, "header"),
    ("/json", {"expect_headers": {"x-none": "."}}, "header"),
    ("/json", {"expect_json": {"$.status": "ok", "$.count": 1}}, None),
    ("/json", {"expect_json": {"$.checks[*].up": False}}, None),
    ("/json", {"expect_json": {"$.count": True}}, "body"),
    ("/json", {"expect_json": {"$.none": "ok"}}, "body"),
    ("/", {"expect_json": {"$.status": "ok"}}, "body"),
    ("/json", {"max_body": 10}, "size"),
    ("/to/302", {"expect_body": "GET /mirror(?s:.*)Cookie: a=b"}, None),
    ("/to/302", {"follow_redirects": False}, "status"),
    ("/to/302", {"follow_redirects": False, "expect_status": [302]}, None),
    ("/to/303", {"method": "POST", "body": "x", "expect_body": "^GET /mirror"}, None),
    ("/to/307", {"method": "POST", "body": "xyz", "expect_body": "(?s)^POST /mirror.*xyz$"}, None),
    ("/loop", {}, "redirect"),
    ("/to/302", {"max_redirects": 0}, "redirect"),
    ("/", {"expect_version": ["1.1"]}, None),
    ("/", {"expect_version": ["2"]}, "protocol"),
]


def test_answers_are_judged_as_asked(site: int) -> None:
    probes = [
        {"type": "http", "url": f"http://127.0.0.1:{site}{path}", **fields}
        for path, fields, _ in CASES
    ]
    results = ask_all(probes)
    wrong = [
        (case, result.reason, result.detail)
        for case, result in zip(CASES, results, strict=True)
        if case[2] != result.reason
    ]
    assert wrong == []


def test_phases_and_status_are_measured(site: int) -> None:
    result = ask(type="http", url=f"http://localhost:{site}/to/302")
    assert set(result.phases) == {"resolve", "connect", "processing", "transfer"}
    assert measured(result)["http_status_code"] == 200
    assert measured(result)["http_redirects"] == 1
    assert len(result.measures) == len(measured(result))


def test_credentials_are_sent_to_their_origin_alone(site: int, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n", encoding="utf-8")
    basic = {"basic_auth": {"username": "ann", "password_file": str(secret)}}
    bearer = {"bearer_token_file": str(secret)}
    header = {"headers": {"Authorization": "Bearer hunter2"}}
    encoded = base64.b64encode(b"ann:hunter2").decode()
    url = f"http://127.0.0.1:{site}"
    for fields, sent in ((basic, encoded), (bearer, "hunter2"), (header, "hunter2")):
        for path, good in (("/", True), ("/to/302", True), (f"/away/{site}", False)):
            probe = {"type": "http", "url": url + path, "expect_body": sent, **fields}
            assert (ask(**probe).reason is None) is good, (fields, path)


def test_a_secret_that_cannot_be_read_tells_nothing_of_the_target(site: int) -> None:
    result = ask(type="http", url=f"http://127.0.0.1:{site}/", bearer_token_file="/nowhere")
    assert (result.success, result.reason) == (None, "setup")


def test_a_proxy_is_asked_instead() -> None:
    heard: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        heard.append(connection.recv(1000))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serving(proxy) as port:
        url = "http://shop.invalid/x"
        assert ask(type="http", url=url, proxy_url=f"http://localhost:{port}").success
    assert heard[0].startswith(b"GET http://shop.invalid/x HTTP/1.1\r\n")


def test_the_log_tells_the_story_without_secrets(site: int) -> None:
    log: list[str] = []
    headers = {"Authorization": "Bearer hunter2"}
    ask_all([{"type": "http", "url": f"http://127.0.0.1:{site}/teapot", "headers": headers}], log)
    text = "\n".join(log)
    assert "> GET /teapot HTTP/1.1" in text
    assert "< HTTP/1.1 418" in text
    assert "failed: status: 418" in text
    assert "hunter2" not in text


def test_an_address_of_the_other_protocol_is_asked_too() -> None:
    def hello(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serving(hello, "::1") as port:
        assert ask(type="http", url=f"http://[::1]:{port}/").success


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (b"HTTP/1.1 200 OK\r\n", "cut short"),
        (b"HTTP/1.1 200 OK\r\nX-A: b\r\n", "cut short"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", "cut short"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\n", "cut short"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "no status line"),
        (b"http/1.1 200 OK\r\n\r\n", "no status line"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nx", "Content-Length"),
    ],
)
def test_a_head_that_is_none_of_https_fails(answer: bytes, detail: str) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)

    with serving(serve) as port:
        result = ask(type="http", url=f"http://127.0.0.1:{port}/")
    assert (result.reason, detail in result.detail) == ("protocol", True), result


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.0 200 OK\n\nfine",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\nX-Sum: 1\r\n\r\n",
    ],
)
def test_a_head_that_is_only_plain_succeeds(answer: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(answer)

    with serving(serve) as port:
        assert ask(type="http", url=f"http://127.0.0.1:{port}/").success
