"""Names and connections, with their phases and the reasons of their failures."""

import asyncio
import errno
import socket
from time import perf_counter

from exporter.network.resolver import Protocol, ResolveError, literal
from exporter.probes.transport.result import ProbeError, Reason
from exporter.probes.transport.run import Run

_REASONS: dict[int, Reason] = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.ECONNABORTED: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.EADDRNOTAVAIL: "unreachable",
    errno.ETIMEDOUT: "timeout",
    errno.EACCES: "setup",
    errno.EPERM: "setup",
    errno.EMFILE: "setup",
    errno.ENFILE: "setup",
    errno.EAFNOSUPPORT: "unreachable",
}


def network_error(error: OSError) -> ProbeError:
    """Return the verdict that an error of a socket call stands for."""
    reason = _REASONS.get(error.errno or 0, "unreachable")
    return ProbeError(reason, error.strerror or str(error))


def split(target: str) -> tuple[str, int]:
    """Return host and port of host:port."""
    host, _, port = target.rpartition(":")
    return host, int(port)


async def resolve(run: Run, host: str, protocol: Protocol = "ip4", *, fallback: bool = True) -> str:
    """Return an address of a host, noting the phase.

    Raises:
        ProbeError: there is none.
    """
    known = literal(host)
    if known is not None:
        return known
    with run.phase("resolve"):
        try:
            address = await run.network.resolver.resolve(host, protocol, fallback=fallback)
        except ResolveError as error:
            raise ProbeError("resolve", str(error)) from error
    run.log(f"{host} is {address}")
    return address


async def connect(
    run: Run, host: str, port: int, protocol: Protocol = "ip4", *, fallback: bool = True
) -> socket.socket:
    """Return a connected non-blocking socket, noting the phases.

    Raises:
        ProbeError: there is no address, or no connection.
    """
    address = await resolve(run, host, protocol, fallback=fallback)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    started = perf_counter()
    try:
        sock.setblocking(False)
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
