"""Network devices over rtnetlink(7): one dump instead of a dozen sysfs reads for each."""

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from exporter.collectors.support.api import System
from exporter.collectors.support.netlink import ORDER, Netlink, News, aligned, messages

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
    GROUP = 27
    PROMISCUITY = 30
    CARRIER = 33
    CARRIER_CHANGES = 35
    CARRIER_UP_COUNT = 47
    CARRIER_DOWN_COUNT = 48


@dataclass(frozen=True, slots=True)
class Link:
    """One device: the fixed part of its message, and its attributes as bytes."""

    name: str
    index: int
    type: int
    flags: int
    attributes: dict[int, bytes]

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
_STATS_HEADER = struct.Struct("=B3xiI")  # if_stats_msg: family, index, filter
_COUNTERS = struct.Struct(f"={len(STATS)}Q")
_NEW_LINK, _GET_LINK, _NEW_STATS, _GET_STATS = 16, 18, 92, 94
_LINK_64 = 1  # IFLA_STATS_LINK_64, and the bit that asks for it
_GROUP_LINK = 1  # RTMGRP_LINK
_OLDEST = 60.0  # seconds


def parse(data: bytes) -> Iterator[Link]:
    """Parse the RTM_NEWLINK messages of a dump.

    Raises:
        OSError: the kernel answered with an error.
        ValueError: a message is cut short.
    """
    for kind, message in messages(data):
        if kind == _NEW_LINK:
            if len(message) < _LINK.size:
                raise ValueError("netlink message cut short")
            _, device, index, flags, _ = _LINK.unpack_from(message)
            found = dict(_attributes(message))
            name = found.get(Attribute.IFNAME, b"").rstrip(b"\0")
            yield Link(name.decode("utf-8", "surrogateescape"), index, device, flags, found)


def _attributes(message: bytes) -> Iterator[tuple[int, bytes]]:
    offset = _LINK.size
    while offset + _ATTRIBUTE.size <= len(message):
        length, kind = _ATTRIBUTE.unpack_from(message, offset)
        if length < _ATTRIBUTE.size or offset + length > len(message):
            raise ValueError("netlink attribute cut short")
        if kind in _READ:
            yield kind, message[offset + _ATTRIBUTE.size : offset + length]
        offset += aligned(length)


def parse_counters(data: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield each device's index and its counters, in the order of STATS.

    Raises:
        OSError: the kernel answered with an error.
        ValueError: a message is cut short.
    """
    for kind, message in messages(data):
        if kind == _NEW_STATS:
            start = _STATS_HEADER.size + _ATTRIBUTE.size
            if len(message) < start + _COUNTERS.size:
                raise ValueError("netlink message cut short")
            yield _STATS_HEADER.unpack_from(message)[1], _COUNTERS.unpack_from(message, start)


class Links:
    """The devices, asked for again when the kernel tells that one changed, else once a minute."""

    def __init__(self, _system: System) -> None:
        self._netlink = Netlink(socket.NETLINK_ROUTE)
        self._news = News(_GROUP_LINK)
        self._links: list[Link] = []
        self._read_at = -_OLDEST

    def links(self) -> list[Link]:
        """Return the devices: the same list while nothing changed. Raises OSError."""
        now = time.monotonic()
        if self._news.came() or now - self._read_at > _OLDEST:
            request = _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
            self._links = list(parse(self._netlink.dump(_GET_LINK, request)))
            self._read_at = now
        return self._links

    def counters(self) -> list[tuple[str, tuple[int, ...]]]:
        """Return each device's name and its counters, in the order of STATS. Raises OSError."""
        names = {link.index: link.name for link in self.links()}
        request = _STATS_HEADER.pack(socket.AF_UNSPEC, 0, _LINK_64)
        found = parse_counters(self._netlink.dump(_GET_STATS, request))
        return [(names[index], values) for index, values in found if index in names]

    def close(self) -> None:
        """Close the sockets."""
        self._netlink.close()
        self._news.close()
