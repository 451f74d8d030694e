"""Questions and answers of DNS on the wire (RFC 1035, section 4)."""

import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from service_catalogue.probes.address import ascii_host

TYPES: Final = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
    "CAA": 257, "HINFO": 13, "NAPTR": 35, "DNAME": 39, "DS": 43, "SSHFP": 44, "RRSIG": 46,
    "NSEC": 47, "DNSKEY": 48, "TLSA": 52, "SVCB": 64, "HTTPS": 65, "ANY": 255,
}  # fmt: skip
CLASSES: Final = {"IN": 1, "CH": 3, "HS": 4}
_NAMES: Final = {number: name for name, number in TYPES.items()}
RCODES: Final = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
_RESPONSE, _TRUNCATED, _RECURSION, _AUTHENTIC = 0x8000, 0x0200, 0x0100, 0x0020
_ANY = 255
_POINTER = 0xC0
_MAX_JUMPS = 64
_MAX_LABEL = 63


def type_number(record: str) -> int:
    """Return the number of a type by name, or of ``TYPE65534`` (RFC 3597)."""
    return TYPES.get(record) or int(record.removeprefix("TYPE"))


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """A response: its code by name, whether it was cut, and its answer records as text.

    ``authority`` and ``additional`` are ``TYPE data``, all of them, where they were asked for.
    ``authenticated`` is the AD flag; ``counts`` are of authority and additional records.
    """

    rcode: str
    truncated: bool
    records: tuple[str, ...]
    authenticated: bool = False
    authority: tuple[str, ...] = ()
    additional: tuple[str, ...] = ()
    counts: tuple[int, int] = (0, 0)


def question(
    identifier: int,
    name: str,
    record: str,
    *,
    recursion: bool = True,
    query_class: str = "IN",
    authenticated: bool = False,
) -> bytes:
    """Return a query; ``authenticated`` asks for the AD flag (RFC 6840, section 5.7).

    Raises:
        ValueError: the name cannot be written.
    """
    flags = (_RECURSION if recursion else 0) | (_AUTHENTIC if authenticated else 0)
    head = struct.pack("!HHHHHH", identifier, flags, 1, 0, 0, 0)
    return head + _name(name) + struct.pack("!HH", type_number(record), CLASSES[query_class])


def _name(name: str) -> bytes:
    out, name = bytearray(), ascii_host(name)
    for label in name.rstrip(".").split(".") if name.rstrip(".") else ():
        raw = label.encode("ascii")
        if not 0 < len(raw) <= _MAX_LABEL:
            raise ValueError(f"{name!r} is not a domain name")
        out += bytes([len(raw)]) + raw
    return bytes(out) + b"\0"


def answers_to(query: bytes, message: bytes) -> bool:
    """Say whether a response repeats the question as RFC 5452, section 9.1 wants it, or none."""
    asked = query[12 : query.index(b"\0", 12) + 5]
    told = message[12 : 12 + len(asked)]
    return message[4:6] == b"\0\0" or told.lower() == asked.lower()


def answer(message: bytes, identifier: int, record: str, *, sections: bool = False) -> DnsAnswer:
    """Read a response to a question for records of a type; others in it are left out.

    ``sections`` reads authority and additional records, too.

    Raises:
        ValueError: it is malformed, or no response to that question.
    """
    try:
        return _answer(message, identifier, type_number(record), sections=sections)
    except (struct.error, IndexError) as error:
        raise ValueError("the message is cut short") from error


def _answer(message: bytes, identifier: int, wanted: int, *, sections: bool) -> DnsAnswer:
    number, flags, questions, *counts = struct.unpack_from("!HHHHHH", message)
    if number != identifier or not flags & _RESPONSE:
        raise ValueError("not a response to our question")
    position = 12
    for _ in range(questions):
        _, position = _read_name(message, position)
        position += 4
    records, position = _records(message, position, counts[0], wanted)
    authority, additional = list[str](), list[str]()
    if sections:
        authority, position = _records(message, position, counts[1], _ANY)
        additional, position = _records(message, position, counts[2], _ANY)
    code = flags & 15
    rcode = RCODES[code] if code < len(RCODES) else f"RCODE{code}"
    return DnsAnswer(
        rcode,
        bool(flags & _TRUNCATED),
        tuple(records),
        bool(flags & _AUTHENTIC),
        tuple(authority),
        tuple(additional),
        (counts[1], counts[2]),
    )


def _records(message: bytes, position: int, count: int, wanted: int) -> tuple[list[str], int]:
    """Return the records of a type as text, or of all with their types, and where they end."""
    records = []
    for _ in range(count):
        _, position = _read_name(message, position)
        kind, _, _, length = struct.unpack_from("!HHIH", message, position)
        position += 10
        if position + length > len(message):
            raise ValueError("the message is cut short")
        if wanted in (kind, _ANY):
            text = _READERS.get(kind, _unknown)(message, position, length)
            records.append(f"{_NAMES.get(kind, f'TYPE{kind}')} {text}" if wanted == _ANY else text)
        position += length
    return records, position


def _unknown(message: bytes, position: int, length: int) -> str:
    """Return data of a type that has no text of its own here (RFC 3597, section 5)."""
    return f"\\# {length} {message[position : position + length].hex()}".rstrip()


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
    1: _address, 28: _address, 2: _host, 5: _host, 12: _host, 39: _host, 6: _soa, 15: _mx, 16: _txt,
    33: _srv, 257: _caa,
}  # fmt: skip
WRITTEN: Final = frozenset(name for name, number in TYPES.items() if number in _READERS)
"""Types with a text of their own."""
