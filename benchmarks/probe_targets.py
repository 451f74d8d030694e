"""A cheap target for the benchmarks: HTTP, HTTPS, TCP and DNS on loopback in one process.

Usage: python -m benchmarks.probe_targets FOLDER; prints a JSON line of ports when it listens.
"""

import asyncio
import json
import signal
import ssl
import struct
import sys
from pathlib import Path
from typing import cast

import trustme
import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\nfine"
ADDRESS = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + b"\xc0\x00\x02\x01"


class Http(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if b"\r\n\r\n" in data:
            self.transport.write(ANSWER)


class Dns(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        end = data.index(b"\0", 12) + 5
        head = data[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
        self.transport.sendto(head + data[12:end] + ADDRESS, addr)


def context(folder: Path) -> ssl.SSLContext:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(made)
    made.num_tickets = 0
    return made


async def main() -> None:
    loop = asyncio.get_running_loop()
    tls = context(Path(sys.argv[1]))
    plain = await loop.create_server(Http, "127.0.0.1", 0, backlog=4096)
    secure = await loop.create_server(Http, "127.0.0.1", 0, backlog=4096, ssl=tls)
    names, _ = await loop.create_datagram_endpoint(Dns, ("127.0.0.1", 0))
    ports = {
        "http": plain.sockets[0].getsockname()[1],
        "https": secure.sockets[0].getsockname()[1],
        "tcp": plain.sockets[0].getsockname()[1],
        "dns": names.get_extra_info("sockname")[1],
    }
    print(json.dumps(ports), flush=True)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


if __name__ == "__main__":
    uvloop.run(main())
