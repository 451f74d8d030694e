"""Questions and answers of DNS on the wire (RFC 1035, section 4)."""

import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service_catalogue.probes.address import ascii_host

TYPES: Final = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
    "CAA": 257,
}  # fmt: skip
RCODES: Final = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
_IN = 1
_RESPONSE, _TRUNCATED, _RECURSION = 0x8000, 0x0200, 0x0100
_POINTER = 0xC0
_MAX_JUMPS = 64
_MAX_LABEL = 63


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """A response: its code by name, whether it was cut, and its answer records as text."""

    rcode: str
    truncated: bool
    records: tuple[str, ...]


def question(identifier: int, name: str, record: str, *, recursion: bool = True) -> bytes:
    """Return a query.

    Raises:
        ValueError: the name cannot be written.
    """
    flags = _RECURSION if recursion else 0
    head = struct.pack("!HHHHHH", identifier, flags, 1, 0, 0, 0)
    return head + _name(name) + struct.pack("!HH", TYPES[record], _IN)


def _name(name: str) -> bytes:
    out, name = bytearray(), ascii_host(name)
    for label in name.rstrip(".").split(".") if name.rstrip(".") else ():
        raw = label.encode("ascii")
        if not 0 < len(raw) <= _MAX_LABEL:
            raise ValueError(f"{name!r} is not a domain name")
        out += bytes([len(raw)]) + raw
    return bytes(out) + b"\0"


def answer(message: bytes, identifier: int, record: str) -> DnsAnswer:
    """Read a response to a question for records of a type; others in it are left out.

    Raises:
        ValueError: it is malformed, or no response to that question.
    """
    try:
        return _answer(message, identifier, TYPES[record])
    except (struct.error, IndexError) as error:
        raise ValueError("the message is cut short") from error


def _answer(message: bytes, identifier: int, wanted: int) -> DnsAnswer:
    number, flags, questions, answers = struct.unpack_from("!HHHH", message)
    if number != identifier or not flags & _RESPONSE:
        raise ValueError("not a response to our question")
    position = 12
    for _ in range(questions):
        _, position = _read_name(message, position)
        position += 4
    records = []
    for _ in range(answers):
        _, position = _read_name(message, position)
        kind, _, _, length = struct.unpack_from("!HHIH", message, position)
        position += 10
        if position + length > len(message):
            raise ValueError("the message is cut short")
        if kind == wanted:
            records.append(_READERS[kind](message, position, length))
        position += length
    code = flags & 15
    rcode = RCODES[code] if code < len(RCODES) else f"RCODE{code}"
    return DnsAnswer(rcode, bool(flags & _TRUNCATED), tuple(records))


def _read_name(message: bytes, position: int) -> tuple[str, int]:
    """Return a name and the position after it, following compression (section 4.1.4)."""
    labels: list[str] = []
    after = -1
    for _ in range(_MAX_JUMPS * 2):
        length = message[position]
        if length == 0:
            return ".".join(labels) + ".", position + 1 if after < 0 else after
        if length & _POINTER == _POINTER:
            after = position + 2 if after < 0 else after
            position = struct.unpack_from("!H", message, position)[0] & 0x3FFF
        elif length > _MAX_LABEL:
            raise ValueError("a label of unknown kind")
        else:
            labels.append(message[position + 1 : position + 1 + length].decode("ascii", "replace"))
            position += 1 + length
    raise ValueError("a name that goes in a circle")


def _address(message: bytes, position: int, length: int) -> str:
    return str(ipaddress.ip_address(message[position : position + length]))


def _host(message: bytes, position: int, _length: int) -> str:
    return _read_name(message, position)[0]


def _mx(message: bytes, position: int, _length: int) -> str:
    (preference,) = struct.unpack_from("!H", message, position)
    return f"{preference} {_read_name(message, position + 2)[0]}"


def _srv(message: bytes, position: int, _length: int) -> str:
    numbers = struct.unpack_from("!HHH", message, position)
    return " ".join(map(str, numbers)) + " " + _read_name(message, position + 6)[0]


def _soa(message: bytes, position: int, _length: int) -> str:
    primary, position = _read_name(message, position)
    mailbox, position = _read_name(message, position)
    numbers = struct.unpack_from("!5I", message, position)
    return " ".join([primary, mailbox, *map(str, numbers)])


def _txt(message: bytes, position: int, length: int) -> str:
    end, parts = position + length, []
    while position < end:
        size = message[position]
        parts.append(message[position + 1 : position + 1 + size].decode("utf-8", "replace"))
        position += 1 + size
    return "".join(parts)


def _caa(message: bytes, position: int, length: int) -> str:
    flags, size = message[position], message[position + 1]
    tag = message[position + 2 : position + 2 + size].decode("ascii", "replace")
    value = message[position + 2 + size : position + length].decode("ascii", "replace")
    return f'{flags} {tag} "{value}"'


_READERS: Final[dict[int, Callable[[bytes, int, int], str]]] = {
    1: _address, 28: _address, 2: _host, 5: _host, 12: _host, 6: _soa, 15: _mx, 16: _txt, 33: _srv,
    257: _caa,
}  # fmt: skip
