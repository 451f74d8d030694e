"""Ports on which services listen, from sock_diag(7): costs the same however many connections.

Where the host is seen through mounts they come from its /proc/net: netlink would show our own.
"""

import errno
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress

from exporter.collectors.support.api import NoDataError, System
from exporter.collectors.support.netlink import Netlink, messages
from uptime_common.exposition import Family, gauge

LISTENING = gauge(
    "node_listening_info",
    "Constant 1 for every address and port on which a service listens.",
    *("protocol", "address", "port"),
)
METRICS = (LISTENING,)

_SOCK_DIAG_BY_FAMILY = 20
_NETLINK_SOCK_DIAG = 4
_REQUEST = struct.Struct("=BBBxI48x")  # inet_diag_req_v2: family, protocol, extensions, states
_MESSAGE = struct.Struct("=BB2x")  # inet_diag_msg: family, state; then its socket's identity
_PORT = struct.Struct("!H")
_ADDRESS = 8  # offset of the source address
# A TCP socket that listens, and a UDP socket that is not connected (enum of net/tcp_states.h).
_STATES = {"tcp": (socket.IPPROTO_TCP, 1 << 10), "udp": (socket.IPPROTO_UDP, 1 << 7)}

Port = tuple[str, int]
"""Address and port."""


def parse(data: bytes) -> Iterator[Port]:
    """Return the sockets of a dump. Raises OSError, ValueError."""
    for kind, message in messages(data):
        if kind == _SOCK_DIAG_BY_FAMILY:
            family, _ = _MESSAGE.unpack_from(message)
            (port,) = _PORT.unpack_from(message, _MESSAGE.size)
            size = 4 if family == socket.AF_INET else 16
            raw = message[_ADDRESS : _ADDRESS + size]
            yield str(ipaddress.ip_address(raw)), port


def parse_table(text: str, state: str) -> Iterator[Port]:
    """Return the sockets of /proc/net/tcp and its like that are in a state (``0A`` listens)."""
    for line in text.splitlines()[1:]:
        _, local, _, found, *_ = line.split()
        if found == state:
            raw, _, port = local.partition(":")
            words = bytes.fromhex(raw)
            # An address is printed as words of four bytes in the machine's order.
            pieces = (words[at : at + 4] for at in range(0, len(words), 4))
            address = b"".join(p[::-1] if sys.byteorder == "little" else p for p in pieces)
            yield str(ipaddress.ip_address(address)), int(port, 16)


def _of_files(system: System) -> frozenset[tuple[str, Port]]:
    found: set[tuple[str, Port]] = set()
    for protocol, state in (("tcp", "0A"), ("udp", "07")):
        found |= {(protocol, p) for p in parse_table(system.proc(f"net/{protocol}"), state)}
        with suppress(FileNotFoundError):  # a kernel without IPv6
            found |= {(protocol, p) for p in parse_table(system.proc(f"net/{protocol}6"), state)}
    return frozenset(found)


def families(ports: frozenset[tuple[str, Port]], ephemeral: int) -> list[Family]:
    """Return the ports; UDP ports from ``ephemeral`` up are clients that wait for an answer."""
    shown = sorted((p, a, n) for p, (a, n) in ports if p == "tcp" or n < ephemeral)
    return [LISTENING.of(*(((p, address, str(port)), 1) for p, address, port in shown))]


def diag_socket(_system: System) -> Netlink:
    """Return the socket, kept between scrapes."""
    return Netlink(_NETLINK_SOCK_DIAG)


def read(system: System) -> list[Family]:
    """Ask for the sockets of each family and protocol."""
    first = int(system.proc("sys/net/ipv4/ip_local_port_range").split()[0])
    if system.elsewhere:
        return system.parsed(families, _of_files(system), first)
    netlink, found = system.part(diag_socket), set()
    for protocol, (number, states) in _STATES.items():
        for family in (socket.AF_INET, socket.AF_INET6):
            request = _REQUEST.pack(family, number, 0, states)
            try:
                data = netlink.dump(_SOCK_DIAG_BY_FAMILY, request)
                found |= {(protocol, port) for port in parse(data)}
            except OSError as error:
                if error.errno == errno.ENOENT:
                    raise NoDataError("this kernel has no inet_diag") from error
                raise
    return system.parsed(families, frozenset(found), first)
