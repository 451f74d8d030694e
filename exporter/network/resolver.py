"""Names to addresses by c-ares: a dead name costs nobody else a thread or a wait."""

import ipaddress
import socket
from functools import lru_cache
from typing import Literal

import aiodns

Protocol = Literal["ip4", "ip6"]
_FAMILIES = {"ip4": socket.AF_INET, "ip6": socket.AF_INET6}
_NO_SUCH_NAME = (aiodns.error.ARES_ENOTFOUND, aiodns.error.ARES_ENODATA)


class ResolveError(Exception):
    """A name has no address; the message says which name and why."""


@lru_cache(maxsize=65_536)
def literal(host: str) -> str | None:
    """Return the address if the host is one already (brackets and zone allowed)."""
    bare = host.strip("[]")
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return None
    return bare


class Resolver:
    """Resolves names by the system's name servers and hosts file; must be made inside the loop."""

    def __init__(self) -> None:
        self._dns = aiodns.DNSResolver(timeout=2.0, tries=3)

    async def resolve(self, host: str, protocol: Protocol = "ip4", *, fallback: bool = True) -> str:
        """Return one address of a host.

        The other protocol's addresses serve if there is none of the protocol wanted and
        ``fallback`` allows it.

        Raises:
            ResolveError: there is no address.
        """
        address = literal(host)
        if address is not None:
            return address
        try:
            return await self._lookup(host, protocol)
        except aiodns.error.DNSError as error:
            if not fallback or error.args[0] not in _NO_SUCH_NAME:
                raise ResolveError(f"{host}: {error.args[-1]}") from error
        try:
            return await self._lookup(host, "ip6" if protocol == "ip4" else "ip4")
        except aiodns.error.DNSError as error:
            raise ResolveError(f"{host}: {error.args[-1]}") from error

    async def _lookup(self, host: str, protocol: Protocol) -> str:
        answer = await self._dns.getaddrinfo(
            host, family=_FAMILIES[protocol], type=socket.SOCK_STREAM
        )
        address = answer.nodes[0].addr[0]
        return address.decode("ascii") if isinstance(address, bytes) else address

    async def close(self) -> None:
        """Cancel what is under way and close the sockets."""
        await self._dns.close()
