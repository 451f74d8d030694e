"""One datagram there, one back."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from exporter.probes.transport.connect import bind, network_error, resolve, split
from exporter.probes.transport.run import Run
from service_catalogue.probes import NetworkProbe, SourcedProbe

LONGEST: Final = 65_535


@asynccontextmanager
async def datagrams(
    config: NetworkProbe, run: Run, target: str
) -> AsyncIterator["tuple[asyncio.AbstractEventLoop, socket.socket]"]:
    """Give the loop and a non-blocking UDP socket that is connected to host:port.

    Errors of the socket inside the block become ProbeErrors: a closed port is ``refused``.
    """
    host, port = split(target)
    protocol, fallback = config.preferred_ip_protocol, config.ip_protocol_fallback
    source = config.source_address if isinstance(config, SourcedProbe) else None
    if source is not None:
        protocol, fallback = "ip6" if ":" in source else "ip4", False
    address = await resolve(run, host, protocol, fallback=fallback)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            if source is not None:
                bind(sock, source)
            sock.connect((address, port))
            yield asyncio.get_running_loop(), sock
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        raise network_error(error) from error
