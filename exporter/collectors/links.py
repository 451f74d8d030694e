"""Network devices by one rtnetlink dump (rtnetlink(7)) instead of a dozen sysfs reads for each."""

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from exporter.collectors.contract import System

# rtnl_link_stats64 of linux/if_link.h; later kernels append fields.
STATS = (
    *("rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors"),
    *("rx_dropped", "tx_dropped", "multicast", "collisions", "rx_length_errors"),
    *("rx_over_errors", "rx_crc_errors", "rx_frame_errors", "rx_fifo_errors"),
    *("rx_missed_errors", "tx_aborted_errors", "tx_carrier_errors", "tx_fifo_errors"),
    *("tx_heartbeat_errors", "tx_window_errors", "rx_compressed", "tx_compressed"),
    "rx_nohandler",
)


class Attribute:
    """Attributes of a link (IFLA_* of linux/if_link.h) that we read; plain numbers hash fast."""

    ADDRESS = 1
    BROADCAST = 2
    IFNAME = 3
    MTU = 4
    LINK = 5
    TXQLEN = 13
    OPERSTATE = 16
    LINKMODE = 17
    IFALIAS = 20
    STATS64 = 23
    GROUP = 27
    PROMISCUITY = 30
    CARRIER = 33
    CARRIER_CHANGES = 35
    CARRIER_UP_COUNT = 47
    CARRIER_DOWN_COUNT = 48


@dataclass(frozen=True, slots=True)
class Link:
    """One device: the fixed part of its message, its attributes as bytes, its counters."""

    name: str
    index: int
    type: int
    flags: int
    attributes: dict[int, bytes]
    stats: dict[str, int] = field(compare=False)

    def number(self, attribute: int, default: int = 0) -> int:
        """Return an attribute of one to eight bytes in the host's order."""
        raw = self.attributes.get(attribute)
        return default if raw is None else int.from_bytes(raw, _ORDER)

    def text(self, attribute: int) -> str:
        """Return a zero-terminated attribute."""
        raw = self.attributes.get(attribute, b"")
        return raw.rstrip(b"\0").decode("utf-8", "surrogateescape")

    def address(self, attribute: int) -> str:
        """Return a hardware address as 02:fc:00:00:00:01."""
        return self.attributes.get(attribute, b"").hex(":")


_READ = frozenset(number for number in vars(Attribute).values() if isinstance(number, int))
_ORDER: Final = "little" if struct.pack("=H", 1) == b"\1\0" else "big"
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_LINK = struct.Struct("=BxHiII")  # ifinfomsg: family, type, index, flags, change
_ATTRIBUTE = struct.Struct("=HH")
_ERROR, _DONE, _NEW_LINK, _GET_LINK = 2, 3, 16, 18
_DUMP_REQUEST = 0x1 | 0x300  # NLM_F_REQUEST | NLM_F_DUMP
_STATS = struct.Struct(f"={len(STATS)}Q")
_MOST_SHAPES = 4096  # of devices that come and go
_BUFFER = 1 << 18  # the kernel fills at most this much per datagram


class Shape(NamedTuple):
    """Where a message's attributes stand; valid while ``check`` unpacks the same ``headers``."""

    check: struct.Struct
    headers: tuple[int, ...]
    wanted: tuple[tuple[int, int, int], ...]  # attribute, start, end


Shapes = dict[tuple[int, int], Shape]
"""Shapes by the message's length and the device's index."""


def parse(data: bytes, shapes: Shapes) -> Iterator[Link]:
    """Parse the RTM_NEWLINK messages of a dump; ``shapes`` remembers where attributes stood.

    Raises:
        OSError: the kernel answered with an error.
        ValueError: a message is cut short.
    """
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, *_ = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            raise ValueError("netlink message cut short")
        if kind == _ERROR:
            _raise(data, offset)
        if kind == _NEW_LINK:
            yield _link(data[offset + _HEADER.size : offset + length], shapes)
        offset += _aligned(length)


def _raise(data: bytes, offset: int) -> None:
    number = -int.from_bytes(data[offset + 16 : offset + 20], _ORDER, signed=True)
    raise OSError(number, os.strerror(number))


def _link(message: bytes, shapes: Shapes) -> Link:
    if len(message) < _LINK.size:
        raise ValueError("netlink message cut short")
    _, kind, index, flags, _ = _LINK.unpack_from(message)
    shape = shapes.get((len(message), index))
    if shape is None or shape.check.unpack_from(message) != shape.headers:
        shape = shapes[len(message), index] = _shape(message)
    attributes = {attribute: message[start:end] for attribute, start, end in shape.wanted}
    raw = attributes.pop(Attribute.STATS64, b"").ljust(_STATS.size, b"\0")
    name = attributes.get(Attribute.IFNAME, b"").rstrip(b"\0").decode("utf-8", "surrogateescape")
    stats = dict(zip(STATS, _STATS.unpack_from(raw), strict=True))
    return Link(name, index, kind, flags, attributes, stats)


def _shape(message: bytes) -> Shape:
    layout, headers, wanted = f"={_LINK.size}x", [], []
    offset = _LINK.size
    while offset + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, offset)
        if length < _ATTRIBUTE.size or offset + length > len(message):
            raise ValueError("netlink attribute cut short")
        end = min(offset + _aligned(length), len(message))
        layout += f"HH{end - offset - _ATTRIBUTE.size}x"
        headers += [length, kind]
        if kind in _READ:
            wanted.append((kind, offset + _ATTRIBUTE.size, offset + length))
        offset = end
    return Shape(struct.Struct(layout), tuple(headers), tuple(wanted))


def _aligned(length: int) -> int:
    return (length + 3) & ~3


class Netlink:
    """A netlink socket that stays open between scrapes."""

    def __init__(self, _system: System) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.settimeout(1)
        self._sequence = 0
        self.shapes: Shapes = {}

    def dump(self) -> bytes:
        """Return the messages about every link. Raises OSError."""
        self._sequence += 1
        size = _HEADER.size + _LINK.size
        header = _HEADER.pack(size, _GET_LINK, _DUMP_REQUEST, self._sequence, 0)
        self._socket.send(header + _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0))
        chunks: list[bytes] = []
        while not chunks or not _last(chunks[-1]):
            chunk = self._socket.recv(_BUFFER)
            if _HEADER.unpack_from(chunk)[3] == self._sequence:  # else of a dump that timed out
                chunks.append(chunk)
        return b"".join(chunks)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def _last(chunk: bytes) -> bool:
    """Say whether a datagram ends the dump (NLMSG_DONE stands in one of its own, or last)."""
    offset, kind = 0, 0
    while offset + _HEADER.size <= len(chunk):
        length, kind, *_ = _HEADER.unpack_from(chunk, offset)
        offset += _aligned(max(length, _HEADER.size))
    return kind in (_DONE, _ERROR)


def links(system: System) -> list[Link]:
    """Dump the links; netdev and netclass share one dump per scrape."""
    netlink = system.part(Netlink)
    if len(netlink.shapes) > _MOST_SHAPES:
        netlink.shapes.clear()
    return list(parse(netlink.dump(), netlink.shapes))
