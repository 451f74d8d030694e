"""What clients can take of the server: real sockets, on both event loops that our programs run."""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop
from aiohttp import web

from tests.programs.tls import papers
from uptime_common.connections import Bounds
from uptime_common.shared_work import BusyError
from uptime_common.web import TlsServer, WebConfig, load_web_config, start_server

FEW = Bounds(4, look=0.02)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Loop = Callable[[], asyncio.AbstractEventLoop]
both = pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, uvloop.Loop])


def run(loop: Loop, scenario: Awaitable[Any]) -> Any:
    async def limited() -> Any:
        async with asyncio.timeout(20):
            return await scenario

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(limited())


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


class Served:
    """A server that runs, and clients of it."""

    def __init__(self, address: tuple[Any, ...]) -> None:
        self.address = address
        self._clients: list[asyncio.StreamWriter] = []

    async def opened(self) -> Streams:
        streams = await asyncio.open_connection(*self.address[:2])
        self._clients.append(streams[1])
        return streams

    async def client(self, said: bytes = b"") -> asyncio.StreamReader:
        reader, writer = await self.opened()
        writer.write(said)
        return reader

    async def get(self, path: str = "/") -> tuple[int, str, str]:
        url = f"http://{self.address[0]}:{self.address[1]}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.text(), answer.headers.get("Retry-After", "")

    async def leave(self) -> None:
        for writer in self._clients:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def served(
    bounds: Bounds, handler: Any = _hello, config: WebConfig | None = None, path: Path | None = None
) -> AsyncIterator[Served]:
    routes = [web.get("/", _hello), web.get("/it", handler)]
    listen = ("127.0.0.1", 0)
    server = await start_server(routes, listen, config or WebConfig(), path, bounds=bounds)
    found = Served(server.addresses[0])
    try:
        yield found
    finally:
        await found.leave()
        await server.cleanup()


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Return what came before the server ended the connection."""
    said = b""
    try:
        while part := await reader.read(1 << 16):
            said += part
    except ConnectionError:
        pass
    return said


@both
def test_clients_that_say_nothing_make_room_for_one_that_asks(
    loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with served(FEW) as server:
            silent = [await server.client(GET[:9]) for _ in range(40)]
            for _ in range(3):
                assert await server.get() == (200, "hello", "")
            assert [await ended(reader) for reader in silent[:36]] == [b""] * 36

    run(loop, scenario())
    told = [record.getMessage() for record in caplog.records if record.name == "web"]
    assert len(told) == 1
    assert told[0].startswith("4 HTTP connections are open, as many as may be")


@both
@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"POST / "])
def test_headers_that_do_not_come_in_time_end_the_connection(loop: Loop, said: bytes) -> None:
    async def scenario() -> None:
        async with served(Bounds(4, head=0.1, look=0.02)) as server:
            assert await ended(await server.client(said)) == b""

    run(loop, scenario())


@both
def test_headers_that_come_byte_by_byte_gain_no_time(loop: Loop) -> None:
    async def scenario() -> None:
        async with served(Bounds(4, head=0.2, look=0.02)) as server:
            reader, writer = await server.opened()
            writer.write(GET[:-2] + b"X: ")
            over = asyncio.create_task(ended(reader))
            while not over.done():
                writer.write(b"X")
                await asyncio.wait([over], timeout=0.01)
            assert await over == b""

    run(loop, scenario())


@both
def test_a_connection_that_is_used_again_is_kept_until_it_is_idle_for_too_long(loop: Loop) -> None:
    async def scenario() -> None:
        async with served(Bounds(4, head=1, idle=1.5, look=0.02)) as server:
            reader, writer = await server.opened()
            for _ in range(4):
                writer.write(GET)
                assert (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")
                await asyncio.sleep(0.1)
            assert await ended(reader) == b""

    run(loop, scenario())


@both
def test_requests_under_way_are_kept_and_what_comes_beside_them_is_refused_by_name(
    loop: Loop,
) -> None:
    async def scenario() -> None:
        go, arrived = asyncio.Event(), asyncio.Semaphore(0)

        async def slow(_request: web.Request) -> web.Response:
            arrived.release()
            await go.wait()
            return web.Response(text="done")

        async with served(Bounds(4, idle=0.1, look=0.02), slow) as server:
            asked = [asyncio.create_task(server.get("/it")) for _ in range(4)]
            for _ in range(4):
                await arrived.acquire()
            await asyncio.sleep(0.2)
            answer = await ended(await server.client())
            assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n")
            assert b"Refused: 4 requests are under way; try again later.\n" in answer
            go.set()
            assert [(await one)[:2] for one in asked] == [(200, "done")] * 4
            assert (await server.get())[0] == 200

    run(loop, scenario())


@both
def test_a_client_that_does_not_read_its_answer_is_not_waited_for(loop: Loop) -> None:
    async def long(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * 50_000_000)

    async def scenario() -> None:
        async with served(Bounds(1, idle=0.2, look=0.02), long) as server:
            reader = await server.client(GET.replace(b"/ ", b"/it "))
            assert (await reader.read(10)).startswith(b"HTTP/1.1 2")
            await asyncio.sleep(0.5)
            assert len(await ended(reader)) < 50_000_000
            assert (await server.get())[0] == 200

    run(loop, scenario())


def test_a_lack_of_descriptors_is_told_once_and_overcome(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        loop, fails = asyncio.get_running_loop(), 3
        accept = loop.sock_accept

        async def failing(sock: socket.socket) -> Any:
            nonlocal fails
            if fails:
                fails -= 1
                raise OSError(errno.EMFILE, "Too many open files")
            return await accept(sock)

        loop.sock_accept = failing  # type: ignore[method-assign]
        async with served(FEW) as server:
            assert (await server.get())[0] == 200

    run(asyncio.SelectorEventLoop, scenario())
    told = [record.getMessage() for record in caplog.records]
    assert told == ["no HTTP connection can be accepted: Too many open files"]


@both
def test_handshakes_that_stand_still_hold_up_nobody(
    loop: Loop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = papers(tmp_path)
    (tmp_path / "c.pem").write_bytes(made.chain)
    (tmp_path / "k.pem").write_bytes(made.key)
    tls = TlsServer(cert_file=tmp_path / "c.pem", key_file=tmp_path / "k.pem")
    trust = ssl.create_default_context(cafile=made.authority)

    async def scenario() -> None:
        bounds, config = Bounds(4, head=0.5, look=0.02), WebConfig(tls_server_config=tls)
        async with served(bounds, config=config) as server, aiohttp.ClientSession() as session:
            url = f"https://localhost:{server.address[1]}/"
            silent = [await server.client() for _ in range(20)]
            garbage = [await server.client(b"GET / HTTP/1.1\r\n\r\n") for _ in range(20)]
            async with session.get(url, ssl=trust) as answer:
                assert await answer.text() == "hello"
            for reader in (*silent, *garbage):
                await ended(reader)
            async with session.get(url, ssl=trust) as answer:
                assert await answer.text() == "hello"

    run(loop, scenario())
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 1


def test_a_fault_of_ours_is_answered_always_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise ZeroDivisionError

    async def scenario() -> None:
        async with served(FEW, broken) as server:
            for _ in range(5):
                assert (await server.get("/it"))[0] == 500
            assert (await server.get("/nothing"))[0] == 404

    run(asyncio.SelectorEventLoop, scenario())
    assert [record.getMessage()[:10] for record in caplog.records] == ["/it failed"]


def test_what_is_beyond_a_bound_is_refused_with_the_time_to_come_again() -> None:
    async def busy(_request: web.Request) -> web.Response:
        raise BusyError("2 reports are under way")

    async def scenario() -> None:
        async with served(FEW, busy) as server:
            refused = "Refused: 2 reports are under way; try again later.\n"
            assert await server.get("/it") == (503, refused, "5")

    run(asyncio.SelectorEventLoop, scenario())


@both
def test_a_renewed_certificate_is_shown_to_who_comes_next(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uptime_common.web._LOOK", 0.01)
    path = tmp_path / "web.yml"
    path.write_text("tls_server_config: {cert_file: c.pem, key_file: k.pem}\n")

    def renew() -> None:
        made = papers(tmp_path)
        (tmp_path / "c.pem").write_bytes(made.chain)
        (tmp_path / "k.pem").write_bytes(made.key)

    async def shown(server: Served) -> bytes | None:
        anybody = ssl._create_unverified_context()
        _, writer = await asyncio.open_connection(*server.address[:2], ssl=anybody)
        certificate: bytes | None = writer.get_extra_info("ssl_object").getpeercert(True)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return certificate

    async def scenario() -> None:
        renew()
        async with served(FEW, config=load_web_config(path), path=path) as server:
            before = await shown(server)
            assert await shown(server) == before
            renew()
            while await shown(server) == before:
                pass

    run(loop, scenario())
