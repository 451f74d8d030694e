"""One datagram there, one back."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from exporter.probes.transport.connect import network_error, resolve, split
from exporter.probes.transport.run import Run
from service_catalogue.probes import NetworkProbe

LONGEST: Final = 65_535


@asynccontextmanager
async def datagrams(
    config: NetworkProbe, run: Run, target: str
) -> AsyncIterator["tuple[asyncio.AbstractEventLoop, socket.socket]"]:
    """Give the loop and a non-blocking UDP socket that is connected to host:port.

    Errors of the socket inside the block become ProbeErrors: a closed port is ``refused``.
    """
    host, port = split(target)
    address = await resolve(
        run, host, config.preferred_ip_protocol, fallback=config.ip_protocol_fallback
    )
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.connect((address, port))
            yield asyncio.get_running_loop(), sock
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise network_error(error) from error
