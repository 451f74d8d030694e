"""Echo requests by one socket per protocol for the whole process."""

import asyncio
import itertools
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
_PROTOCOLS = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
_HEADER = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
_TOKEN = struct.Struct("!Q")
_READS = 64
_DISCOVER_DO = 2  # IP_PMTUDISC_DO of linux/in.h, IPV6_PMTUDISC_DO of linux/in6.h
_PKTINFO = 8  # IP_PKTINFO of linux/in.h
_OPTIONS: dict[int, tuple[int, int, int]] = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TTL, 10),  # IP_MTU_DISCOVER
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, 23),  # IPV6_MTU_DISCOVER
}


class IcmpForbiddenError(Exception):
    """This process may not send echo requests; the message says what is missing."""


@dataclass(slots=True)
class _Endpoint:
    sock: socket.socket
    raw: bool


class Icmp:
    """Sends echo requests and awaits their replies, told apart by a token in their data."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._endpoints: dict[int, _Endpoint] = {}
        self._waiting: dict[int, asyncio.Future[float]] = {}
        self._tokens = itertools.count(int.from_bytes(os.urandom(6)) << 8)

    async def echo(
        self,
        address: str,
        size: int,
        ttl: int | None = None,
        *,
        whole: bool = False,
        source: str | None = None,
    ) -> float:
        """Return the seconds until the reply; wait for ever without one.

        Args:
            address: of whom is asked.
            size: bytes of data.
            ttl: routers that the request may pass; None: as many as the system lets.
            whole: it may not be cut into fragments.
            source: the address of ours that it is sent from; None: the system chooses.

        Raises:
            IcmpForbiddenError: there is no permission to send.
            OSError: the network refuses to send.
        """
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        endpoint = self._endpoints.get(family) or self._open(family)
        token = next(self._tokens) % 2**64
        data = _TOKEN.pack(token).ljust(max(size, _TOKEN.size), b"u")
        future: asyncio.Future[float] = self._loop.create_future()
        self._waiting[token] = future
        started = perf_counter()
        try:
            packet = _packet(family, token, data)
            told = _told(endpoint.sock.family, ttl, source)
            if not told and not whole:
                endpoint.sock.sendto(packet, (address, 0))
            else:
                _send(endpoint.sock, packet, address, told, whole=whole)
            return await future - started
        finally:
            self._waiting.pop(token, None)

    def _open(self, family: socket.AddressFamily) -> _Endpoint:
        sock, raw = _socket(family)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._endpoints[family] = endpoint = _Endpoint(sock, raw)
        self._loop.add_reader(sock.fileno(), self._read, endpoint, family)
        return endpoint

    def _read(self, endpoint: _Endpoint, family: socket.AddressFamily) -> None:
        for _ in range(_READS):
            try:
                packet = endpoint.sock.recv(65_535)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error about one of our packets: its echo times out
            if endpoint.raw and family == socket.AF_INET:
                packet = packet[(packet[0] & 15) * 4 :]
            self._match(packet, family)

    def _match(self, packet: bytes, family: socket.AddressFamily) -> None:
        if len(packet) < _HEADER.size + _TOKEN.size or packet[0] != _REPLY[family]:
            return
        (token,) = _TOKEN.unpack_from(packet, _HEADER.size)
        future = self._waiting.get(token)
        if future is not None and not future.done():
            future.set_result(perf_counter())

    def close(self) -> None:
        """Close the sockets."""
        for endpoint in self._endpoints.values():
            self._loop.remove_reader(endpoint.sock.fileno())
            endpoint.sock.close()
        self._endpoints.clear()


def _told(family: int, ttl: int | None, source: str | None) -> list[tuple[int, int, bytes]]:
    """Return what goes along with a packet for the kernel; see ip(7) and ipv6(7)."""
    level, hops, _ = _OPTIONS[family]
    told = [] if ttl is None else [(level, hops, struct.pack("i", ttl))]
    if source is not None and family == socket.AF_INET:
        chosen = struct.pack("i4s4x", 0, socket.inet_pton(family, source))
        told.append((level, _PKTINFO, chosen))
    elif source is not None:
        chosen = struct.pack("16si", socket.inet_pton(family, source), 0)
        told.append((level, socket.IPV6_PKTINFO, chosen))
    return told


def _send(
    sock: socket.socket,
    packet: bytes,
    address: str,
    told: list[tuple[int, int, bytes]],
    *,
    whole: bool,
) -> None:
    """Send one packet with options of its own by a socket that others use, too."""
    level, _, discover = _OPTIONS[sock.family]
    before = sock.getsockopt(level, discover)
    if whole:
        sock.setsockopt(level, discover, _DISCOVER_DO)
    try:
        sock.sendmsg([packet], told, 0, (address, 0))
    finally:
        if whole:
            sock.setsockopt(level, discover, before)


def _socket(
    family: socket.AddressFamily, make: Callable[..., socket.socket] = socket.socket
) -> tuple[socket.socket, bool]:
    """Return a socket for echo requests and whether it is a raw one."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            return make(family, kind, _PROTOCOLS[family]), kind == socket.SOCK_RAW
        except PermissionError:
            continue
    raise IcmpForbiddenError(
        "echo requests need CAP_NET_RAW (setcap cap_net_raw+ep, AmbientCapabilities=CAP_NET_RAW) "
        f"or group {os.getegid()} within net.ipv4.ping_group_range"
    )


def permitted(family: socket.AddressFamily = socket.AF_INET) -> None:
    """Return where this process may send echo requests.

    Raises:
        IcmpForbiddenError: it may not.
    """
    _socket(family)[0].close()


def _packet(family: socket.AddressFamily, token: int, data: bytes) -> bytes:
    identifier, sequence = (token >> 16) & 0xFFFF, token & 0xFFFF
    kind = _REQUEST[family]
    total = checksum(_HEADER.pack(kind, 0, 0, identifier, sequence) + data)
    return _HEADER.pack(kind, 0, total, identifier, sequence) + data


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
