"""MySQL and MariaDB: a login would be considered.

The packets are of https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html. We answer
the server's greeting: one that we left unanswered would count towards max_connect_errors, after
which the server locks this host out.
"""

import struct

from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import Stream, dial
from service_catalogue.probes import MysqlProbe

_PROTOCOL_10 = 10
_ERROR = 0xFF
_PROTOCOL_41, _SECURE_CONNECTION, _PLUGIN_AUTH = 0x200, 0x8000, 0x80000
_UTF8 = 33
_REFUSED_BY_NAME = frozenset({1044, 1045, 1049, 1251, 1698})  # access denied, in its variants


async def probe(config: MysqlProbe, run: Run) -> None:
    """Log in without a password; being refused for it is an answer."""
    async with dial(config, run, config.target) as stream:
        number, greeting = await _packet(stream)
        _judge(greeting)
        if greeting[:1] != bytes([_PROTOCOL_10]):
            raise ProbeError("protocol", f"greeted with {greeting[:40]!r}")
        await stream.send(_login(config.user, number + 1))
        _, answer = await _packet(stream)
        _judge(answer)


async def _packet(stream: Stream) -> tuple[int, bytes]:
    head = await stream.exactly(4)
    length = int.from_bytes(head[:3], "little")
    if not 0 < length <= 65_535:  # noqa: PLR2004 - a greeting is far shorter
        raise ProbeError("protocol", f"a packet of {length} bytes")
    return head[3], await stream.exactly(length)


def _judge(packet: bytes) -> None:
    """Raise for an error packet, unless it only says that it does not know us."""
    if packet[0] == _ERROR:
        code = int.from_bytes(packet[1:3], "little")
        if code not in _REFUSED_BY_NAME:
            told = f"{code}: {packet[3:120].decode('utf-8', 'replace')}"
            raise ProbeError("status", told, code=str(code))


def _login(user: str, number: int) -> bytes:
    capabilities = _PROTOCOL_41 | _SECURE_CONNECTION | _PLUGIN_AUTH
    body = struct.pack("<IIB23x", capabilities, 1 << 24, _UTF8)
    body += user.encode() + b"\0" + b"\0" + b"mysql_native_password\0"
    return len(body).to_bytes(3, "little") + bytes([number % 256]) + body
