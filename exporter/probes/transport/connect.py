"""Names and connections, with their phases and the reasons of their failures."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Mapping
from time import perf_counter
from typing import Final

from exporter.metrics import IP_PROTOCOL
from exporter.network.resolver import Protocol, ResolveError, ResolverError, literal
from exporter.probes.transport.result import Cause, HinderedError, ProbeError, Reason
from exporter.probes.transport.run import Run
from service_catalogue.probes.address import ascii_host

_WITHIN = 0.8  # of the time that is left: a dead name server is known before the time limit
_QUEUE_FULL = 0.02  # seconds until the next try
_REASONS: Final[Mapping[int, Reason]] = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.ECONNABORTED: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ETIMEDOUT: "timeout",
}
CAUSES: Final[Mapping[int, Cause]] = {
    errno.EMFILE: "descriptors",
    errno.ENFILE: "descriptors",
    errno.ENOMEM: "memory",
    errno.ENOBUFS: "memory",
    errno.EAGAIN: "memory",
    errno.EACCES: "permission",
    errno.EPERM: "permission",
    errno.EADDRNOTAVAIL: "addresses",
    errno.EAFNOSUPPORT: "addresses",
}
"""What of ours a system call's error tells of; other errors tell of the peer or the way there."""


def network_error(error: OSError) -> ProbeError:
    """Return the verdict that an error of a socket call stands for.

    One of TLS is the peer's alert, whose numbers are OpenSSL's and not errno's.
    """
    if isinstance(error, ssl.SSLError):
        said = error.reason or str(error)
        return HinderedError("memory", said) if no_memory(said) else ProbeError("tls", said)
    number, told = error.errno or 0, error.strerror or str(error)
    if number in CAUSES:
        return HinderedError(CAUSES[number], told)
    return ProbeError(_REASONS.get(number, "unreachable"), told)


def no_memory(text: str) -> bool:
    """Say whether OpenSSL's words for an error are that it got no memory."""
    return "malloc failure" in text.lower().replace("_", " ")


def shortage() -> Cause:
    """Return why no socket could be made a moment ago."""
    try:
        socket.socket().close()
    except OSError as error:
        return CAUSES.get(error.errno or 0, "descriptors")
    return "descriptors"


def split(target: str) -> tuple[str, int]:
    """Return host and port of host:port; the host as DNS knows it."""
    host, _, port = target.rpartition(":")
    return ascii_host(host), int(port)


async def resolve(run: Run, host: str, protocol: Protocol = "ip4", *, fallback: bool = True) -> str:
    """Return an address of a host, noting the phase.

    Raises:
        ProbeError: there is none.
    """
    try:
        host = ascii_host(host)
    except ValueError as error:
        raise HinderedError("catalogue", str(error)) from error
    known = literal(host)
    if known is not None:
        _note_protocol(run, known)
        return known
    with run.phase("resolve"):
        try:
            address = await run.network.resolver.resolve(
                host, protocol, fallback=fallback, within=run.left() * _WITHIN
            )
        except ResolveError as error:
            raise ProbeError("resolve", str(error)) from error
        except ResolverError as error:
            raise HinderedError("resolver", str(error)) from error
    run.log(f"{host} is {address}")
    _note_protocol(run, address)
    return address


def _note_protocol(run: Run, address: str) -> None:
    if run.detailed:
        run.measure(IP_PROTOCOL, 6 if ":" in address else 4)


async def connect(
    run: Run,
    host: str,
    port: int,
    protocol: Protocol = "ip4",
    *,
    fallback: bool = True,
    source: str | None = None,
) -> socket.socket:
    """Return a connected non-blocking socket, noting the phases; ``source`` is our address.

    Raises:
        ProbeError: there is no address, or no connection.
    """
    if source is not None:
        protocol, fallback = "ip6" if ":" in source else "ip4", False
    address = await resolve(run, host, protocol, fallback=fallback)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    started = perf_counter()
    try:
        sock.setblocking(False)
        if source is not None:
            bind(sock, source)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except OSError as error:
        sock.close()
        raise network_error(error) from error
    except BaseException:
        sock.close()
        raise
    finally:
        run.add("connect", perf_counter() - started)
    run.log(f"connected to {address} port {port}")
    return sock


def bind(sock: socket.socket, source: str) -> None:
    """Send from an address of ours.

    Raises:
        HinderedError: it is none of ours, or of another protocol than the target's.
    """
    try:
        sock.bind((source, 0))
    except OSError as error:
        cause = CAUSES.get(error.errno or 0, "addresses")
        raise HinderedError(cause, f"{source}: {error.strerror or error}") from error


async def connect_path(run: Run, path: str) -> socket.socket:
    """Return a non-blocking socket that is connected to a unix socket, noting the phase.

    Raises:
        ProbeError: nobody listens there; ``missing`` where there is no such path.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        with run.phase("connect"):
            while True:
                try:
                    sock.connect(path)
                    break
                except BlockingIOError:  # the peer's queue is full
                    await asyncio.sleep(_QUEUE_FULL)
    except FileNotFoundError as error:
        sock.close()
        raise ProbeError("missing", f"{path}: {error.strerror}") from error
    except OSError as error:
        sock.close()
        raise network_error(error) from error
    except BaseException:
        sock.close()
        raise
    run.log(f"connected to {path}")
    return sock
