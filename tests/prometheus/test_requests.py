"""What is sent to a server: a request is prepared once, and yet each says what it must."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from service_catalogue.prometheus import Prometheus as Settings
from sla_engine.prometheus import Client

NOTHING = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
SERIES = b'{"status":"success","data":[]}'


class Server(ThreadingHTTPServer):
    """Answers with nothing and keeps what it was asked: headers and form of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[dict[str, str], dict[str, list[str]]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((dict(self.headers), parse_qs(form, strict_parsing=True)))
        body = SERIES if self.path.endswith("series") else NOTHING
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", f"turn={len(self.server.asked)}; Path=/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield found
        found.shutdown()


def test_each_request_has_its_own_form(server: Server) -> None:
    questions = ['up{job=~"a|b"} > 0 & "é%"', "1+1", 'up{job=~"a|b"} > 0 & "é%"']
    with Client(Settings(url=server.url)) as client:
        for at, question in enumerate(questions):
            client.instant(question, at * 1000)
        client.series("{a='b c'}", 0, 1000, most=5)
    forms = [form for _, form in server.asked]
    assert [form["query"] for form in forms[:3]] == [[question] for question in questions]
    assert [form["time"] for form in forms[:3]] == [["0.000"], ["1.000"], ["2.000"]]
    assert forms[3]["match[]"] == ["{a='b c'}"]
    assert forms[3]["limit"] == ["5"]
    assert {form["timeout"][0] for form in forms} == {"30s"}


def test_a_token_that_is_rotated_and_a_cookie_that_is_set_go_with_the_next_request(
    server: Server, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    with Client(Settings(url=server.url, bearer_token_file=token)) as client:
        client.instant("1", 0)
        token.write_text("second\n")
        client.series("up", 0, 1000)
        client.series("up", 0, 1000)
    headers = [headers for headers, _ in server.asked]
    assert [one["Authorization"] for one in headers] == [
        "Bearer first",
        "Bearer second",
        "Bearer second",
    ]
    assert [one.get("Cookie") for one in headers] == [None, "turn=1", "turn=2"]


def test_a_cookie_of_the_settings_goes_with_every_request(server: Server) -> None:
    with Client(Settings(url=server.url, headers={"cookie": "session=abc"})) as client:
        for _ in range(3):
            client.instant("1", 0)
    assert [headers["cookie"] for headers, _ in server.asked] == ["session=abc"] * 3
