"""Names to addresses by c-ares: a dead name costs nobody else a thread or a wait."""

import asyncio
import ipaddress
import socket
from functools import lru_cache
from typing import Literal

import aiodns

Protocol = Literal["ip4", "ip6"]
_FAMILIES = {"ip4": socket.AF_INET, "ip6": socket.AF_INET6}
_RCODES = {
    aiodns.error.ARES_ENODATA: "NODATA",
    aiodns.error.ARES_EFORMERR: "FORMERR",
    aiodns.error.ARES_ESERVFAIL: "SERVFAIL",
    aiodns.error.ARES_ENOTFOUND: "NXDOMAIN",
    aiodns.error.ARES_ENOTIMP: "NOTIMP",
    aiodns.error.ARES_EREFUSED: "REFUSED",
}
_NO_SUCH_NAME = (aiodns.error.ARES_ENOTFOUND, aiodns.error.ARES_ENODATA)
_NOT_ANSWERED = (
    aiodns.error.ARES_ECONNREFUSED,
    aiodns.error.ARES_ETIMEOUT,
    aiodns.error.ARES_EREFUSED,
    aiodns.error.ARES_ENOMEM,
    aiodns.error.ARES_EFILE,
)
_WITHIN = 4.0  # seconds
_CONTROL = 0.5
"""Seconds in which a name server that lives tells who serves the root: every one knows it."""


class ResolveError(Exception):
    """A name has no address; the message says which name and why.

    ``code`` is the DNS rcode, or NODATA where the name has no such record; empty without an answer.
    """

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(message)


class ResolverError(Exception):
    """No name server of ours answers, so that nothing is known of the name."""


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

    def __init__(self, dns: aiodns.DNSResolver | None = None) -> None:
        self._dns = dns or aiodns.DNSResolver(timeout=2.0, tries=3)
        self._control: asyncio.Task[bool] | None = None

    async def resolve(
        self,
        host: str,
        protocol: Protocol = "ip4",
        *,
        fallback: bool = True,
        within: float = _WITHIN,
    ) -> str:
        """Return one address of a host, within so many seconds.

        The other protocol's addresses serve if there is none of the protocol wanted and
        ``fallback`` allows it.

        Raises:
            ResolveError: there is no address, or the name's own servers do not tell.
            ResolverError: our name servers do not answer.
        """
        address = literal(host)
        if address is not None:
            return address
        try:
            async with asyncio.timeout(within):
                return await self._either(host, protocol, fallback=fallback)
        except TimeoutError as error:
            why, unanswered = "no answer", True
            cause: Exception = error
        except aiodns.error.DNSError as error:
            why, unanswered = str(error.args[-1]), error.args[0] in _NOT_ANSWERED
            cause = error
        if unanswered and not await self.alive():
            raise ResolverError(f"{host}: {why}; no name server of ours answers") from cause
        code = _RCODES.get(cause.args[0], "") if cause.args else ""
        raise ResolveError(f"{host}: {why}", code) from cause

    async def _either(self, host: str, protocol: Protocol, *, fallback: bool) -> str:
        try:
            return await self._lookup(host, protocol)
        except aiodns.error.DNSError as error:
            if not fallback or error.args[0] not in _NO_SUCH_NAME:
                raise
        return await self._lookup(host, "ip6" if protocol == "ip4" else "ip4")

    async def alive(self) -> bool:
        """Say whether some name server of ours answers; many that ask at once ask once."""
        if self._control is None:
            self._control = asyncio.ensure_future(self._ask_for_root())
            self._control.add_done_callback(self._forget_control)
        return await asyncio.shield(self._control)

    def _forget_control(self, _done: asyncio.Task[bool]) -> None:
        self._control = None

    async def _ask_for_root(self) -> bool:
        try:
            async with asyncio.timeout(_CONTROL):
                await self._dns.query_dns(".", "NS")
        except TimeoutError:
            return False
        except aiodns.error.DNSError as error:
            return error.args[0] not in _NOT_ANSWERED
        return True

    async def _lookup(self, host: str, protocol: Protocol) -> str:
        answer = await self._dns.getaddrinfo(
            host, family=_FAMILIES[protocol], type=socket.SOCK_STREAM
        )
        address = answer.nodes[0].addr[0]
        return address.decode("ascii") if isinstance(address, bytes) else address

    async def close(self) -> None:
        """Cancel what is under way and close the sockets."""
        if self._control is not None:
            self._control.cancel()
        await self._dns.close()
