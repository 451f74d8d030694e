"""The opening handshake of WebSocket, by a real server and by bad ones."""

import asyncio
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from exporter.probes.transport.result import ProbeResult
from tests.exporter.asking import ask, measured, target_of
from tests.exporter.probes.test_http_asked import Backend
from tests.exporter.servers import Handler, serving

Answer = Callable[[str, bytes], bytes]


def switching(accept: str, *more: str, upgrade: str = "websocket") -> bytes:
    lines = ["HTTP/1.1 101 Switching Protocols", f"Upgrade: {upgrade}", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", *more, "", ""]).encode()


def handler(answer: Answer) -> Handler:
    """Return a server that answers by the right accept and the request, and stays."""

    def handle(connection: socket.socket) -> None:
        head = connection.recv(65_536)
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
        key = fields["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        connection.sendall(answer(b64encode(sha1(key.encode()).digest()).decode(), head))
        connection.recv(65_536)

    return handle


def asked(answer: Answer, **more: Any) -> ProbeResult:
    with serving(handler(answer)) as port:
        return ask(type="http", url=f"http://127.0.0.1:{port}/", websocket=True, **more)


@pytest.fixture(scope="module")
def real() -> Iterator[int]:
    """Give the port of aiohttp's WebSocket server."""

    async def chat(request: web.Request) -> web.WebSocketResponse:
        session = web.WebSocketResponse(protocols=["chat"])
        await session.prepare(request)
        async for _ in session:
            pass
        return session

    async def moved(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/chat")

    application = web.Application()
    application.add_routes([web.get("/chat", chat), web.get("/", moved)])
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(application)
    loop.run_until_complete(runner.setup())
    site = web.TCPSite(runner, "127.0.0.1", 0)
    loop.run_until_complete(site.start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield runner.addresses[0][1]
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.mark.parametrize("path", ["/chat", "/"])
def test_a_real_server_is_up_by_whatever_way_it_is_reached(real: int, path: str) -> None:
    offered = {"Sec-WebSocket-Protocol": "chat"}
    expected = {"Sec-WebSocket-Protocol": "^chat$"}
    url = f"http://127.0.0.1:{real}{path}"
    result = ask(
        type="http", url=url, websocket=True, headers=offered, expect_headers=expected, timeout="3s"
    )
    assert result.success, result.detail
    assert measured(result)["http_status_code"] == 101


def test_a_page_is_no_websocket(real: int) -> None:
    result = ask(type="http", url=f"http://127.0.0.1:{real}/none", websocket=True)
    assert (result.reason, result.detail) == ("status", "404, not 101")


def test_it_is_up_as_soon_as_the_head_is_there() -> None:
    assert asked(lambda accept, _: switching(accept), timeout="2s").success


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _a, _h: switching("AAAA"), "protocol"),
        (lambda a, _h: switching(a, upgrade="h2c"), "protocol"),
        (lambda a, _h: switching(a).replace(b"Connection: Upgrade", b"X: y"), "protocol"),
        (lambda a, _h: switching(a, "Sec-WebSocket-Protocol: chat"), "protocol"),
        (lambda a, _h: switching(a, "Sec-WebSocket-Extensions: x; y=1"), "protocol"),
        (lambda _a, _h: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "status"),
        (lambda _a, _h: b"HTTP/1.1 426 No\r\nContent-Length: 0\r\n\r\n", "status"),
        (lambda _a, _h: b"HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy", "status"),
    ],
)
def test_an_answer_that_begins_no_websocket_is_down(answer: Answer, reason: str) -> None:
    result = asked(answer)
    assert result.reason == reason, result.detail


def test_the_certificate_is_judged_as_of_every_https_probe(tmp_path: Path) -> None:
    backend = Backend(tmp_path)
    with backend.secure(b"HTTP/1.1 101 Switching\r\n\r\n") as port:
        fields = {"type": "http", "url": f"https://127.0.0.1:{port}/", "websocket": True}
        trusted = {"tls": {"ca_file": backend.file}}
        stranger = ask(**fields, server_name="shop.example")
        other = ask(**fields, **trusted, server_name="mail.example")
        known = ask(**fields, **trusted, server_name="shop.example")
    assert stranger.reason == "certificate_untrusted"
    assert other.reason == "certificate_hostname"
    assert known.reason == "protocol"
    assert b"GET / HTTP/1.1\r\n" in backend.heard[-1]


@pytest.mark.parametrize(
    "more",
    [
        {"method": "POST"},
        {"http": "2"},
        {"expect_body": "x"},
        {"expect_status": [200]},
        {"body": "x"},
    ],
)
def test_what_a_handshake_cannot_have_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="websocket"):
        target_of(type="http", url="http://shop.example/", websocket=True, **more)
