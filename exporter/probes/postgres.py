"""PostgreSQL: a session would be taken, judged as ``pg_isready`` does.

The messages are of https://www.postgresql.org/docs/current/protocol-message-formats.html.
"""

import struct

from exporter.probes.transport.result import ProbeError
from exporter.probes.transport.run import Run
from exporter.probes.transport.stream import dial
from service_catalogue.probes import PostgresProbe

_PROTOCOL_3 = 196_608
_LONGEST = 30_000
_NO_SESSIONS = ("57P03", "57P01", "57P02", "53300")  # starting or stopping; no connection left


async def probe(config: PostgresProbe, run: Run) -> None:
    """Ask for a session; a server that asks who we are, or refuses us by name, is alive."""
    async with dial(config, run, config.target) as stream:
        await stream.send(_startup(config))
        kind = await stream.exactly(1)
        (length,) = struct.unpack("!I", await stream.exactly(4))
        if kind not in (b"R", b"E") or not 4 <= length <= _LONGEST:  # noqa: PLR2004 - its own size
            raise ProbeError("protocol", f"answered with {kind!r}")
        body = await stream.exactly(length - 4)
    if kind == b"E":
        _judge_refusal(body)


def _startup(config: PostgresProbe) -> bytes:
    pairs = ("user", config.user, "database", config.database)
    body = struct.pack("!I", _PROTOCOL_3) + "".join(f"{word}\0" for word in pairs).encode() + b"\0"
    return struct.pack("!I", len(body) + 4) + body


def _judge_refusal(body: bytes) -> None:
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    code = fields.get(b"C", "")
    if code in _NO_SESSIONS:
        raise ProbeError("status", f"{code}: {fields.get(b'M', '')}", code=code)
