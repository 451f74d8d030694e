"""What the soak probes: servers on loopback that change their manners, and a name server.

Usage: python -m benchmarks.soak_world FOLDER SECONDS; prints a JSON line of ports when it listens.
Every SECONDS each server takes the next of its manners, and all keep their ports.
"""

import asyncio
import json
import logging
import signal
import socket
import ssl
import struct
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
import uvloop

from tests.programs.ports import free_port

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine"
ADDRESS = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 1, 4) + b"\x7f\x00\x00\x01"
PORTS = 8
"""Servers of each kind."""

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
Manner = Callable[[Reader, Writer], Awaitable[None]]


async def fine(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)


async def broken(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER.replace(b"200 OK", b"500 Oops"))


async def hang(reader: Reader, _writer: Writer) -> None:
    await reader.read()


async def reset(_reader: Reader, writer: Writer) -> None:
    peer = writer.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def garbage(_reader: Reader, writer: Writer) -> None:
    writer.write(b"\x16\x03\xff\x00 what is this\r\n\r\n")


async def dribble(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    for i in range(len(ANSWER)):
        writer.write(ANSWER[i : i + 1])
        await asyncio.sleep(0.02)


async def flood(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 65_536)
        await writer.drain()


async def circle(reader: Reader, writer: Writer) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


async def talk(reader: Reader, writer: Writer) -> None:
    """Be a name of every protocol that greets: which one is meant shows in the second line."""
    writer.write(b"220 mx ESMTP\r\n")
    while line := await reader.readline():
        writer.write(b"250 fine\r\n" if line.startswith(b"EHLO") else b"+PONG\r\n")


PLAIN: tuple[Manner | None, ...] = (
    *(fine, broken, fine, hang, None, fine, reset, fine, garbage, dribble, fine, flood, circle),
)
TALKS: tuple[Manner | None, ...] = (talk, hang, talk, None, talk, garbage, reset)
SECURE: tuple[tuple[Manner | None, str], ...] = (
    *((fine, "good"), (fine, "expired"), (None, ""), (fine, "good"), (fine, "stranger")),
    *((hang, ""), (fine, "good"), (reset, ""), (fine, "good"), (garbage, ""), (dribble, "good")),
)


class Server:
    """One port with one manner at a time; None is a closed port."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: asyncio.Server | None = None

    async def take(self, manner: Manner | None, tls: ssl.SSLContext | None = None) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None
        if manner is not None:
            handle = _handler(manner)
            self._server = await asyncio.start_server(
                handle, "127.0.0.1", self.port, ssl=tls, backlog=512
            )


def _handler(manner: Manner) -> Manner:
    async def handle(reader: Reader, writer: Writer) -> None:
        try:
            async with asyncio.timeout(2):
                await manner(reader, writer)
                await writer.drain()
        except (OSError, RuntimeError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the prober left: uvloop calls writing to a closed transport a RuntimeError
        finally:
            writer.close()

    return handle


class Names(asyncio.DatagramProtocol):
    """A name server that answers, refuses, lies about itself, or says nothing."""

    MANNERS = ("fine", "servfail", "fine", "nxdomain", "silent", "fine", "garbage")
    manner = "fine"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._answer(data)
        if answer is not None:
            self._transport.sendto(answer, addr)  # type: ignore[attr-defined]

    def _answer(self, data: bytes) -> bytes | None:
        end = data.index(b"\0", 12) + 5
        ask_a = data[end - 4 : end - 2] == b"\0\x01"
        match self.manner:
            case "silent":
                return None
            case "garbage":
                return data[:2] + b"\x81"
            case "servfail" | "nxdomain":
                code = 0x8182 if self.manner == "servfail" else 0x8183
                return data[:2] + struct.pack("!HHHHH", code, 1, 0, 0, 0) + data[12:end]
        head = data[:2] + struct.pack("!HHHHH", 0x8180, 1, int(ask_a), 0, 0)
        return head + data[12:end] + (ADDRESS if ask_a else b"")


def contexts(folder: Path) -> dict[str, ssl.SSLContext | None]:
    """Make the certificates; the authority's goes into the folder."""
    ours, other = (trustme.CA(key_type=trustme.KeyType.ECDSA) for _ in range(2))
    ours.cert_pem.write_to_path(str(folder / "ca.pem"))
    past = datetime.now(UTC) - timedelta(days=1)
    certificates = {
        "good": ours.issue_cert("127.0.0.1", "*.soak.test"),
        "expired": ours.issue_cert("127.0.0.1", not_after=past),
        "stranger": other.issue_cert("127.0.0.1"),
    }
    made: dict[str, ssl.SSLContext | None] = {"": None}
    for name, certificate in certificates.items():
        made[name] = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
    return made


async def main(folder: Path, seconds: float) -> None:
    plain, secure, talks = ([Server() for _ in range(PORTS)] for _ in range(3))
    tls, names, turn = contexts(folder), Names(), 0
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    transport, _ = await loop.create_datagram_endpoint(lambda: names, ("127.0.0.1", 0))
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    ports: dict[str, object] = {"dns": transport.get_extra_info("sockname")[1]}
    ports |= {"http": [s.port for s in plain], "https": [s.port for s in secure]}
    ports |= {"talk": [s.port for s in talks]}
    while not stop.is_set():
        names.manner = Names.MANNERS[turn % len(Names.MANNERS)]
        for i in range(PORTS):
            await plain[i].take(PLAIN[(turn + i) % len(PLAIN)])
            manner, certificate = SECURE[(turn + i) % len(SECURE)]
            await secure[i].take(manner, tls[certificate])
            await talks[i].take(TALKS[(turn + i) % len(TALKS)])
        if not turn:
            print(json.dumps(ports), flush=True)
        turn += 1
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            continue


if __name__ == "__main__":
    logging.disable()  # probers that leave in the middle are what this is about
    uvloop.run(main(Path(sys.argv[1]), float(sys.argv[2])))
