"""Dumps of what the kernel knows, over netlink(7)."""

import errno
import os
import socket
import struct
import sys
from collections.abc import Iterator
from typing import Final

ORDER: Final = sys.byteorder
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ERROR, _DONE = 2, 3
_DUMP_REQUEST = 0x1 | 0x300  # NLM_F_REQUEST | NLM_F_DUMP
_BUFFER = 1 << 18  # the kernel fills at most this much per datagram


class Netlink:
    """A netlink socket that stays open between scrapes."""

    def __init__(self, protocol: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self._socket.settimeout(1)
        self._sequence = 0

    def dump(self, kind: int, request: bytes) -> bytes:
        """Return the messages that answer a request. Raises OSError."""
        self._sequence += 1
        size = _HEADER.size + len(request)
        self._socket.send(_HEADER.pack(size, kind, _DUMP_REQUEST, self._sequence, 0) + request)
        chunks: list[bytes] = []
        while not chunks or not _last(chunks[-1]):
            chunk = self._socket.recv(_BUFFER)
            if _HEADER.unpack_from(chunk)[3] == self._sequence:  # else of a dump that timed out
                chunks.append(chunk)
        return b"".join(chunks)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class News:
    """Listens to a group of notifications; only whether some came counts."""

    def __init__(self, groups: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.setblocking(False)
        self._socket.bind((0, groups))

    def came(self) -> bool:
        """Say whether something was told since the last question."""
        came = False
        while True:
            try:
                self._socket.recv(_BUFFER)
            except BlockingIOError:
                return came
            except OSError as error:
                if error.errno != errno.ENOBUFS:  # so much that the kernel dropped some
                    raise
            came = True

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of the messages of a dump.

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
            number = -int.from_bytes(data[offset + 16 : offset + 20], ORDER, signed=True)
            raise OSError(number, os.strerror(number))
        yield kind, data[offset + _HEADER.size : offset + length]
        offset += aligned(length)


def aligned(length: int) -> int:
    """Return the length rounded up to four bytes."""
    return (length + 3) & ~3


def _last(chunk: bytes) -> bool:
    """Say whether a datagram ends the dump (NLMSG_DONE stands in one of its own, or last)."""
    offset, kind = 0, 0
    while offset + _HEADER.size <= len(chunk):
        length, kind, *_ = _HEADER.unpack_from(chunk, offset)
        offset += aligned(max(length, _HEADER.size))
    return kind in (_DONE, _ERROR)
