"""Network devices by one rtnetlink dump (rtnetlink(7)) instead of a dozen sysfs reads for each."""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from exporter.collectors.contract import System
from exporter.collectors.netlink import ORDER, Netlink, aligned, messages

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
        return default if raw is None else int.from_bytes(raw, ORDER)

    def text(self, attribute: int) -> str:
        """Return a zero-terminated attribute."""
        raw = self.attributes.get(attribute, b"")
        return raw.rstrip(b"\0").decode("utf-8", "surrogateescape")

    def address(self, attribute: int) -> str:
        """Return a hardware address as 02:fc:00:00:00:01."""
        return self.attributes.get(attribute, b"").hex(":")


_READ = frozenset(number for number in vars(Attribute).values() if isinstance(number, int))
_LINK = struct.Struct("=BxHiII")  # ifinfomsg: family, type, index, flags, change
_ATTRIBUTE = struct.Struct("=HH")
_NEW_LINK, _GET_LINK = 16, 18
_STATS = struct.Struct(f"={len(STATS)}Q")
_MOST_SHAPES = 4096  # of devices that come and go


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
    for kind, message in messages(data):
        if kind == _NEW_LINK:
            yield _link(message, shapes)


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
        end = min(offset + aligned(length), len(message))
        layout += f"HH{end - offset - _ATTRIBUTE.size}x"
        headers += [length, kind]
        if kind in _READ:
            wanted.append((kind, offset + _ATTRIBUTE.size, offset + length))
        offset = end
    return Shape(struct.Struct(layout), tuple(headers), tuple(wanted))


def links(system: System) -> list[Link]:
    """Dump the links; netdev and netclass share one dump per scrape."""
    shapes = system.part(_Remembered).shapes
    if len(shapes) > _MOST_SHAPES:
        shapes.clear()
    request = _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    return list(parse(system.part(route_socket).dump(_GET_LINK, request), shapes))


class _Remembered:
    def __init__(self, _system: System) -> None:
        self.shapes: Shapes = {}


def route_socket(_system: System) -> Netlink:
    """Return the socket, kept between scrapes."""
    return Netlink(socket.NETLINK_ROUTE)
